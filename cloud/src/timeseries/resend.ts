import type { FeedStores } from "./feed-stores.ts";
import { type FieldValue, fieldsText, lineOf } from "./line-protocol.ts";
import type { StoredPoint } from "./point-book.ts";
import type { SeriesServer } from "./series-server.ts";
import { writeLines } from "./write-lines.ts";

/** Points of the server to be sent once more, exactly as they were. */
export interface ResendRange {
  /** Ledger numbers: behind `after`, up to `last`. */
  readonly after: number;
  readonly last: number;
  /** Of these only; all when left out. */
  readonly only?: { readonly measurement: string; readonly fromMs: number; readonly toMs: number };
}

const columns = "lsn, part, series, at_ms AS atMs, offset_ns AS offset, fields";

interface RollupRow {
  readonly series: number;
  readonly startMs: number;
  readonly fields: string;
}

const rollupLine = ({ series }: FeedStores, row: RollupRow): string => {
  const { prefix, measurement } = series.byId(row.series);
  return lineOf(prefix, fieldsText(measurement, JSON.parse(row.fields) as FieldValue[]), row.startMs, 0);
};

/** Sends sums from `fromMs` on once more. @throws {ServerUnavailable} */
export const resendRollups = async (
  stores: FeedStores,
  server: SeriesServer,
  { fromMs, batchPoints }: { readonly fromMs: number; readonly batchPoints: number },
): Promise<void> => {
  const next = stores.database.prepare(
    `SELECT series, start_ms AS startMs, fields FROM rollup WHERE start_ms >= @fromMs AND (start_ms, series) > (@startMs, @series)
     ORDER BY start_ms, series LIMIT @limit`,
  );
  let at: { startMs: number; series: number } = { startMs: fromMs - 1, series: 0 };
  for (;;) {
    const rows = next.all({ ...at, fromMs, limit: batchPoints }) as RollupRow[];
    await writeLines(
      server,
      "long",
      rows.map((row) => rollupLine(stores, row)),
    );
    const last = rows.at(-1);
    if (last === undefined || rows.length < batchPoints) return;
    at = last;
  }
};

/**
 * Sends points once more as they are stored here, with the sums that they count in. Nothing changes here; sending twice changes
 * nothing there. Returns how many points it were.
 * @throws {ServerUnavailable} the server takes nothing now
 */
export const resend = async (
  stores: FeedStores,
  server: SeriesServer,
  range: ResendRange,
  limits: { readonly batchPoints: number; readonly keepFromMs: number },
): Promise<number> => {
  const { database, series, rollups } = stores;
  const page = database.prepare(
    `SELECT ${columns} FROM point WHERE (lsn, part) > (?, ?) AND lsn <= ? ORDER BY lsn, part LIMIT ?`,
  );
  const sum = database.prepare(
    "SELECT series, start_ms AS startMs, fields FROM rollup WHERE series = ? AND start_ms = ?",
  );
  const { only } = range;
  let sent = 0;
  let [lsn, part] = [range.after, Number.MAX_SAFE_INTEGER];
  for (;;) {
    const rows = page.all(lsn, part, range.last, limits.batchPoints) as StoredPoint[];
    const lines: string[] = [];
    const sums = new Map<string, RollupRow>();
    for (const { series: id, atMs, offset, fields: text } of rows) {
      const of = series.byId(id);
      if (only !== undefined && (of.measurement !== only.measurement || atMs < only.fromMs || atMs >= only.toMs))
        continue;
      const fields = JSON.parse(text) as FieldValue[];
      if (atMs >= limits.keepFromMs) lines.push(lineOf(of.prefix, fieldsText(of.measurement, fields), atMs, offset));
      for (const place of rollups.placesOf(of, atMs, fields)) {
        const row = sum.get(place.series, place.startMs) as RollupRow | undefined;
        if (row !== undefined) sums.set(`${row.series} ${row.startMs}`, row);
      }
    }
    await writeLines(server, "autogen", lines);
    await writeLines(
      server,
      "long",
      [...sums.values()].map((row) => rollupLine(stores, row)),
    );
    sent += lines.length;
    const last = rows.at(-1);
    if (last === undefined || rows.length < limits.batchPoints) return sent;
    [lsn, part] = [last.lsn, last.part];
  }
};
