import type { Migration } from "../store/database.ts";

/** Areas and sites that users see. */
export const userScopeTables: Migration = (database) => {
  database.exec(`
    CREATE TABLE user_scope (
      user TEXT NOT NULL REFERENCES user, kind TEXT NOT NULL CHECK (kind IN ('area', 'site')), code TEXT NOT NULL,
      PRIMARY KEY (user, kind, code)) STRICT, WITHOUT ROWID;
  `);
};

/** Sessions of screens that nobody stands at. */
export const displaySessionColumns: Migration = (database) => {
  database.exec("ALTER TABLE session ADD COLUMN display INTEGER NOT NULL DEFAULT 0");
};

/**
 * Users, their sessions and failed logins. Passwords as salted scrypt only, session tokens as SHA-256 only.
 * `login_failure.address` empty: failures from everywhere together.
 */
export const userTables: Migration = (database) => {
  database.exec(`
    CREATE TABLE user (
      name TEXT PRIMARY KEY, role TEXT NOT NULL, password TEXT NOT NULL, must_change INTEGER NOT NULL,
      created_ms INTEGER NOT NULL, changed_ms INTEGER NOT NULL, disabled_ms INTEGER) STRICT, WITHOUT ROWID;
    CREATE TABLE session (
      token BLOB PRIMARY KEY, user TEXT NOT NULL REFERENCES user, created_ms INTEGER NOT NULL,
      seen_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE INDEX session_user ON session (user);
    CREATE TABLE login_failure (
      user TEXT NOT NULL, address TEXT NOT NULL, failures INTEGER NOT NULL, last_ms INTEGER NOT NULL,
      locked_until_ms INTEGER NOT NULL, PRIMARY KEY (user, address)) STRICT, WITHOUT ROWID;
    CREATE INDEX login_failure_last ON login_failure (last_ms);
  `);
};
