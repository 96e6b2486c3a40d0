import type { SqliteDatabase } from "../store/database.ts";
import { saleTables, saleTablesSql } from "./sale-store.ts";

const tables = [
  ...saleTables,
  "record_weighing",
  "record_test",
  "record_scale_event",
  "record",
  "rollup",
  "rollup_test",
  "device",
  "boot",
  "line",
  "record_changed",
  "readings_made",
] as const;

/**
 * Lays out the tables of the `readings` follower, empty. Times are integer milliseconds since 1970 (UTC), weights are
 * exact decimal text. `at_ms` is the effective time; `wall` and `received_ms` stand beside it unchanged.
 */
export const layOutReadings = (database: SqliteDatabase): void => {
  for (const table of tables) database.exec(`DROP TABLE IF EXISTS ${table}`);
  database.exec(`
    CREATE TABLE line (
      id INTEGER PRIMARY KEY, gw TEXT NOT NULL, ep INTEGER NOT NULL, eid TEXT NOT NULL, status TEXT NOT NULL,
      UNIQUE (gw, ep, eid)) STRICT;
    CREATE TABLE boot (
      id INTEGER PRIMARY KEY, gw TEXT NOT NULL, boot TEXT NOT NULL, bound_ms REAL, anchors TEXT NOT NULL,
      corrections INTEGER NOT NULL, UNIQUE (gw, boot)) STRICT;
    CREATE TABLE device (
      id INTEGER PRIMARY KEY, gw TEXT NOT NULL, dev TEXT NOT NULL, class TEXT NOT NULL, driver TEXT,
      status TEXT, status_at_ms INTEGER, status_reason TEXT, last_at_ms INTEGER, last_received_ms INTEGER,
      last_lsn INTEGER, records INTEGER NOT NULL, UNIQUE (gw, dev)) STRICT;
    CREATE TABLE record (
      lsn INTEGER PRIMARY KEY, line INTEGER NOT NULL, seq INTEGER NOT NULL, device INTEGER NOT NULL, n INTEGER NOT NULL,
      kind TEXT NOT NULL, boot INTEGER NOT NULL, mono_ms REAL NOT NULL, rank INTEGER NOT NULL, wall TEXT NOT NULL,
      received_ms INTEGER NOT NULL, at_ms INTEGER NOT NULL, lane TEXT NOT NULL, body TEXT, UNIQUE (line, seq)) STRICT;
    CREATE INDEX record_at ON record (at_ms);
    CREATE INDEX record_device_at ON record (device, at_ms);
    CREATE INDEX record_boot ON record (boot);
    CREATE INDEX record_test_at ON record (at_ms) WHERE kind = 'test';
    CREATE INDEX record_gap_at ON record (at_ms) WHERE kind = 'gap';
    CREATE INDEX record_status_at ON record (device, at_ms) WHERE kind = 'device';
    CREATE TABLE record_weighing (
      lsn INTEGER PRIMARY KEY, value TEXT NOT NULL, unit TEXT NOT NULL, grams TEXT, mode TEXT NOT NULL,
      stable TEXT NOT NULL, tare TEXT, tare_grams TEXT) STRICT;
    CREATE TABLE record_test (
      lsn INTEGER PRIMARY KEY, device INTEGER NOT NULL, identity BLOB NOT NULL, resend INTEGER NOT NULL,
      counted INTEGER NOT NULL, instrument TEXT NOT NULL, specimen TEXT NOT NULL, item TEXT, assay_code TEXT NOT NULL,
      assay_name TEXT NOT NULL, value TEXT NOT NULL, number TEXT, unit TEXT NOT NULL, verdict TEXT NOT NULL,
      verdict_rule TEXT NOT NULL, instrument_verdict TEXT NOT NULL, completed_at TEXT NOT NULL) STRICT;
    CREATE INDEX record_test_identity ON record_test (device, identity);
    CREATE TABLE record_scale_event (lsn INTEGER PRIMARY KEY, state TEXT NOT NULL, previous TEXT) STRICT;
    CREATE TABLE rollup (
      period TEXT NOT NULL, device INTEGER NOT NULL, start_ms INTEGER NOT NULL, weighings INTEGER NOT NULL,
      grams TEXT NOT NULL, without_grams INTEGER NOT NULL, tests INTEGER NOT NULL, scale_events INTEGER NOT NULL,
      sales INTEGER NOT NULL, amount_fen INTEGER NOT NULL, PRIMARY KEY (period, start_ms, device)) STRICT, WITHOUT ROWID;
    CREATE TABLE rollup_test (
      day TEXT NOT NULL, gw TEXT NOT NULL, item TEXT NOT NULL, assay_code TEXT NOT NULL, verdict TEXT NOT NULL,
      n INTEGER NOT NULL, PRIMARY KEY (day, gw, item, assay_code, verdict)) STRICT, WITHOUT ROWID;
    ${saleTablesSql}
    -- Rows that were there before and changed: for who has made something of them already. made: which making of all this.
    CREATE TABLE record_changed (id INTEGER PRIMARY KEY AUTOINCREMENT, lsn INTEGER NOT NULL) STRICT;
    CREATE TABLE readings_made (token TEXT NOT NULL) STRICT;
    INSERT INTO readings_made VALUES (hex(randomblob(16)));
    CREATE TRIGGER record_moved AFTER UPDATE OF at_ms ON record
      BEGIN INSERT INTO record_changed (lsn) VALUES (new.lsn); END;
    CREATE TRIGGER record_gone AFTER DELETE ON record BEGIN INSERT INTO record_changed (lsn) VALUES (old.lsn); END;
    CREATE TRIGGER test_counted AFTER UPDATE OF counted ON record_test
      BEGIN INSERT INTO record_changed (lsn) VALUES (new.lsn); END;
    CREATE TRIGGER line_decided AFTER UPDATE OF status ON line WHEN new.status <> old.status
      BEGIN INSERT INTO record_changed (lsn) SELECT lsn FROM record WHERE line = new.id; END;
  `);
};
