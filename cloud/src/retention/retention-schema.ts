import type { Migration } from "../store/database.ts";

/** Legal holds, and what was asked of the retention job. In the register, because they are decisions of people. */
export const retentionTables: Migration = (database) => {
  database.exec(`
    -- gw, dev null: all of them. [from_ms, to_ms): when records were made or received.
    CREATE TABLE legal_hold (
      id INTEGER PRIMARY KEY, gw TEXT, dev TEXT, from_ms INTEGER NOT NULL, to_ms INTEGER NOT NULL CHECK (to_ms > from_ms),
      reason TEXT NOT NULL, by TEXT NOT NULL, placed_ms INTEGER NOT NULL,
      released_ms INTEGER, released_by TEXT, release_reason TEXT) STRICT;
    CREATE TRIGGER legal_hold_stays BEFORE DELETE ON legal_hold
      BEGIN SELECT RAISE(ABORT, 'holds are never deleted'); END;
    CREATE TRIGGER legal_hold_same BEFORE UPDATE ON legal_hold
      WHEN OLD.released_ms IS NOT NULL OR NEW.released_ms IS NULL OR NEW.id <> OLD.id OR NEW.gw IS NOT OLD.gw
        OR NEW.dev IS NOT OLD.dev OR NEW.from_ms <> OLD.from_ms OR NEW.to_ms <> OLD.to_ms OR NEW.reason <> OLD.reason
        OR NEW.by <> OLD.by OR NEW.placed_ms <> OLD.placed_ms
      BEGIN SELECT RAISE(ABORT, 'a hold is released once, and not changed'); END;
    CREATE TABLE retention_request (
      id INTEGER PRIMARY KEY, by TEXT NOT NULL, at_ms INTEGER NOT NULL, done_ms INTEGER, result TEXT) STRICT;
    CREATE TABLE retention_run (
      id INTEGER PRIMARY KEY, by TEXT NOT NULL, began_ms INTEGER NOT NULL, ended_ms INTEGER NOT NULL,
      result TEXT NOT NULL) STRICT;
  `);
};

/** Columns of the register's entries that name a person, and what stands in them once they are erased. */
export const personalColumns = {
  officer: { name: "—", phone: "", login: "", department: "" },
  vendor: { name: "—", licence: "" },
} as const;

/** A table of {@link personalColumns}. */
export type PersonalTable = keyof typeof personalColumns;

const otherColumns = ["id", "code", "valid_from", "valid_to", "since_change"];

const changedBut = (table: PersonalTable): string =>
  [
    ...otherColumns.map((name) => `NEW.${name} <> OLD.${name}`),
    ...Object.entries(personalColumns[table]).map(([name, value]) => `NEW.${name} <> '${value}'`),
  ].join(" OR ");

/** Lets the personal columns of entries that are over be emptied, and nothing else of the register's history. */
export const erasedEntryTables: Migration = (database) => {
  database.exec(`
    CREATE TABLE erased_entry (
      id INTEGER PRIMARY KEY, kind TEXT NOT NULL, entry INTEGER NOT NULL, reason TEXT NOT NULL, by TEXT NOT NULL,
      at_ms INTEGER NOT NULL, UNIQUE (kind, entry)) STRICT;
    CREATE TRIGGER erased_entry_stays BEFORE DELETE ON erased_entry
      BEGIN SELECT RAISE(ABORT, 'what was erased stays named'); END;
    CREATE TRIGGER erased_entry_same BEFORE UPDATE ON erased_entry
      BEGIN SELECT RAISE(ABORT, 'what was erased stays named'); END;
  `);
  for (const table of ["officer", "vendor"] as const) {
    const columns = [...otherColumns, ...Object.keys(personalColumns[table])].join(", ");
    database.exec(`
      DROP TRIGGER ${table}_same;
      CREATE TRIGGER ${table}_same BEFORE UPDATE OF ${columns} ON ${table}
        WHEN ${changedBut(table)}
          OR NOT EXISTS (SELECT 1 FROM erased_entry WHERE kind = '${table}' AND entry = OLD.id)
        BEGIN SELECT RAISE(ABORT, 'entries of the register are never changed'); END;
    `);
  }
};
