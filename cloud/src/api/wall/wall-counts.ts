import type { Statement } from "better-sqlite3";
import { minuteStartMs } from "../../register/model/validity.ts";
import type { WallAsked } from "./wall-asked.ts";

/** Results, and those of them that wait for confirmation. */
export interface Verdicts {
  tests: number;
  positive: number;
  suspect: number;
}

interface Grouped {
  readonly gw: string;
  readonly dev: string;
  /** Null: of the whole day. */
  readonly atMs: number | null;
}

interface TestRow extends Grouped {
  readonly item: string | null;
  readonly verdict: string;
  readonly n: number;
}

const day = "record.at_ms >= :fromMs AND record.at_ms < :toMs";
const joined = `FROM record CROSS JOIN line ON line.id = record.line AND line.status = 'ok'
  CROSS JOIN device ON device.id = record.device`;

/**
 * Rows of a day by device; a device that was moved in the course of the day row by row instead, each where it stood then. Only
 * what is seen.
 */
function* placed<Row extends Grouped>(
  { projections, places, cover, window }: WallAsked,
  { whole, single }: { readonly whole: string; readonly single: string },
): Generator<Row & { readonly site: string | null }> {
  const { fromMs, toMs } = window;
  const apart = projections.prepare(single);
  for (const row of projections.prepare(whole).all({ fromMs, toMs }) as Row[]) {
    const stretches = places.stretches(row.gw, row.dev, fromMs, toMs);
    const [only] = stretches;
    if (stretches.length === 1 && only !== undefined) {
      if (cover.covers(only.attribution)) yield { ...row, site: only.attribution.site };
      continue;
    }
    for (const one of apart.all({ fromMs, toMs, ...row }) as Row[]) {
      if (!places.sees(cover, one.gw, one.dev, one.atMs ?? fromMs)) continue;
      yield { ...one, site: places.attribution(one.gw, one.dev, one.atMs ?? fromMs).site };
    }
  }
}

const tests = `${joined} CROSS JOIN record_test ON record_test.lsn = record.lsn AND record_test.counted = 1
  WHERE record.kind = 'test' AND ${day}`;

/** Results of the day by site, item and verdict: those that count, each once. */
export const testedOfDay = (asked: WallAsked) =>
  placed<TestRow>(asked, {
    whole: `SELECT device.gw, device.dev, NULL AS atMs, item, verdict, count(*) AS n ${tests}
      GROUP BY record.device, item, verdict`,
    single: `SELECT device.gw, device.dev, record.at_ms AS atMs, item, verdict, 1 AS n ${tests}
      AND device.gw = :gw AND device.dev = :dev AND item IS :item AND verdict = :verdict`,
  });

/** What a device sold in a span: refunds and voids are no sales, but their amounts are taken off. */
interface Sold {
  readonly sales: number;
  readonly amountFen: number;
}

/** A device and what the rollup of its whole day says. */
export interface SellingDevice {
  readonly id: number;
  readonly gw: string;
  readonly dev: string;
  readonly whole: Sold;
}

/**
 * Places what a device sold. One that stood at one place all day costs nothing: its day is in the rollups. The sales of one that
 * was moved are counted to the minute.
 */
export class SoldCounter {
  readonly #asked: WallAsked;
  readonly #between: Statement<unknown[]>;

  constructor(asked: WallAsked) {
    this.#asked = asked;
    this.#between = asked.projections.prepare(
      `SELECT coalesce(sum(type = 'sale'), 0) AS sales, coalesce(sum(amount_fen), 0) AS amountFen FROM record
       CROSS JOIN line ON line.id = record.line AND line.status = 'ok'
       CROSS JOIN record_sale ON record_sale.lsn = record.lsn
       WHERE record.kind = 'sale' AND record.at_ms >= ? AND record.at_ms < ? AND record.device = ?`,
    );
  }

  /** What the device sold at each place that is seen; the same site more than once when it came back. */
  *sold({ id, gw, dev, whole }: SellingDevice): Generator<Sold & { readonly site: string | null }> {
    if (whole.sales === 0 && whole.amountFen === 0) return;
    const { places, cover, window } = this.#asked;
    const stretches = places.stretches(gw, dev, window.fromMs, window.toMs);
    for (const { from, to, attribution } of stretches) {
      if (!cover.covers(attribution)) continue;
      const range = [minuteStartMs(from), minuteStartMs(to), id] as const;
      const sold = stretches.length === 1 ? whole : (this.#between.get(...range) as Sold);
      yield { ...sold, site: attribution.site };
    }
  }
}
