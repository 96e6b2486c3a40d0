import { erasureTables } from "../retention/erasure-schema.ts";
import type { Migration } from "../store/database.ts";
import { restoreTable } from "./restore-mark.ts";

const firstTables: Migration = (database) => {
  database.exec(`
    CREATE TABLE generation (
      position INTEGER PRIMARY KEY, gen TEXT NOT NULL UNIQUE, reason TEXT NOT NULL, started_ms INTEGER NOT NULL) STRICT;
    CREATE TABLE line (
      id INTEGER PRIMARY KEY, gw TEXT NOT NULL, ep INTEGER NOT NULL, eid TEXT NOT NULL,
      status TEXT NOT NULL DEFAULT 'ok', heard_head INTEGER NOT NULL DEFAULT 0,
      born_gen TEXT, born_n INTEGER, shown_gen TEXT, shown_n INTEGER,
      parent_ep INTEGER, parent_eid TEXT, parent_seq INTEGER, parent_h TEXT,
      first_seen_ms INTEGER NOT NULL, UNIQUE (gw, ep, eid)) STRICT;
    -- lsn counts from 1 without a hole: rows are only ever added, by one writer.
    CREATE TABLE record (
      lsn INTEGER PRIMARY KEY, line INTEGER NOT NULL REFERENCES line, seq INTEGER NOT NULL,
      lane INTEGER NOT NULL, received_ms INTEGER NOT NULL, digest BLOB NOT NULL, bytes BLOB NOT NULL) STRICT;
    CREATE UNIQUE INDEX record_place ON record (line, seq);
    -- Records of which the gateway could only send the digest. Gone from here once the bytes arrive.
    CREATE TABLE digest_only (
      line INTEGER NOT NULL REFERENCES line, seq INTEGER NOT NULL, digest BLOB NOT NULL, received_ms INTEGER NOT NULL,
      PRIMARY KEY (line, seq)) STRICT, WITHOUT ROWID;
    -- Stretches without a hole; h(from-1) and h(to) are known, so that stretches join only where the chain fits.
    CREATE TABLE run (
      line INTEGER NOT NULL REFERENCES line, from_seq INTEGER NOT NULL, to_seq INTEGER NOT NULL,
      prev BLOB NOT NULL, h BLOB NOT NULL, PRIMARY KEY (line, from_seq)) STRICT, WITHOUT ROWID;
    CREATE TABLE seal (
      line INTEGER NOT NULL REFERENCES line, seq INTEGER NOT NULL, h BLOB NOT NULL, wall TEXT NOT NULL,
      kid TEXT NOT NULL, sig TEXT NOT NULL, received_ms INTEGER NOT NULL, PRIMARY KEY (line, seq)) STRICT, WITHOUT ROWID;
    -- to_seq null: nobody knows how far (after a rollback). closed_ms: when records arrived that filled it.
    CREATE TABLE gap (
      id INTEGER PRIMARY KEY, line INTEGER NOT NULL REFERENCES line, from_seq INTEGER NOT NULL, to_seq INTEGER,
      reason TEXT NOT NULL, receipt_gen TEXT, receipt_h TEXT, named_ms INTEGER NOT NULL, closed_ms INTEGER) STRICT;
    CREATE INDEX gap_line ON gap (line, from_seq);
    CREATE TABLE disputed (
      line INTEGER NOT NULL REFERENCES line, from_seq INTEGER NOT NULL, to_seq INTEGER NOT NULL,
      received_ms INTEGER NOT NULL, PRIMARY KEY (line, from_seq, to_seq)) STRICT, WITHOUT ROWID;
    -- What could not be believed, whole and apart. content: the batch's lines as they came.
    CREATE TABLE quarantine (
      id INTEGER PRIMARY KEY, gw TEXT NOT NULL, ep INTEGER, eid TEXT, first_seq INTEGER, items INTEGER NOT NULL,
      reason TEXT NOT NULL, digest BLOB NOT NULL, content BLOB NOT NULL, received_ms INTEGER NOT NULL,
      UNIQUE (gw, digest)) STRICT;
    -- Payloads damaged on the way. The gateway still has the records, so only the newest are kept to be looked at.
    CREATE TABLE damaged (
      id INTEGER PRIMARY KEY, gw TEXT NOT NULL, reason TEXT NOT NULL, digest TEXT NOT NULL, bytes INTEGER NOT NULL,
      payload BLOB, received_ms INTEGER NOT NULL, UNIQUE (gw, digest)) STRICT;
    CREATE INDEX damaged_newest ON damaged (gw, id);
    -- What an operator must hear of: rollbacks, clones, restores.
    CREATE TABLE report (
      id INTEGER PRIMARY KEY, gw TEXT NOT NULL, kind TEXT NOT NULL, detail TEXT NOT NULL, at_ms INTEGER NOT NULL) STRICT;
  `);
};

const keyLog: Migration = (database) => {
  database.exec(`
    -- Rotation statements that held, as they came. Sealing keys that came by enrolment are in the register.
    CREATE TABLE key_log (
      id INTEGER PRIMARY KEY, gw TEXT NOT NULL, kid TEXT NOT NULL, public_key BLOB NOT NULL, replaces TEXT NOT NULL,
      at TEXT NOT NULL, statement BLOB NOT NULL, received_ms INTEGER NOT NULL, UNIQUE (gw, kid)) STRICT;
    CREATE TRIGGER key_log_stays BEFORE DELETE ON key_log
      BEGIN SELECT RAISE(ABORT, 'statements of the key log are never deleted'); END;
    CREATE TRIGGER key_log_same BEFORE UPDATE ON key_log
      BEGIN SELECT RAISE(ABORT, 'statements of the key log are never changed'); END;
    -- Decisions of an operator (register.db, gateway_decision) that this ledger has carried out.
    -- Named by number and time: a register that was restored counts from an older number again.
    CREATE TABLE carried_out (
      decision INTEGER NOT NULL, decided_ms INTEGER NOT NULL, PRIMARY KEY (decision, decided_ms)) STRICT, WITHOUT ROWID;
  `);
};

/**
 * Layout of `ledger.db`, the system of record. Append-only: rows of `record` and `seal` are never changed
 * or removed, but for the bytes of a record whose time is over, which are emptied as `erased` says.
 */
export const ledgerMigrations: readonly Migration[] = [firstTables, restoreTable, keyLog, erasureTables];
