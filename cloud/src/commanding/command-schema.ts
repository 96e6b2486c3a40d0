import type { Migration } from "../store/database.ts";

/**
 * Orders to gateways, and how far each gateway's two sequences have come. An order is its own history: it is never deleted,
 * and what it says is never changed.
 */
export const commandTables: Migration = (database) => {
  database.exec(`
    CREATE TABLE gateway_order (
      number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, gw TEXT NOT NULL REFERENCES gateway,
      kind TEXT NOT NULL, body TEXT NOT NULL, by TEXT NOT NULL, note TEXT NOT NULL,
      ordered_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, state TEXT NOT NULL, cseq INTEGER, version INTEGER,
      payload BLOB, payload_hash TEXT, sent_ms INTEGER, deliveries INTEGER NOT NULL DEFAULT 0, reason TEXT,
      result TEXT NOT NULL DEFAULT '', ended_ms INTEGER, ep INTEGER, eid TEXT, seq INTEGER) STRICT;
    CREATE INDEX gateway_order_open ON gateway_order (gw, number) WHERE state IN ('waiting', 'sent', 'acknowledged');
    CREATE INDEX gateway_order_of ON gateway_order (gw, number);
    CREATE TABLE gateway_sequence (
      gw TEXT PRIMARY KEY REFERENCES gateway, cseq INTEGER NOT NULL, version INTEGER NOT NULL,
      reported_cseq INTEGER NOT NULL, reported_version INTEGER NOT NULL, reported_ms INTEGER) STRICT, WITHOUT ROWID;
    CREATE TRIGGER gateway_order_stays BEFORE DELETE ON gateway_order
      BEGIN SELECT RAISE(ABORT, 'orders are never deleted'); END;
    CREATE TRIGGER gateway_order_same BEFORE UPDATE OF id, gw, kind, body, by, note, ordered_ms, expires_ms ON gateway_order
      BEGIN SELECT RAISE(ABORT, 'what an order says is never changed'); END;
  `);
};
