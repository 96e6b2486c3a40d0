import type { SqliteDatabase } from "../store/database.ts";
import type { ErasureDecision } from "./record-eraser.ts";
import { type PersonalTable, personalColumns } from "./retention-schema.ts";

const minuteMs = 60_000;

/** An entry that is over and still names somebody. */
interface OverEntry {
  readonly table: PersonalTable;
  readonly id: number;
  readonly isHeld: boolean;
}

/**
 * Under a hold is who is named in its time, where it covers every gateway; and the vendor of a stall at which a device
 * stood in its time that it names. Otherwise what is held would name nobody any more.
 */
const heldSql = (table: PersonalTable): string => `
  EXISTS (SELECT 1 FROM legal_hold AS hold WHERE hold.released_ms IS NULL AND hold.gw IS NULL
    AND hold.from_ms < entry.valid_to * ${minuteMs} AND hold.to_ms > entry.valid_from * ${minuteMs})
  ${
    table === "officer"
      ? ""
      : `OR EXISTS (
    SELECT 1 FROM legal_hold AS hold
    JOIN placement ON placement.gw = hold.gw AND (hold.dev IS NULL OR placement.dev = hold.dev)
    JOIN tenancy ON tenancy.stall = placement.stall
    WHERE hold.released_ms IS NULL AND tenancy.vendor = entry.code
      AND max(placement.valid_from, tenancy.valid_from, entry.valid_from) * ${minuteMs} < hold.to_ms
      AND min(placement.valid_to, tenancy.valid_to, entry.valid_to) * ${minuteMs} > hold.from_ms
      AND max(placement.valid_from, tenancy.valid_from, entry.valid_from)
        < min(placement.valid_to, tenancy.valid_to, entry.valid_to))`
  }`;

const tables = ["officer", "vendor"] as const;

/** Entries that ended, or were replaced by a correction, before the given time and still name somebody. */
const overEntries = (register: SqliteDatabase, olderThanMs: number, code: string | null): OverEntry[] =>
  tables.flatMap((table) => {
    const rows = register
      .prepare(
        `SELECT entry.id AS id, (${heldSql(table)}) AS held
         FROM ${table} AS entry LEFT JOIN register_change AS closed ON closed.id = entry.until_change
         WHERE (entry.valid_to < @minutes OR closed.at_ms < @ms) AND (@code IS NULL OR entry.code = @code)
           AND NOT EXISTS (SELECT 1 FROM erased_entry WHERE kind = @table AND erased_entry.entry = entry.id)
         ORDER BY entry.id`,
      )
      .all({ table, minutes: Math.floor(olderThanMs / minuteMs), ms: olderThanMs, code }) as {
      id: number;
      held: number;
    }[];
    return rows.map(({ id, held }): OverEntry => ({ table, id, isHeld: held === 1 }));
  });

/** What came of an erasure: entries emptied, and entries that are due but under a hold. */
export interface ErasedEntries {
  readonly count: number;
  readonly held: number;
}

/** How many entries of the register would be emptied. */
export const countDueEntries = (register: SqliteDatabase, olderThanMs: number): ErasedEntries => {
  const entries = overEntries(register, olderThanMs, null);
  const held = entries.filter(({ isHeld }) => isHeld).length;
  return { count: entries.length - held, held };
};

/**
 * Empties what names people in entries that are over and under no hold; `code`: of this person alone. The code stays: rows
 * elsewhere name it. Call in a transaction.
 */
export const eraseEntries = (
  register: SqliteDatabase,
  { reason, by, olderThanMs, atMs }: ErasureDecision,
  code: string | null = null,
): ErasedEntries => {
  let [count, held] = [0, 0];
  for (const { table, id, isHeld } of overEntries(register, olderThanMs, code)) {
    if (isHeld) {
      held++;
      continue;
    }
    const note = "INSERT INTO erased_entry (kind, entry, reason, by, at_ms) VALUES (?, ?, ?, ?, ?)";
    register.prepare(note).run(table, id, reason, by, atMs);
    const blanks = Object.entries(personalColumns[table]).map(([column, value]) => `${column} = '${value}'`);
    count += register.prepare(`UPDATE ${table} SET ${blanks.join(", ")} WHERE id = ?`).run(id).changes;
  }
  return { count, held };
};
