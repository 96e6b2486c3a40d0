import type { SqliteDatabase } from "../store/database.ts";
import type { ErasureDecision } from "./record-eraser.ts";
import { type PersonalTable, personalColumns } from "./retention-schema.ts";

const minuteMs = 60_000;

/** Entries that ended, or were replaced by a correction, before the given time and still name somebody. */
const dueEntries = (register: SqliteDatabase, table: PersonalTable, olderThanMs: number): number[] =>
  register
    .prepare(
      `SELECT entry.id FROM ${table} AS entry LEFT JOIN register_change AS closed ON closed.id = entry.until_change
       WHERE (entry.valid_to < @minutes OR closed.at_ms < @ms)
         AND NOT EXISTS (SELECT 1 FROM erased_entry WHERE kind = @table AND erased_entry.entry = entry.id)
       ORDER BY entry.id`,
    )
    .pluck()
    .all({ table, minutes: Math.floor(olderThanMs / minuteMs), ms: olderThanMs }) as number[];

const tables = ["officer", "vendor"] as const;

/** How many entries of the register would be emptied. */
export const countDueEntries = (register: SqliteDatabase, olderThanMs: number): number =>
  tables.reduce((sum, table) => sum + dueEntries(register, table, olderThanMs).length, 0);

/** Empties what names people in entries that are over. The code stays: rows elsewhere name it. Call in a transaction. */
export const eraseEntries = (register: SqliteDatabase, { reason, by, olderThanMs, atMs }: ErasureDecision): number => {
  let erased = 0;
  for (const table of tables) {
    const note = register.prepare("INSERT INTO erased_entry (kind, entry, reason, by, at_ms) VALUES (?, ?, ?, ?, ?)");
    const blanks = Object.entries(personalColumns[table]).map(([column, value]) => `${column} = '${value}'`);
    const empty = register.prepare(`UPDATE ${table} SET ${blanks.join(", ")} WHERE id = ?`);
    for (const id of dueEntries(register, table, olderThanMs)) {
      note.run(table, id, reason, by, atMs);
      erased += empty.run(id).changes;
    }
  }
  return erased;
};
