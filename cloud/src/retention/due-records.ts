import { bodyFault, decodeRecord } from "@mingcheng/protocols";
import { recordFacts } from "../evidence/record-facts.ts";
import type { SqliteDatabase } from "../store/database.ts";
import { type RecordClassName, recordClassOf } from "./data-classes.ts";
import type { HeldThing } from "./hold-book.ts";
import type { DueRecord } from "./record-eraser.ts";

/** One look through the ledger: what is old enough, up to where. */
export interface DueSlice {
  readonly due: readonly DueRecord[];
  /** Old enough, but under a hold. */
  readonly held: number;
  readonly upTo: number;
  /** Everything that is old enough was looked at. */
  readonly done: boolean;
}

interface Row {
  readonly lsn: number;
  readonly gw: string;
  readonly receivedMs: number;
  readonly bytes: Buffer;
}

/** So many rows are looked at in one step, whatever is found in them. */
const stepRows = 2_000;

/** The own time of a record that followers can read, as JSON: of others they never took it for evidence of a clock. */
const ownTime = (bytes: Buffer): string | null => {
  const decoded = decodeRecord(bytes);
  if (!decoded.ok || bodyFault(decoded.record.kind, decoded.record.body) !== undefined) return null;
  return JSON.stringify(decoded.record.t);
};

/**
 * Looks on from `after` for records of a class that the centre received before `olderThanMs`. It stops at the first record
 * that is younger: ledger numbers follow the time of receipt, and where the centre's clock was wrong it rather waits.
 */
export const dueSlice = (
  ledger: SqliteDatabase,
  name: RecordClassName,
  range: { readonly after: number; readonly olderThanMs: number },
  isHeld: (thing: HeldThing) => boolean,
): DueSlice => {
  const rows = ledger
    .prepare(
      `SELECT lsn, gw, received_ms AS receivedMs, bytes FROM record JOIN line ON line.id = record.line
       WHERE lsn > ? ORDER BY lsn LIMIT ?`,
    )
    .all(range.after, stepRows) as Row[];
  const due: DueRecord[] = [];
  let held = 0;
  let upTo = range.after;
  for (const { lsn, gw, receivedMs, bytes } of rows) {
    if (receivedMs >= range.olderThanMs) return { due, held, upTo, done: true };
    upTo = lsn;
    if (bytes.length === 0) continue;
    const { kind, dev, atMs } = recordFacts(gw, bytes, receivedMs);
    if (recordClassOf(kind) !== name) continue;
    if (isHeld({ gw, dev: dev === "" ? null : dev, timesMs: [receivedMs, atMs] })) held++;
    else due.push({ lsn, kind, t: ownTime(bytes) });
  }
  return { due, held, upTo, done: rows.length < stepRows };
};

/** What of the centre's quarantine is old enough and not under a hold: ids of batches, and of damaged payloads. */
export const dueQuarantine = (
  ledger: SqliteDatabase,
  olderThanMs: number,
  isHeld: (thing: HeldThing) => boolean,
): { readonly quarantine: readonly number[]; readonly damaged: readonly number[]; readonly held: number } => {
  type Found = { id: number; gw: string; receivedMs: number };
  let held = 0;
  const free = (sql: string): number[] =>
    (ledger.prepare(sql).all(olderThanMs) as Found[]).flatMap(({ id, gw, receivedMs }) => {
      if (!isHeld({ gw, dev: null, timesMs: [receivedMs] })) return [id];
      held++;
      return [];
    });
  const quarantine = free(
    "SELECT id, gw, received_ms AS receivedMs FROM quarantine WHERE received_ms < ? AND length(content) > 0",
  );
  const damaged = free(
    "SELECT id, gw, received_ms AS receivedMs FROM damaged WHERE received_ms < ? AND payload IS NOT NULL",
  );
  return { quarantine, damaged, held };
};
