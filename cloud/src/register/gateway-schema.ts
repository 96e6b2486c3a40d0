import type { Migration } from "../store/database.ts";

/** Gateways, their sealing keys and the codes they enrol with. Secrets are stored as SHA-256 only. */
export const gatewayTables: Migration = (database) => {
  database.exec(`
    CREATE TABLE gateway (
      gw TEXT PRIMARY KEY, site TEXT NOT NULL, created_ms INTEGER NOT NULL, credential BLOB,
      enrolled_ms INTEGER, disabled_ms INTEGER) STRICT, WITHOUT ROWID;
    CREATE TABLE gateway_key (
      gw TEXT NOT NULL REFERENCES gateway, kid TEXT NOT NULL, public_key BLOB NOT NULL, since_ms INTEGER NOT NULL,
      revoked_ep INTEGER, revoked_eid TEXT, revoked_seq INTEGER, PRIMARY KEY (gw, kid)) STRICT, WITHOUT ROWID;
    CREATE TABLE enrolment_code (
      secret BLOB PRIMARY KEY, gw TEXT NOT NULL REFERENCES gateway, created_ms INTEGER NOT NULL,
      expires_ms INTEGER NOT NULL, used_ms INTEGER, request BLOB) STRICT, WITHOUT ROWID;
  `);
};
