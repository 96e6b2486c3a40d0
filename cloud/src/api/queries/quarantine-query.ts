import type { QuarantineItem, QuarantineList } from "@mingcheng/protocols";
import type { SqliteDatabase } from "../../store/database.ts";
import { isoTime } from "./read-stores.ts";
import type { Seen } from "./seen.ts";

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
const newest = "ORDER BY received_ms DESC, id DESC";

const receivedOfRecord = "CAST(round(unixepoch(received_at, 'subsec') * 1000) AS INTEGER)";

const queries = {
  batch: `SELECT CAST(id AS TEXT) AS id, gw, ep, eid, first_seq AS seq, items AS count, NULL AS kind, reason,
    received_ms, length(content) AS size, substr(content, 1, ${shownBytes}) AS bytes FROM quarantine ${ofGateway} ${newest}`,
  damaged: `SELECT CAST(id AS TEXT) AS id, gw, NULL AS ep, NULL AS eid, NULL AS seq, NULL AS count, NULL AS kind, reason,
    received_ms, bytes AS size, substr(payload, 1, ${shownBytes}) AS bytes FROM damaged ${ofGateway} ${newest}`,
  record: `SELECT follower || ':' || lsn AS id, gw, ep, eid, seq, 1 AS count, kind, reason,
    ${receivedOfRecord} AS received_ms,
    coalesce(length(bytes), 0) AS size, substr(bytes, 1, ${shownBytes}) AS bytes FROM quarantine ${ofGateway}
    ORDER BY lsn DESC, follower`,
} as const;

const itemOf = (source: QuarantineItem["source"], { received_ms, bytes, ...row }: Row): QuarantineItem => ({
  source,
  ...row,
  receivedAt: isoTime(received_ms),
  bytes: bytes === null ? null : bytes.toString("base64"),
});

/** What is asked for: of one gateway, or of all (null). */
export interface QuarantineAsked extends Seen {
  readonly gw: string | null;
  readonly limit: number;
  readonly nowMs: number;
}

interface Found {
  readonly items: QuarantineItem[];
  readonly total: number;
}

const receivedMs = { batch: "received_ms", damaged: "received_ms", record: receivedOfRecord } as const;

/**
 * What lies in one source. Nobody can say which device it would have been of: it is seen by those who saw its gateway as a
 * whole when it arrived.
 */
const foundIn = (
  database: SqliteDatabase,
  source: QuarantineItem["source"],
  { gw, limit, cover, places }: QuarantineAsked,
): Found => {
  const table = source === "damaged" ? "damaged" : "quarantine";
  const rows = database.prepare(queries[source]).iterate({ gw }) as IterableIterator<Row>;
  const items: QuarantineItem[] = [];
  for (const row of rows) {
    if (places.seesGateway(cover, row.gw, row.received_ms)) items.push(itemOf(source, row));
    if (items.length >= limit) break;
  }
  if (cover.whole) {
    const total = database.prepare(`SELECT count(*) FROM ${table} ${ofGateway}`).pluck().get({ gw }) as number;
    return { items, total };
  }
  const all = database.prepare(`SELECT gw, ${receivedMs[source]} AS at_ms FROM ${table} ${ofGateway}`).all({ gw }) as {
    gw: string;
    at_ms: number;
  }[];
  return { items, total: all.filter((row) => places.seesGateway(cover, row.gw, row.at_ms)).length };
};

/** What could not be believed (`ledger`) or used (`projections`), the newest first. */
export const quarantineList = (
  ledger: SqliteDatabase,
  projections: SqliteDatabase,
  asked: QuarantineAsked,
): QuarantineList => {
  const found = {
    batch: foundIn(ledger, "batch", asked),
    damaged: foundIn(ledger, "damaged", asked),
    record: foundIn(projections, "record", asked),
  };
  const items = [...found.batch.items, ...found.damaged.items, ...found.record.items];
  return {
    asOf: isoTime(asked.nowMs),
    totals: { batch: found.batch.total, damaged: found.damaged.total, record: found.record.total },
    items: items.sort((one, other) => (one.receivedAt < other.receivedAt ? 1 : -1)).slice(0, asked.limit),
  };
};
