import type { FeedStores } from "./feed-stores.ts";

const dayMs = 86_400_000;

/** Ledger numbers of which the server has points, and the projections have nothing any more. */
const goneBetween = ({ database }: FeedStores, from: number, to: number, there: ReadonlySet<number>): number[] => {
  if (to <= from) return [];
  const stored = database.prepare("SELECT DISTINCT lsn FROM point WHERE lsn > ? AND lsn <= ?").pluck().all(from, to);
  return (stored as number[]).filter((lsn) => !there.has(lsn));
};

const recheckFrom = ({ state }: FeedStores, after: number): void => {
  const known = state.recheck();
  const last = Math.max(known?.last ?? 0, state.cursor("records"));
  const from = Math.max(after, state.closed());
  if (last > from) state.setRecheck({ after: Math.min(known?.after ?? from, from), last });
};

/** An older ledger may have come back: what it does not have is no record. */
const forgetBehindHead = (stores: FeedStores): void => {
  const { state, points } = stores;
  const [head, cursor] = [stores.ledgerHead(), state.cursor("records")];
  if (cursor <= head) return;
  // What closed records counted for cannot be taken back one by one.
  if (head < state.closed()) state.note("rebuild", "1");
  for (const lsn of goneBetween(stores, head, cursor, new Set())) points.settle(lsn, []);
  state.move("records", head);
};

/** The projections were made anew, or a stretch of what changed in them is not there any more. */
const noticeNewMaking = (stores: FeedStores): void => {
  const { state, projections } = stores;
  const made = stores.records()?.made();
  if (made === undefined) return;
  const known = state.meta("made");
  const [first, newest] = projections.prepare("SELECT min(id), max(id) FROM record_changed").raw().get() as [
    number | null,
    number | null,
  ];
  const isAnew = known !== made;
  const isCut = first !== null && first > state.cursor("changes") + 1;
  if (!isAnew && !isCut) return;
  state.note("made", made);
  state.move("changes", newest ?? 0);
  if (known === undefined) return;
  forgetBehindHead(stores);
  recheckFrom(stores, 0);
};

/** Something belongs elsewhere now: what is shown of the last days follows; what is older, with a rebuild. */
const noticeRegister = (stores: FeedStores, days: number, nowMs: number): void => {
  const { state, database, places } = stores;
  const change = String(places.change);
  const known = state.meta("register");
  if (known === change) return;
  state.note("register", change);
  if (known === undefined) return;
  const first = database
    .prepare("SELECT min(first_lsn) FROM hour WHERE start_ms >= ?")
    .pluck()
    .get(nowMs - days * dayMs);
  if (typeof first === "number") recheckFrom(stores, first - 1);
};

/** Sees what was fed before and may have to be fed otherwise. Call in the transaction of a round. */
export const noticeChanges = (stores: FeedStores, placesDays: number, nowMs: number): void => {
  noticeNewMaking(stores);
  noticeRegister(stores, placesDays, nowMs);
};

/** Looks at the next records once more; what is the same costs the server nothing. False when there are none left. */
export const takeRecheck = (stores: FeedStores, limit: number): boolean => {
  const { state, points } = stores;
  const range = state.recheck();
  const records = stores.records();
  if (range === undefined || records === undefined) return false;
  return records.snapshot(() => {
    const makes = stores.recordPoints(records);
    const after = Math.max(range.after, state.closed());
    const upTo = Math.min(range.last, records.position());
    if (range.last <= after) state.setRecheck(null);
    // Projections that are being made anew have not come so far yet.
    if (upTo <= after) return false;
    const batch = records.after(after, upTo, limit);
    const reached = batch.length < limit ? upTo : (batch.at(-1)?.lsn ?? upTo);
    for (const record of batch) points.settle(record.lsn, makes.of(record));
    for (const lsn of goneBetween(stores, after, reached, new Set(batch.map((record) => record.lsn)))) {
      points.settle(lsn, []);
    }
    state.setRecheck(reached >= range.last ? null : { ...range, after: reached });
    return reached < range.last;
  });
};
