import type { Migration } from "../store/database.ts";

const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(", ");

/**
 * A table of entries. An entry is a row that is valid over [valid_from, valid_to) (minutes since 1970) and known over
 * [since_change, until_change). A correction closes a row and adds another: nothing is changed or deleted, so what the
 * register said at any time can be shown.
 */
const entryTable = (table: string, columns: readonly string[], key: readonly string[]): string => `
  CREATE TABLE ${table} (
    id INTEGER PRIMARY KEY, ${columns.map((name) => `"${name}" TEXT NOT NULL`).join(", ")},
    valid_from INTEGER NOT NULL, valid_to INTEGER NOT NULL CHECK (valid_to > valid_from),
    since_change INTEGER NOT NULL REFERENCES register_change, until_change INTEGER REFERENCES register_change) STRICT;
  CREATE UNIQUE INDEX ${table}_present ON ${table} (${quoted(key)}, valid_from) WHERE until_change IS NULL;
  CREATE INDEX ${table}_history ON ${table} (${quoted(key)});
  CREATE INDEX ${table}_since ON ${table} (since_change);
  CREATE INDEX ${table}_until ON ${table} (until_change) WHERE until_change IS NOT NULL;
  CREATE TRIGGER ${table}_stays BEFORE DELETE ON ${table}
    BEGIN SELECT RAISE(ABORT, 'entries of the register are never deleted'); END;
  CREATE TRIGGER ${table}_same BEFORE UPDATE OF id, ${quoted(columns)}, valid_from, valid_to, since_change ON ${table}
    BEGIN SELECT RAISE(ABORT, 'entries of the register are never changed'); END;
  CREATE TRIGGER ${table}_closed BEFORE UPDATE OF until_change ON ${table}
    WHEN OLD.until_change IS NOT NULL OR NEW.until_change IS NULL
    BEGIN SELECT RAISE(ABORT, 'an entry of the register is closed once'); END;`;

/** Who changed the register, when, from what; and the entries of every kind. */
export const entryTables: Migration = (database) => {
  database.exec(`
    CREATE TABLE register_change (
      id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, by TEXT NOT NULL, source TEXT NOT NULL, note TEXT NOT NULL,
      counts TEXT NOT NULL) STRICT;
    CREATE TRIGGER register_change_stays BEFORE DELETE ON register_change
      BEGIN SELECT RAISE(ABORT, 'changes of the register are never deleted'); END;
    CREATE TRIGGER register_change_same BEFORE UPDATE ON register_change
      BEGIN SELECT RAISE(ABORT, 'changes of the register are never changed'); END;
    ${entryTable("calendar", ["code", "name", "name_en"], ["code"])}
    ${entryTable("calendar_hours", ["calendar", "purpose", "days", "start", "end"], ["calendar", "purpose", "days", "start"])}
    ${entryTable("holiday", ["calendar", "name", "follows"], ["calendar"])}
    ${entryTable("area", ["code", "name", "name_en", "level", "parent"], ["code"])}
    ${entryTable("site", ["code", "name", "name_en", "type", "area", "calendar", "address"], ["code"])}
    ${entryTable("stall", ["code", "site", "label", "trade"], ["code"])}
    ${entryTable("vendor", ["code", "name", "licence"], ["code"])}
    ${entryTable("tenancy", ["stall", "vendor"], ["stall"])}
    ${entryTable("unit", ["code", "name", "name_en", "dimension", "grams"], ["code"])}
    ${entryTable("item", ["code", "name", "name_en", "category", "unit"], ["code"])}
    ${entryTable("item_code", ["site", "alias", "item"], ["site", "alias"])}
    ${entryTable("device", ["gw", "dev", "class", "maker", "model", "serial"], ["gw", "dev"])}
    ${entryTable("placement", ["gw", "dev", "stall", "site"], ["gw", "dev"])}
    ${entryTable("officer", ["code", "name", "phone", "login", "department"], ["code"])}
    ${entryTable("duty", ["area", "site", "tier", "rank", "officer", "calendar"], ["area", "site", "tier", "rank", "calendar"])}
    ${entryTable("absence", ["officer", "substitute", "reason"], ["officer"])}
  `);
};

/** Verifications of instruments, and lots of reagents. */
export const validityTables: Migration = (database) => {
  database.exec(`
    ${entryTable("verification", ["gw", "dev", "certificate", "expires"], ["gw", "dev"])}
    ${entryTable("reagent", ["lot", "name", "assay", "gw", "dev", "expires"], ["lot"])}
  `);
};

/** Shapes of places. */
export const geometryTables: Migration = (database) => {
  database.exec(entryTable("geometry", ["place", "code", "shape"], ["place", "code"]));
};
