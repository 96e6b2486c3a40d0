import type { QuarantineItem, QuarantineList } from "@mingcheng/protocols";
import type { SqliteDatabase } from "../../store/database.ts";
import { isoTime } from "./read-stores.ts";

/** So much of one item is shown. */
const shownBytes = 64 * 1024;

interface Row {
  id: string;
  gw: string;
  ep: number | null;
  eid: string | null;
  seq: number | null;
  count: number | null;
  kind: string | null;
  reason: string;
  received_ms: number;
  size: number;
  bytes: Buffer | null;
}

const ofGateway = "WHERE (:gw IS NULL OR gw = :gw)";
const newest = "ORDER BY received_ms DESC, id DESC LIMIT :limit";

const queries = {
  batch: `SELECT CAST(id AS TEXT) AS id, gw, ep, eid, first_seq AS seq, items AS count, NULL AS kind, reason,
    received_ms, length(content) AS size, substr(content, 1, ${shownBytes}) AS bytes FROM quarantine ${ofGateway} ${newest}`,
  damaged: `SELECT CAST(id AS TEXT) AS id, gw, NULL AS ep, NULL AS eid, NULL AS seq, NULL AS count, NULL AS kind, reason,
    received_ms, bytes AS size, substr(payload, 1, ${shownBytes}) AS bytes FROM damaged ${ofGateway} ${newest}`,
  record: `SELECT follower || ':' || lsn AS id, gw, ep, eid, seq, 1 AS count, kind, reason,
    CAST(round(unixepoch(received_at, 'subsec') * 1000) AS INTEGER) AS received_ms,
    coalesce(length(bytes), 0) AS size, substr(bytes, 1, ${shownBytes}) AS bytes FROM quarantine ${ofGateway}
    ORDER BY lsn DESC, follower LIMIT :limit`,
} as const;

const itemOf = (source: QuarantineItem["source"], { received_ms, bytes, ...row }: Row): QuarantineItem => ({
  source,
  ...row,
  receivedAt: isoTime(received_ms),
  bytes: bytes === null ? null : bytes.toString("base64"),
});

/** What could not be believed (`ledger`) or used (`projections`), the newest first. */
export const quarantineList = (
  ledger: SqliteDatabase,
  projections: SqliteDatabase,
  asked: { readonly gw: string | null; readonly limit: number; readonly nowMs: number },
): QuarantineList => {
  const { gw, limit, nowMs } = asked;
  const sources = { batch: ledger, damaged: ledger, record: projections } as const;
  const tables = { batch: "quarantine", damaged: "damaged", record: "quarantine" } as const;
  const names = ["batch", "damaged", "record"] as const;
  const count = (name: (typeof names)[number]): number =>
    sources[name].prepare(`SELECT count(*) FROM ${tables[name]} ${ofGateway}`).pluck().get({ gw }) as number;
  const items = names.flatMap((name) =>
    (sources[name].prepare(queries[name]).all({ gw, limit }) as Row[]).map((row) => itemOf(name, row)),
  );
  return {
    asOf: isoTime(nowMs),
    totals: { batch: count("batch"), damaged: count("damaged"), record: count("record") },
    items: items.sort((one, other) => (one.receivedAt < other.receivedAt ? 1 : -1)).slice(0, limit),
  };
};
