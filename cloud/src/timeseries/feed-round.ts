import type { SeriesRetention } from "@mingcheng/protocols";
import { alertLines } from "./alert-points.ts";
import type { FeedStores } from "./feed-stores.ts";
import { noticeChanges, takeRecheck } from "./recheck.ts";
import type { SeriesServer } from "./series-server.ts";
import { type RefusedLine, writeLines } from "./write-lines.ts";

/** How much one round takes. */
export interface RoundLimits {
  readonly batchPoints: number;
  /** Batches that one transaction holds at most: the server accepts them all before anything is committed. */
  readonly batches: number;
  /** After a change of the register the records of so many days are placed anew. */
  readonly placesDays: number;
  /** Where the cursor was is remembered for at least so long. */
  readonly overlapMs: number;
}

/** What a round did. */
export interface RoundDone {
  /** Ledger numbers it went ahead. */
  readonly taken: number;
  readonly lines: number;
  readonly refused: number;
  /** True when it stopped at its limit. */
  readonly more: boolean;
}

/** Requests under way at a time: while the server works on one batch, the next is being made. */
const concurrent = 2;

/** Sends batches while others are made; every one is awaited before anything is committed. */
class Sending {
  readonly refused: RefusedLine[] = [];
  lines = 0;
  readonly #server: Pick<SeriesServer, "write">;
  readonly #batchPoints: number;
  readonly #under = new Set<Promise<void>>();
  #failed: unknown;

  constructor(server: Pick<SeriesServer, "write">, batchPoints: number) {
    this.#server = server;
    this.#batchPoints = batchPoints;
  }

  /** Resolves when there is room for the next. @throws what an earlier batch failed with */
  async send(retention: SeriesRetention, lines: readonly string[]): Promise<void> {
    for (let at = 0; at < lines.length; at += this.#batchPoints) {
      const piece = at === 0 && lines.length <= this.#batchPoints ? lines : lines.slice(at, at + this.#batchPoints);
      this.lines += piece.length;
      const one: Promise<void> = this.#write(retention, piece).finally(() => this.#under.delete(one));
      this.#under.add(one);
      if (this.#under.size >= concurrent) await Promise.race(this.#under);
      if (this.#failed !== undefined) throw this.#failed;
    }
  }

  async #write(retention: SeriesRetention, lines: readonly string[]): Promise<void> {
    try {
      this.refused.push(...(await writeLines(this.#server, retention, lines)));
    } catch (error) {
      this.#failed ??= error;
    }
  }

  /** @throws what any batch failed with */
  async settled(): Promise<void> {
    await Promise.all(this.#under);
    if (this.#failed !== undefined) throw this.#failed;
  }

  /** Nothing is under way any more, however it ended. */
  async over(): Promise<void> {
    await Promise.all(this.#under);
  }
}

const changesPerRound = 2_000;

/** Rows that were fed before and changed since. */
const takeChanges = (stores: FeedStores): number => {
  const { state, points } = stores;
  const records = stores.records();
  if (records === undefined) return 0;
  const makes = stores.recordPoints(records);
  const [cursor, closed] = [state.cursor("records"), state.closed()];
  const changes = records.changedAfter(state.cursor("changes"), changesPerRound);
  for (const lsn of new Set(changes.map((change) => change.lsn))) {
    // What lies ahead is read as it is then.
    if (lsn > cursor || lsn <= closed) continue;
    const record = records.one(lsn);
    points.settle(lsn, record === undefined ? [] : makes.of(record));
  }
  const last = changes.at(-1);
  if (last !== undefined) state.move("changes", last.id);
  return changes.length;
};

/** The next records of the projections, as points. False when there is nothing behind the cursor. */
const takeRecords = (stores: FeedStores, limit: number): boolean => {
  const { state, points } = stores;
  const records = stores.records();
  if (records === undefined) return false;
  return records.snapshot(() => {
    const makes = stores.recordPoints(records);
    const [from, last] = [state.cursor("records"), records.position()];
    if (last <= from) return false;
    const batch = records.after(from, last, limit);
    for (const record of batch) points.add(record.lsn, makes.of(record));
    state.move("records", batch.length < limit ? last : (batch.at(-1)?.lsn ?? last));
    return true;
  });
};

const takeAlerts = async (stores: FeedStores, sending: Sending, limit: number): Promise<boolean> => {
  const alerts = stores.alerts();
  if (alerts === undefined) return false;
  const after = stores.state.cursor("alerts");
  const { lines, last, more } = alertLines(alerts, stores, { after, limit });
  await sending.send("autogen", lines);
  if (last !== after) stores.state.move("alerts", last);
  return more;
};

const takeSamples = async ({ database, state }: FeedStores, sending: Sending, limit: number): Promise<boolean> => {
  const rows = database
    .prepare("SELECT id, line FROM sample WHERE id > ? ORDER BY id LIMIT ?")
    .all(state.cursor("samples"), limit) as { id: number; line: string }[];
  await sending.send(
    "autogen",
    rows.map(({ line }) => line),
  );
  const last = rows.at(-1);
  if (last !== undefined) state.move("samples", last.id);
  return rows.length === limit;
};

const takeSpans = async ({ spans, state }: FeedStores, sending: Sending, limit: number): Promise<boolean> => {
  const after = state.cursor("spans");
  const { lines, last, more } = spans.changed(after, limit);
  await sending.send("long", lines);
  if (last !== after) state.move("spans", last);
  return more;
};

/**
 * One round: everything new is made into points and sent, and once the server has accepted all of it, cursors, points and sums
 * are committed together. Whatever fails, nothing has changed here then; what the server took of it, it takes again, the same.
 * @throws {ServerUnavailable} the server takes nothing now; {TooManyRefused}; SqliteError when a store fails
 */
export const feedRound = async (
  stores: FeedStores,
  server: SeriesServer,
  limits: RoundLimits,
  nowMs: number,
): Promise<RoundDone> => {
  const { database, state, points } = stores;
  const sending = new Sending(server, limits.batchPoints);
  database.exec("BEGIN IMMEDIATE");
  try {
    stores.refreshPlaces();
    noticeChanges(stores, limits.placesDays, nowMs);
    const before = state.cursor("records");
    let more = takeChanges(stores) === changesPerRound;
    let batches = 0;
    while (takeRecords(stores, limits.batchPoints)) {
      await sending.send("autogen", points.takeLines());
      if (++batches < limits.batches) continue;
      more = true;
      break;
    }
    if (!more && takeRecheck(stores, limits.batchPoints)) more = true;
    await sending.send("autogen", points.takeLines());
    await sending.send("long", points.flush());
    if (await takeAlerts(stores, sending, limits.batchPoints)) more = true;
    if (await takeSamples(stores, sending, limits.batchPoints)) more = true;
    if (await takeSpans(stores, sending, limits.batchPoints)) more = true;
    await sending.settled();
    state.refuse(nowMs, sending.refused);
    const reached = state.cursor("records");
    if (sending.lines > 0) state.mark(nowMs, reached, limits.overlapMs);
    database.exec("COMMIT");
    return { taken: reached - before, lines: sending.lines, refused: sending.refused.length, more };
  } catch (error) {
    await sending.over();
    database.exec("ROLLBACK");
    stores.forget();
    throw error;
  }
};
