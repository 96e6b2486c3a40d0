import type { Migration } from "../store/database.ts";

/**
 * The audit log. `h` = SHA-256(0x01 ‖ h of the entry before ‖ SHA-256(bytes)), `sig` by the centre's manifest key over it.
 * Nothing is changed or deleted but this: `bytes` may be emptied when their time is over, as another entry says.
 */
export const auditTables: Migration = (database) => {
  database.exec(`
    CREATE TABLE audit_entry (
      n INTEGER PRIMARY KEY, bytes BLOB, digest BLOB NOT NULL, h BLOB NOT NULL, kid TEXT NOT NULL,
      sig BLOB NOT NULL) STRICT;
    CREATE TRIGGER audit_entry_stays BEFORE DELETE ON audit_entry
      BEGIN SELECT RAISE(ABORT, 'entries of the audit log are never deleted'); END;
    CREATE TRIGGER audit_entry_same BEFORE UPDATE ON audit_entry
      WHEN NEW.bytes IS NOT NULL OR NEW.n <> OLD.n OR NEW.digest <> OLD.digest OR NEW.h <> OLD.h
        OR NEW.kid <> OLD.kid OR NEW.sig <> OLD.sig
      BEGIN SELECT RAISE(ABORT, 'entries of the audit log are never changed'); END;
  `);
};
