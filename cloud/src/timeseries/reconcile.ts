import { type SeriesMeasurement, seriesLayout, seriesSource } from "@mingcheng/protocols";
import type { FeedStores } from "./feed-stores.ts";
import { resend, resendRollups } from "./resend.ts";
import type { SeriesServer } from "./series-server.ts";

/** An hour in which the server has another number of points than the ledger says. */
export interface DifferingHour {
  readonly measurement: string;
  readonly startMs: number;
  /** What there must be, and what there is. */
  readonly expected: number;
  readonly found: number;
}

/** What comparing came to. */
export interface Reconciled {
  /** False when the server cannot be asked. */
  readonly compared: boolean;
  /** Hours that differed and were fed again. */
  readonly fedAgain: number;
  /** Hours that differ even so. */
  readonly differing: readonly DifferingHour[];
}

interface HourRow {
  readonly measurement: string;
  readonly startMs: number;
  readonly points: number;
  readonly firstLsn: number;
  readonly lastLsn: number;
}

const hourMs = 3_600_000;

type Name = keyof typeof seriesLayout;

const names = Object.keys(seriesLayout) as Name[];
const layout: Readonly<Record<Name, SeriesMeasurement>> = seriesLayout;

/** Measurements with a point per record. */
export const recordMeasurements: readonly Name[] = names.filter((name) => layout[name].origin === "record");
const rollupMeasurements: readonly Name[] = names.filter((name) => layout[name].origin === "rollup");

/** Points per hour on the server; what was taken back does not count. Undefined when it knows no InfluxQL. */
const countedThere = async (
  server: SeriesServer,
  measurement: Name,
  fromMs: number,
  toMs: number,
): Promise<ReadonlyMap<number, number> | undefined> => {
  const span = `time >= ${fromMs}ms AND time < ${toMs}ms`;
  const series = await server.query(
    `SELECT count("lsn") FROM ${seriesSource(measurement)} WHERE "lsn" > 0 AND ${span} GROUP BY time(1h) fill(none)`,
  );
  if (series === undefined) return undefined;
  const counts = new Map<number, number>();
  for (const { values } of series) for (const [at, count] of values) counts.set(Number(at), Number(count));
  return counts;
};

const differingHours = async (
  { database }: FeedStores,
  server: SeriesServer,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Promise<(HourRow & { readonly found: number })[] | undefined> => {
  const here = database.prepare(
    `SELECT measurement, start_ms AS startMs, points, first_lsn AS firstLsn, last_lsn AS lastLsn FROM hour
     WHERE measurement = ? AND start_ms >= ? AND start_ms < ?`,
  );
  const differing: (HourRow & { readonly found: number })[] = [];
  for (const measurement of recordMeasurements) {
    const there = await countedThere(server, measurement, fromMs, toMs);
    if (there === undefined) return undefined;
    const rows = here.all(measurement, fromMs, toMs) as HourRow[];
    const known = new Map(rows.map((row) => [row.startMs, row]));
    for (const [startMs, found] of there) {
      const row = known.get(startMs) ?? { measurement, startMs, points: 0, firstLsn: 0, lastLsn: 0 };
      if (row.points !== found) differing.push({ ...row, found });
    }
    for (const row of rows) if (row.points > 0 && !there.has(row.startMs)) differing.push({ ...row, found: 0 });
  }
  return differing;
};

/** Sum of the first field of a rollup since `fromMs`, here and there. */
const rollupsDiffer = async ({ database }: FeedStores, server: SeriesServer, fromMs: number): Promise<boolean> => {
  const here = database
    .prepare(
      `SELECT coalesce(sum(json_extract(fields, '$[0]')), 0) FROM rollup JOIN series ON series.id = rollup.series
       WHERE measurement = ? AND start_ms >= ?`,
    )
    .pluck();
  for (const name of rollupMeasurements) {
    const [field = ""] = Object.keys(layout[name].fields);
    const said = await server.query(`SELECT sum("${field}") FROM ${seriesSource(name)} WHERE time >= ${fromMs}ms`);
    if (said === undefined) return false;
    if (Number(said[0]?.values[0]?.[1] ?? 0) !== here.get(name, fromMs)) return true;
  }
  return false;
};

/**
 * Compares how many points of each hour the server has with how many the ledger's records make, and feeds hours again that
 * differ: an hour with too many is emptied first. Sums of rollups are compared and sent again as a whole. Call while everything
 * that was sent is committed.
 * @throws {ServerUnavailable} the server does not answer now
 */
export const reconcile = async (
  stores: FeedStores,
  server: SeriesServer,
  span: { readonly fromMs: number; readonly nowMs: number; readonly keepFromMs: number; readonly batchPoints: number },
): Promise<Reconciled> => {
  const fromMs = Math.ceil(Math.max(span.fromMs, span.keepFromMs) / hourMs) * hourMs;
  // Records are never later than they were received, save by what clocks may differ.
  const whole = { fromMs, toMs: Math.floor(span.nowMs / hourMs) * hourMs + 2 * hourMs };
  const limits = { batchPoints: span.batchPoints, keepFromMs: span.keepFromMs };
  const found = await differingHours(stores, server, whole);
  if (found === undefined) return { compared: false, fedAgain: 0, differing: [] };
  for (const { measurement, startMs, points, firstLsn, lastLsn, found: there } of found) {
    const toMs = startMs + hourMs;
    if (there > points) await server.remove(measurement, "autogen", startMs, toMs);
    const only = { measurement, fromMs: startMs, toMs };
    if (points > 0) await resend(stores, server, { after: firstLsn - 1, last: lastLsn, only }, limits);
  }
  if (await rollupsDiffer(stores, server, fromMs)) {
    await resendRollups(stores, server, { fromMs, batchPoints: span.batchPoints });
  }
  const still = found.length === 0 ? [] : await differingHours(stores, server, whole);
  const differing = (still ?? []).map(({ measurement, startMs, points, found: there }) => ({
    ...{ measurement, startMs, expected: points, found: there },
  }));
  return { compared: true, fedAgain: found.length, differing };
};
