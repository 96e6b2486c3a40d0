import type { FeedStores } from "./feed-stores.ts";

const hourMs = 3_600_000;
/** Longer than the clocks of gateways and centre may differ. */
const marginMs = 24 * hourMs;
/** Rows that one call lets go of: a call holds up the feed by so much. */
const rowsAtOnce = 20_000;

/** The last of the records from `low` to `high` that was received before `beforeMs`; `low` where none was. They are in order of arrival. */
const lastReceivedBefore = (stores: FeedStores, low: number, high: number, beforeMs: number): number => {
  let [from, to] = [low, high];
  while (from < to) {
    const middle = Math.ceil((from + to) / 2);
    if ((stores.receivedMs(middle) ?? Number.POSITIVE_INFINITY) < beforeMs) from = middle;
    else to = middle - 1;
  }
  return from;
};

/**
 * Closes records whose single points the server does not keep any more: what was written of each is forgotten here. Their sums
 * stay, and what changes about such a record later is not followed, because what it counted for is not known any more; a rebuild
 * shows it. Records close in the ledger's order, so that none is open behind one that is closed. True when there is more to close.
 * @throws SqliteError when the feed's database fails
 */
export const closeOldRecords = (stores: FeedStores, keepFromMs: number): boolean => {
  const { database, state } = stores;
  const fromMs = Math.floor((keepFromMs - marginMs) / hourMs) * hourMs;
  const kept = database.prepare("SELECT min(first_lsn) FROM hour WHERE start_ms >= ?").pluck().get(fromMs);
  const closed = state.closed();
  // Records of a line in dispute have no points yet: by those alone they would seem old.
  const most = typeof kept === "number" ? kept - 1 : state.cursor("records");
  const last = lastReceivedBefore(stores, closed, Math.max(closed, most), fromMs);
  if (last <= closed) return false;
  return database.transaction(() => {
    const rows = database.prepare("SELECT lsn FROM point WHERE lsn <= ? ORDER BY lsn LIMIT ?").pluck();
    const found = rows.all(last, rowsAtOnce) as number[];
    // A record with several points goes with all of them.
    const upTo = found.length < rowsAtOnce ? last : (found.at(-1) ?? last);
    database.prepare("DELETE FROM point WHERE lsn <= ?").run(upTo);
    database.prepare("DELETE FROM hour WHERE start_ms < ? AND last_lsn <= ?").run(fromMs, upTo);
    state.note("closed", String(upTo));
    return upTo < last;
  })();
};
