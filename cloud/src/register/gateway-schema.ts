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

/**
 * What an operator decided about a gateway's keys and lines: kept for good, in order. A revocation counts from here; the
 * ledger's writer carries out the rest.
 */
export const gatewayDecisionTables: Migration = (database) => {
  database.exec(`
    ALTER TABLE gateway_key DROP COLUMN revoked_ep;
    ALTER TABLE gateway_key DROP COLUMN revoked_eid;
    ALTER TABLE gateway_key DROP COLUMN revoked_seq;
    ALTER TABLE enrolment_code ADD COLUMN replaces INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE gateway_decision (
      id INTEGER PRIMARY KEY, gw TEXT NOT NULL REFERENCES gateway, kind TEXT NOT NULL,
      kid TEXT, ep INTEGER, eid TEXT, seq INTEGER, by TEXT NOT NULL, reason TEXT NOT NULL, at_ms INTEGER NOT NULL) STRICT;
    CREATE UNIQUE INDEX gateway_decision_revoked ON gateway_decision (gw, kid) WHERE kind = 'revoke-key';
    CREATE TRIGGER gateway_decision_stays BEFORE DELETE ON gateway_decision
      BEGIN SELECT RAISE(ABORT, 'decisions are never deleted'); END;
    CREATE TRIGGER gateway_decision_same BEFORE UPDATE ON gateway_decision
      BEGIN SELECT RAISE(ABORT, 'decisions are never changed'); END;
  `);
};
