import type { TestView, WeighingView } from "@mingcheng/protocols";
import type { SqliteDatabase } from "../../store/database.ts";
import type { DayWindow } from "./day-window.ts";
import { isoTime } from "./read-stores.ts";

interface PlacedRow {
  lsn: number;
  gw: string;
  dev: string;
  at_ms: number;
  received_ms: number;
  lane: "live" | "backlog";
}

type WeighingRow = PlacedRow & Pick<WeighingView, "value" | "unit" | "grams" | "mode" | "stable" | "tare">;

type TestRow = PlacedRow &
  Omit<TestView, keyof PlacedRow | "at" | "receivedAt" | "assay"> & { assay_code: string; assay_name: string };

const placeOf = ({ lsn, gw, dev, at_ms, received_ms, lane }: PlacedRow) => ({
  ...{ lsn, gw, dev, at: isoTime(at_ms), receivedAt: isoTime(received_ms), lane },
});

const weighingOf = (row: WeighingRow): WeighingView => {
  const { value, unit, grams, mode, stable, tare } = row;
  return { ...placeOf(row), value, unit, grams, mode, stable, tare };
};

const testOf = (row: TestRow): TestView => {
  const { instrument, specimenId, item, value, number, unit, verdict, verdictRule, instrumentVerdict } = row;
  return {
    ...placeOf(row),
    ...{ instrument, specimenId, item, assay: { code: row.assay_code, name: row.assay_name } },
    ...{ value, number, unit, verdict, verdictRule, instrumentVerdict },
  };
};

// CROSS JOIN keeps the order of the loops: the newest rows first by the index on time, the rest by key.
const placed = `record.lsn, device.gw, device.dev, record.at_ms, record.received_ms, record.lane`;
const weighings = `SELECT ${placed}, value, unit, grams, mode, stable, tare FROM record
  CROSS JOIN line ON line.id = record.line AND line.status = 'ok'
  CROSS JOIN device ON device.id = record.device
  CROSS JOIN record_weighing ON record_weighing.lsn = record.lsn
  WHERE record.kind = 'weighing'`;
const tests = `SELECT ${placed}, instrument, specimen AS specimenId, item, assay_code, assay_name, value, number, unit,
    verdict, verdict_rule AS verdictRule, instrument_verdict AS instrumentVerdict FROM record
  CROSS JOIN line ON line.id = record.line AND line.status = 'ok'
  CROSS JOIN device ON device.id = record.device
  CROSS JOIN record_test ON record_test.lsn = record.lsn AND record_test.counted = 1
  WHERE record.kind = 'test'`;
const ofDay = "AND record.at_ms >= :fromMs AND record.at_ms < :toMs AND (:gw IS NULL OR device.gw = :gw)";
const newest = "ORDER BY record.at_ms DESC, record.lsn DESC LIMIT :limit";

/** What a day's readings are asked for. */
export interface ReadingsOfDay {
  readonly window: DayWindow;
  /** Null = every gateway. */
  readonly gw: string | null;
  readonly limit: number;
  /** How many there are in all, as the counts of the day say. */
  readonly total: number;
}

/** Up to so many are collected device by device; more are met soon enough on the way back through the whole day. */
const fewReadings = 2_000;

const newestOfDay = <Row extends PlacedRow>(
  database: SqliteDatabase,
  select: string,
  counted: "weighings" | "tests",
  { window, gw, limit, total }: ReadingsOfDay,
): Row[] => {
  if (total === 0) return [];
  const bound = { fromMs: window.fromMs, toMs: window.toMs, gw, limit: Math.min(limit, total) };
  if (gw === null || total > fewReadings) return database.prepare(`${select} ${ofDay} ${newest}`).all(bound) as Row[];
  const devices = database
    .prepare(
      `SELECT device.id FROM device JOIN rollup ON rollup.device = device.id
       WHERE gw = :gw AND period = 'day' AND start_ms = :fromMs AND ${counted} > 0`,
    )
    .pluck()
    .all({ gw, fromMs: window.fromMs }) as number[];
  const ofDevice = database.prepare(`${select} ${ofDay} AND record.device = :device ${newest}`);
  return devices
    .flatMap((device) => ofDevice.all({ ...bound, device }) as Row[])
    .sort((one, other) => other.at_ms - one.at_ms || other.lsn - one.lsn)
    .slice(0, limit);
};

/** The newest settled loads of a day. Lines in dispute are left out. */
export const weighingsOfDay = (database: SqliteDatabase, asked: ReadingsOfDay): WeighingView[] =>
  newestOfDay<WeighingRow>(database, weighings, "weighings", asked).map(weighingOf);

/** The newest results of a day, each once however often its instrument repeated it. Lines in dispute are left out. */
export const testsOfDay = (database: SqliteDatabase, asked: ReadingsOfDay): TestView[] =>
  newestOfDay<TestRow>(database, tests, "tests", asked).map(testOf);

/** The latest reading of a device, of whatever day; `device` is its id in the projections. */
export interface LatestReading {
  weighing(device: number): WeighingView | null;
  test(device: number): TestView | null;
}

/** Prepares to look up the latest readings of many devices. */
export const latestReadings = (database: SqliteDatabase): LatestReading => {
  const latest = "AND record.device = ? ORDER BY record.at_ms DESC, record.lsn DESC LIMIT 1";
  const weighing = database.prepare(`${weighings} ${latest}`);
  const test = database.prepare(`${tests} ${latest}`);
  return {
    weighing: (device) => {
      const row = weighing.get(device) as WeighingRow | undefined;
      return row === undefined ? null : weighingOf(row);
    },
    test: (device) => {
      const row = test.get(device) as TestRow | undefined;
      return row === undefined ? null : testOf(row);
    },
  };
};
