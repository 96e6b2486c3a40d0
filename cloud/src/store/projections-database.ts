import { cursorMigration } from "../cursor/cursor-store.ts";
import type { Migration } from "./database.ts";

const gatewayTables: Migration = (database) => {
  database.exec(`
    -- What connections and retained states say: hints that no record holds, kept across a rebuild.
    CREATE TABLE gateway_hint (
      gw TEXT PRIMARY KEY, online INTEGER NOT NULL, since_ms INTEGER NOT NULL, seen_ms INTEGER NOT NULL,
      reason TEXT NOT NULL, ep INTEGER, eid TEXT, config INTEGER, alarms TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE ledger_gap (
      gw TEXT NOT NULL, ep INTEGER NOT NULL, eid TEXT NOT NULL, from_seq INTEGER NOT NULL, to_seq INTEGER,
      reason TEXT NOT NULL, at TEXT NOT NULL) STRICT;
    CREATE TABLE ledger_line (
      gw TEXT NOT NULL, ep INTEGER NOT NULL, eid TEXT NOT NULL, status TEXT NOT NULL, heard_head INTEGER NOT NULL,
      contiguous_head INTEGER NOT NULL, stored INTEGER NOT NULL, first_seen_at TEXT NOT NULL,
      PRIMARY KEY (gw, ep, eid)) STRICT, WITHOUT ROWID;
  `);
};

const gatewayHealth: Migration = (database) => {
  database.exec("ALTER TABLE gateway_hint ADD COLUMN health TEXT");
};

/**
 * Layout of `projections.db`: what is made from the ledger and can be deleted at any time; it is made again at the next
 * start. Followers lay out their own tables.
 */
export const projectionsMigrations: readonly Migration[] = [cursorMigration, gatewayTables, gatewayHealth];
