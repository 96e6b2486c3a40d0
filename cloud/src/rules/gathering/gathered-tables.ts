import type { Migration } from "../../store/database.ts";
import type { FactValue } from "./fact-columns.ts";
import { PackedAdditions } from "./packed-additions.ts";

interface Before {
  readonly rule: string;
  readonly groupKey: string;
  readonly state: string;
}

/** Brings what was gathered row by row of rule and group under one row of each group. */
const moveStates: Migration = (database) => {
  const rows = database.prepare("SELECT rule, epoch FROM rule_epoch").all() as {
    rule: string;
    epoch: number;
  }[];
  const epochs = new Map(rows.map(({ rule, epoch }) => [rule, epoch]));
  const groups = new Map<string, Record<string, unknown>>();
  const states = database.prepare(
    `SELECT rule, group_key AS groupKey, state FROM window_state
     UNION ALL SELECT rule, group_key, state FROM presence`,
  );
  for (const { rule, groupKey, state } of states.all() as Before[]) {
    const epoch = epochs.get(rule);
    if (epoch !== undefined) groups.set(groupKey, { ...groups.get(groupKey), [epoch]: JSON.parse(state) });
  }
  // Due at once: what is held is looked at again with the first look.
  const insert = database.prepare("INSERT INTO gathered VALUES (NULL, ?, 0, 0, NULL, '', ?)");
  for (const [groupKey, parts] of groups) insert.run(groupKey, JSON.stringify(parts));
};

/**
 * What rules gather, one row for a group with the parts of all rules, and what was added since each row was written. A part
 * goes by its rule's epoch, a number that a rule gets anew whenever it means something else.
 */
export const gatheredTables: Migration = (database) => {
  database.exec(`
    CREATE TABLE rule_epoch (epoch INTEGER PRIMARY KEY AUTOINCREMENT, rule TEXT NOT NULL UNIQUE) STRICT;
    INSERT INTO rule_epoch (rule) SELECT rule FROM rule_state ORDER BY rule;
    -- upto: the last entry of the journal that the row contains. due_ms: when it must be looked at though nothing came.
    -- gone_ms: when nothing of it counts any more. lines: whose facts it has, each between two spaces.
    CREATE TABLE gathered (
      id INTEGER PRIMARY KEY AUTOINCREMENT, group_key TEXT NOT NULL UNIQUE, upto INTEGER NOT NULL, due_ms INTEGER,
      gone_ms INTEGER, lines TEXT NOT NULL, parts TEXT NOT NULL) STRICT;
    CREATE INDEX gathered_due ON gathered (due_ms) WHERE due_ms IS NOT NULL;
    CREATE INDEX gathered_gone ON gathered (gone_ms) WHERE gone_ms IS NOT NULL;
    CREATE TABLE gathered_journal (id INTEGER PRIMARY KEY AUTOINCREMENT, entries TEXT NOT NULL) STRICT;
  `);
  moveStates(database);
  database.exec("DROP TABLE window_state; DROP TABLE presence; DELETE FROM join_side WHERE role = 'match'");
};

/** Packs the journal, which was JSON: `[[group, time, line, epoch, value, …], …]`. Rows keep their numbers. */
export const packedJournal: Migration = (database) => {
  database.exec(`
    ALTER TABLE gathered_journal RENAME TO unpacked;
    CREATE TABLE gathered_journal (id INTEGER PRIMARY KEY AUTOINCREMENT, additions BLOB NOT NULL) STRICT;
  `);
  const insert = database.prepare("INSERT INTO gathered_journal VALUES (?, ?)");
  const packed = new PackedAdditions();
  const rows = database.prepare("SELECT id, entries FROM unpacked ORDER BY id");
  for (const { id, entries } of rows.all() as { id: number; entries: string }[]) {
    for (const [group, atMs, line, ...parts] of JSON.parse(entries) as [number, number, number, ...FactValue[]][]) {
      for (let at = 0; at < parts.length; at += 2) {
        packed.add(group, Number(parts[at]), atMs, line, parts[at + 1] ?? null);
      }
    }
    insert.run(id, packed.take());
  }
  // Rows of groups name entries that may be gone by now: numbers go on where they were.
  database.exec(`
    INSERT INTO sqlite_sequence SELECT 'gathered_journal', seq FROM sqlite_sequence AS before
      WHERE name = 'unpacked' AND NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'gathered_journal');
    UPDATE sqlite_sequence SET seq = max(seq, (SELECT seq FROM sqlite_sequence WHERE name = 'unpacked'))
      WHERE name = 'gathered_journal' AND EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'unpacked');
    DROP TABLE unpacked;
  `);
};

/**
 * Every index costs each record a page of the log: other sides that are past are found by way of the one by key, and those of
 * a line that became disputed are looked for, which happens hardly ever.
 */
export const fewerJoinIndexes: Migration = (database) => {
  database.exec("DROP INDEX join_side_at; DROP INDEX join_side_line");
};
