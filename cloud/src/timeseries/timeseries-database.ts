import { join } from "node:path";
import { cursorMigration } from "../cursor/cursor-store.ts";
import type { Migration } from "../store/database.ts";

/** Where the feed of a data directory keeps its place, and what it has sent. Droppable: it is fed again from the ledger. */
export const timeseriesPath = (dataDirectory: string): string => join(dataDirectory, "timeseries.db");

const firstTables: Migration = (database) => {
  database.exec(`
    CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE series (id INTEGER PRIMARY KEY, measurement TEXT NOT NULL, tags TEXT NOT NULL,
      UNIQUE (measurement, tags)) STRICT;
    CREATE TABLE known_device (gw TEXT NOT NULL, dev TEXT NOT NULL, PRIMARY KEY (gw, dev)) STRICT, WITHOUT ROWID;
    -- What the server has of each record. part: 0, or the line of a sale from 1. fields: values in the layout's order.
    CREATE TABLE point (
      lsn INTEGER NOT NULL, part INTEGER NOT NULL, series INTEGER NOT NULL, at_ms INTEGER NOT NULL,
      offset_ns INTEGER NOT NULL, fields TEXT NOT NULL, PRIMARY KEY (lsn, part)) STRICT, WITHOUT ROWID;
    -- Points by measurement and hour, and between which ledger numbers they are.
    CREATE TABLE hour (
      measurement TEXT NOT NULL, start_ms INTEGER NOT NULL, points INTEGER NOT NULL, first_lsn INTEGER NOT NULL,
      last_lsn INTEGER NOT NULL, PRIMARY KEY (measurement, start_ms)) STRICT, WITHOUT ROWID;
    CREATE TABLE rollup (
      series INTEGER NOT NULL, start_ms INTEGER NOT NULL, fields TEXT NOT NULL,
      PRIMARY KEY (series, start_ms)) STRICT, WITHOUT ROWID;
    CREATE INDEX rollup_start ON rollup (start_ms);
    CREATE TABLE camera (
      gw TEXT NOT NULL, dev TEXT NOT NULL, lsn INTEGER NOT NULL, at_ms INTEGER NOT NULL, state TEXT NOT NULL,
      PRIMARY KEY (gw, dev)) STRICT, WITHOUT ROWID;
    -- Samples: they cannot be made again, so they wait here for the server, and stay for the overlap.
    CREATE TABLE sample (id INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, line TEXT NOT NULL) STRICT;
    CREATE INDEX sample_at ON sample (at_ms);
    -- Where the cursors were when.
    CREATE TABLE mark (at_ms INTEGER PRIMARY KEY, lsn INTEGER NOT NULL) STRICT;
    -- Points that the server refused, with its reason.
    CREATE TABLE refused (
      id INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, line TEXT NOT NULL, reason TEXT NOT NULL,
      UNIQUE (line)) STRICT;
  `);
};

const sampleSpans: Migration = (database) => {
  database.exec(`
    -- Samples by ten minutes. folded: for each field its value so far and of how many samples. change: ever larger.
    CREATE TABLE sample_span (
      change INTEGER PRIMARY KEY AUTOINCREMENT, prefix TEXT NOT NULL, start_ms INTEGER NOT NULL, name TEXT NOT NULL,
      folded TEXT NOT NULL, UNIQUE (prefix, start_ms)) STRICT;
    -- What was fed before has no sums of what is summed from now on.
    INSERT OR REPLACE INTO meta SELECT 'rebuild', '1' WHERE EXISTS (SELECT 1 FROM point);
  `);
};

/** Layout of `timeseries.db`. */
export const timeseriesMigrations: readonly Migration[] = [cursorMigration, firstTables, sampleSpans];
