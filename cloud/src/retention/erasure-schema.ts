import type { Migration } from "../store/database.ts";

/**
 * What was erased from the ledger, by what decision, and how far each class of data was gone through. A record that was
 * erased keeps its place, digest and time of receipt: the chain goes on over its digest. Nothing else about a record can be
 * changed, and none can be deleted.
 */
export const erasureTables: Migration = (database) => {
  database.exec(`
    CREATE TABLE erasure (
      id INTEGER PRIMARY KEY, class TEXT NOT NULL, reason TEXT NOT NULL, by TEXT NOT NULL,
      older_than_ms INTEGER NOT NULL, at_ms INTEGER NOT NULL) STRICT;
    -- t: the record's own time, kept because it is evidence of the gateway's clock for the records around it.
    CREATE TABLE erased (
      id INTEGER PRIMARY KEY AUTOINCREMENT, lsn INTEGER NOT NULL UNIQUE REFERENCES record, line INTEGER NOT NULL,
      seq INTEGER NOT NULL, erasure INTEGER NOT NULL REFERENCES erasure, kind TEXT NOT NULL, t TEXT) STRICT;
    CREATE UNIQUE INDEX erased_place ON erased (line, seq);
    CREATE TABLE erasure_cursor (class TEXT PRIMARY KEY, lsn INTEGER NOT NULL, releases INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    ALTER TABLE quarantine ADD COLUMN erasure INTEGER REFERENCES erasure;
    CREATE TRIGGER record_stays BEFORE DELETE ON record
      BEGIN SELECT RAISE(ABORT, 'records are never deleted'); END;
    CREATE TRIGGER record_same BEFORE UPDATE ON record
      WHEN length(NEW.bytes) > 0 OR NEW.lsn <> OLD.lsn OR NEW.line <> OLD.line OR NEW.seq <> OLD.seq
        OR NEW.lane <> OLD.lane OR NEW.received_ms <> OLD.received_ms OR NEW.digest <> OLD.digest
        OR NOT EXISTS (SELECT 1 FROM erased WHERE erased.lsn = OLD.lsn)
      BEGIN SELECT RAISE(ABORT, 'records are never changed'); END;
    CREATE TRIGGER erased_stays BEFORE DELETE ON erased
      BEGIN SELECT RAISE(ABORT, 'what was erased stays named'); END;
    CREATE TRIGGER erased_same BEFORE UPDATE ON erased
      BEGIN SELECT RAISE(ABORT, 'what was erased stays named'); END;
    CREATE TRIGGER erasure_stays BEFORE DELETE ON erasure
      BEGIN SELECT RAISE(ABORT, 'decisions to erase stay'); END;
    CREATE TRIGGER erasure_same BEFORE UPDATE ON erasure
      BEGIN SELECT RAISE(ABORT, 'decisions to erase stay'); END;
  `);
};
