import { decodeRecord, type RecordPage, type RecordQuery, type RecordView } from "@mingcheng/protocols";
import type { PlaceFinder } from "../../register/attribution/place-finder.ts";
import type { SqliteDatabase } from "../../store/database.ts";
import { isoTime } from "./read-stores.ts";
import type { Seen } from "./seen.ts";

interface Row {
  lsn: number;
  gw: string;
  ep: number;
  eid: string;
  status: "ok" | "disputed";
  dev: string;
  seq: number;
  n: number;
  kind: string;
  wall: string;
  received_ms: number;
  at_ms: number;
  lane: "live" | "backlog";
  counted: number | null;
}

/** What records are asked for; absent fields ask for all. */
export type RecordsAsked = Pick<RecordQuery, "after" | "before" | "limit" | "kind" | "gateway" | "device">;

/** Who asks, and for what. */
export type SeenRecordsAsked = RecordsAsked & Seen;

const viewOf = (row: Row, bytes: Uint8Array | undefined, places: PlaceFinder): RecordView => {
  const decoded = bytes === undefined ? undefined : decodeRecord(bytes);
  const record = decoded?.ok === true ? decoded.record : undefined;
  const { lsn, gw, dev, lane, ep, eid, seq, n, kind, wall } = row;
  return {
    ...{
      lsn,
      gw,
      dev,
      at: isoTime(row.at_ms),
      receivedAt: isoTime(row.received_ms),
      place: places.view(gw, dev, row.at_ms),
      lane,
      ep,
      eid,
      seq,
      n,
      kind,
      wall,
    },
    lineStatus: row.status,
    counted: row.status === "ok" && row.counted !== 0,
    body: record?.body ?? {},
    raw: record?.raw ?? "",
  };
};

/** A filter looks at so many places of the ledger at a time, so that no question takes for ever. */
const lookedAt = 50_000;

const columns = `record.lsn, line.gw, line.ep, line.eid, line.status, device.dev, record.seq, record.n, record.kind,
  record.wall, record.received_ms, record.at_ms, record.lane,
  (SELECT counted FROM record_test WHERE record_test.lsn = record.lsn) AS counted`;

/** Where a page begins and how far it looks, and which way. */
const rangeOf = ({ after, before }: Pick<RecordsAsked, "after" | "before">, lsn: number, filtered: boolean) => {
  if (before === undefined) {
    const upTo = filtered ? Math.min(lsn, after + lookedAt) : lsn;
    return { order: "ASC", from: after, upTo, next: upTo < lsn ? upTo : null } as const;
  }
  const upTo = before === 0 ? lsn : Math.min(lsn, before - 1);
  const from = filtered ? Math.max(0, upTo - lookedAt) : 0;
  return { order: "DESC", from, upTo, next: from > 0 ? from + 1 : null } as const;
};

/**
 * Records as projected, in ledger order or the newest first, with their own bytes' content. With a filter a page may be short, or empty,
 * although there is a next one. `projections` must be one snapshot; the ledger is ahead of it or equal.
 */
export const recordPage = (
  projections: SqliteDatabase,
  ledger: SqliteDatabase,
  asked: SeenRecordsAsked,
): RecordPage => {
  const { limit, kind = null, gateway = null, device = null, cover, places } = asked;
  const lsn = projectedLsn(projections);
  const filtered = kind !== null || gateway !== null || device !== null || !cover.whole;
  const { order, from, upTo, next } = rangeOf(asked, lsn, filtered);
  const found = projections
    .prepare(
      `SELECT ${columns} FROM record CROSS JOIN line ON line.id = record.line
         CROSS JOIN device ON device.id = record.device
       WHERE record.lsn > :from AND record.lsn <= :upTo AND (:kind IS NULL OR record.kind = :kind)
         AND (:gateway IS NULL OR device.gw = :gateway) AND (:device IS NULL OR device.dev = :device)
       ORDER BY record.lsn ${order}`,
    )
    .iterate({ from, upTo, kind, gateway, device }) as IterableIterator<Row>;
  const rows: Row[] = [];
  for (const row of found) {
    if (places.sees(cover, row.gw, row.dev, row.at_ms)) rows.push(row);
    if (rows.length > limit) break;
  }
  const bytes = ledger.prepare("SELECT bytes FROM record WHERE lsn = ?").pluck();
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    records: shown.map((row) => viewOf(row, bytes.get(row.lsn) as Buffer | undefined, places)),
    next: rows.length > limit && last !== undefined ? last.lsn : next,
    ...{ lsn, head: ledgerHead(ledger) },
  };
};

/** Ledger number that the projections contain; 0 before the first record. */
export const projectedLsn = (projections: SqliteDatabase): number =>
  (projections.prepare("SELECT lsn FROM cursor WHERE name = 'readings'").pluck().get() as number | undefined) ?? 0;

/** The ledger's last number; 0 when it is empty. */
export const ledgerHead = (ledger: SqliteDatabase): number =>
  (ledger.prepare("SELECT max(lsn) FROM record").pluck().get() as number | null) ?? 0;

/** A slice ends behind the record with which it exceeds this. */
const maxSliceBytes = 128 * 1024;

/** The records behind `after` as one bounded piece, and the ledger number up to which that is everything. */
export const recordSlice = (
  projections: SqliteDatabase,
  ledger: SqliteDatabase,
  { after, limit, cover, places }: Seen & { readonly after: number; readonly limit: number },
): { readonly lsn: number; readonly records: readonly RecordView[] } => {
  const page = recordPage(projections, ledger, { after, limit, cover, places });
  let bytes = 0;
  let end = 0;
  for (const { body, raw } of page.records) {
    end++;
    bytes += JSON.stringify(body).length + raw.length;
    if (bytes > maxSliceBytes) break;
  }
  const whole = end === page.records.length && page.next === null;
  const records = page.records.slice(0, end);
  return { lsn: whole ? Math.max(page.lsn, after) : (records.at(-1)?.lsn ?? after), records };
};
