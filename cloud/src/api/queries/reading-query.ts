import type { TestView, WeighingView } from "@mingcheng/protocols";
import type { PlaceFinder } from "../../register/attribution/place-finder.ts";
import { minuteStartMs } from "../../register/model/validity.ts";
import type { SqliteDatabase } from "../../store/database.ts";
import type { CountedDevice } from "./day-counter.ts";
import type { DayWindow } from "./day-window.ts";
import { isoTime } from "./read-stores.ts";
import type { Seen } from "./seen.ts";

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
  Omit<TestView, keyof PlacedRow | "at" | "receivedAt" | "assay" | "place"> & {
    assay_code: string;
    assay_name: string;
  };

const placedAs = ({ lsn, gw, dev, at_ms, received_ms, lane }: PlacedRow, places: PlaceFinder) => ({
  ...{ lsn, gw, dev, at: isoTime(at_ms), receivedAt: isoTime(received_ms), lane },
  place: places.view(gw, dev, at_ms),
});

const weighingOf = (row: WeighingRow, places: PlaceFinder): WeighingView => {
  const { value, unit, grams, mode, stable, tare } = row;
  return { ...placedAs(row, places), value, unit, grams, mode, stable, tare };
};

const testOf = (row: TestRow, places: PlaceFinder): TestView => {
  const { instrument, specimenId, item, value, number, unit, verdict, verdictRule, instrumentVerdict } = row;
  return {
    ...placedAs(row, places),
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
export interface ReadingsOfDay extends Seen {
  readonly window: DayWindow;
  /** Null = every gateway. */
  readonly gw: string | null;
  readonly limit: number;
  /** How many there are in all, as the counts of the day say. */
  readonly total: number;
  /** Devices with something of the day, whoever sees them. */
  readonly counted: readonly CountedDevice[];
}

/** Up to so many are collected device by device; more are met soon enough on the way back through the whole day. */
const fewReadings = 2_000;
/** And so many are looked at on that way, before those of each device are asked for after all. */
const lookedAt = 5_000;

type Kind = "weighings" | "tests";
const selects: Readonly<Record<Kind, string>> = { weighings, tests };

const newestFirst = (one: PlacedRow, other: PlacedRow): number => other.at_ms - one.at_ms || other.lsn - one.lsn;

/** The newest that a person sees, device by device: within the stretches in which each is seen. */
const newestByDevice = <Row extends PlacedRow>(database: SqliteDatabase, kind: Kind, asked: ReadingsOfDay): Row[] => {
  const { window, limit, counted, cover, places } = asked;
  const ofDevice = database.prepare(`${selects[kind]} ${ofDay} AND record.device = :device ${newest}`);
  return counted
    .filter(({ whole }) => whole[kind] > 0)
    .flatMap(({ id: device, gw, dev }) => {
      const stretches = cover.whole
        ? [{ fromMs: window.fromMs, toMs: window.toMs }]
        : places
            .stretches(gw, dev, window.fromMs, window.toMs)
            .filter(({ attribution }) => cover.covers(attribution))
            .map(({ from, to }) => ({ fromMs: minuteStartMs(from), toMs: minuteStartMs(to) }));
      return stretches.flatMap((stretch) => ofDevice.all({ ...stretch, gw: asked.gw, device, limit }) as Row[]);
    })
    .sort(newestFirst)
    .slice(0, limit);
};

const newestOfDay = <Row extends PlacedRow>(database: SqliteDatabase, kind: Kind, asked: ReadingsOfDay): Row[] => {
  const { window, gw, limit, total, cover, places } = asked;
  if (total === 0) return [];
  const wanted = Math.min(limit, total);
  if (!(gw === null && cover.whole) && total <= fewReadings) return newestByDevice(database, kind, asked);
  const rows: Row[] = [];
  let looked = 0;
  const bound = { fromMs: window.fromMs, toMs: window.toMs, gw, limit: -1 };
  for (const row of database.prepare(`${selects[kind]} ${ofDay} ${newest}`).iterate(bound) as Iterable<Row>) {
    if (places.sees(cover, row.gw, row.dev, row.at_ms)) rows.push(row);
    if (rows.length >= wanted) return rows;
    if (++looked >= lookedAt && !cover.whole) return newestByDevice(database, kind, asked);
  }
  return rows;
};

/** The newest settled loads of a day. Lines in dispute are left out. */
export const weighingsOfDay = (database: SqliteDatabase, asked: ReadingsOfDay): WeighingView[] =>
  newestOfDay<WeighingRow>(database, "weighings", asked).map((row) => weighingOf(row, asked.places));

/** The newest results of a day, each once however often its instrument repeated it. Lines in dispute are left out. */
export const testsOfDay = (database: SqliteDatabase, asked: ReadingsOfDay): TestView[] =>
  newestOfDay<TestRow>(database, "tests", asked).map((row) => testOf(row, asked.places));

/** The latest reading of a device since an instant; `device` is its id in the projections. */
export interface LatestReading {
  weighing(device: number, sinceMs: number): WeighingView | null;
  test(device: number, sinceMs: number): TestView | null;
}

/** Prepares to look up the latest readings of many devices. */
export const latestReadings = (database: SqliteDatabase, places: PlaceFinder): LatestReading => {
  const latest = "AND record.device = ? AND record.at_ms >= ? ORDER BY record.at_ms DESC, record.lsn DESC LIMIT 1";
  const weighing = database.prepare(`${weighings} ${latest}`);
  const test = database.prepare(`${tests} ${latest}`);
  return {
    weighing: (device, sinceMs) => {
      const row = weighing.get(device, sinceMs) as WeighingRow | undefined;
      return row === undefined ? null : weighingOf(row, places);
    },
    test: (device, sinceMs) => {
      const row = test.get(device, sinceMs) as TestRow | undefined;
      return row === undefined ? null : testOf(row, places);
    },
  };
};
