import { addDecimal, type Decimal, formatDecimal, parseDecimal, trimDecimal } from "@mingcheng/protocols";
import type { Statement } from "better-sqlite3";
import type { SqliteDatabase } from "../store/database.ts";

/** Spans that are counted: minute and hour in UTC, day in the site's time zone. */
export const rollupPeriods = ["minute", "hour", "day"] as const;

export type RollupPeriod = (typeof rollupPeriods)[number];

/** What one record adds to the counts. */
export interface Contribution {
  readonly gw: string;
  readonly device: number;
  readonly atMs: number;
  readonly fact:
    | {
        readonly kind: "weighing";
        /** Exact decimal grams; null when the unit has none. A tare is counted but is no goods. */
        readonly grams: string | null;
        readonly isTare: boolean;
      }
    | { readonly kind: "test"; readonly item: string | null; readonly assayCode: string; readonly verdict: string }
    /** Refunds and voids are no sales, but their amounts count. */
    | { readonly kind: "sale"; readonly isSale: boolean; readonly amountFen: number }
    | { readonly kind: "scale-event" };
}

/** Instants to spans; the calendar is the site's. */
export interface Calendar {
  readonly dayOf: (atMs: number) => string;
  /** First instant of the business day. */
  readonly startOfDay: (atMs: number) => number;
}

interface Delta {
  readonly period: RollupPeriod;
  readonly device: number;
  readonly startMs: number;
  weighings: number;
  grams: Decimal;
  withoutGrams: number;
  tests: number;
  scaleEvents: number;
  sales: number;
  amountFen: number;
}

interface TestDelta {
  readonly key: readonly [day: string, gw: string, item: string, assayCode: string, verdict: string];
  n: number;
}

const zero: Decimal = { digits: 0n, scale: 0 };
const negate = ({ digits, scale }: Decimal): Decimal => ({ digits: -digits, scale });

const startOf = (period: RollupPeriod, atMs: number, calendar: Calendar): number => {
  if (period === "day") return calendar.startOfDay(atMs);
  const spanMs = period === "minute" ? 60_000 : 3_600_000;
  return Math.floor(atMs / spanMs) * spanMs;
};

/**
 * Counts and exact gram sums per device and span, and tests per day, item and verdict. Changes gather in memory and are
 * written by `flush` in the caller's transaction; a record that moves in time is taken away and added again, so sums are
 * always those of the rows.
 */
export class RollupBook {
  readonly #calendar: Calendar;
  readonly #read: Statement<unknown[]>;
  readonly #write: Statement<unknown[]>;
  readonly #remove: Statement<unknown[]>;
  readonly #addTest: Statement<unknown[]>;
  readonly #removeTest: Statement<unknown[]>;
  readonly #deltas = new Map<string, Delta>();
  readonly #testDeltas = new Map<string, TestDelta>();

  constructor(database: SqliteDatabase, calendar: Calendar) {
    this.#calendar = calendar;
    const key = "period = ? AND start_ms = ? AND device = ?";
    this.#read = database.prepare(
      `SELECT weighings, grams, without_grams AS withoutGrams, tests, scale_events AS scaleEvents, sales,
         amount_fen AS amountFen FROM rollup WHERE ${key}`,
    );
    this.#write = database.prepare(
      `INSERT OR REPLACE INTO rollup (period, start_ms, device, weighings, grams, without_grams, tests, scale_events,
         sales, amount_fen) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#remove = database.prepare(`DELETE FROM rollup WHERE ${key}`);
    this.#addTest = database.prepare(
      "INSERT INTO rollup_test VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n",
    );
    this.#removeTest = database.prepare("DELETE FROM rollup_test WHERE n = 0 AND day = ?");
  }

  /** Adds (`sign` 1) or takes away (`sign` -1) what a record contributes. */
  add(contribution: Contribution, sign: 1 | -1): void {
    for (const period of rollupPeriods) this.#addTo(this.#delta(period, contribution), contribution.fact, sign);
    const { fact } = contribution;
    if (fact.kind !== "test") return;
    const day = this.#calendar.dayOf(contribution.atMs);
    const key = [day, contribution.gw, fact.item ?? "", fact.assayCode, fact.verdict] as const;
    const name = JSON.stringify(key);
    const delta = this.#testDeltas.get(name) ?? { key, n: 0 };
    delta.n += sign;
    this.#testDeltas.set(name, delta);
  }

  #delta(period: RollupPeriod, { device, atMs }: Contribution): Delta {
    const startMs = startOf(period, atMs, this.#calendar);
    const name = `${period}:${startMs}:${device}`;
    let delta = this.#deltas.get(name);
    if (delta === undefined) {
      const nothing = { weighings: 0, withoutGrams: 0, tests: 0, scaleEvents: 0, sales: 0, amountFen: 0 };
      delta = { period, device, startMs, grams: zero, ...nothing };
      this.#deltas.set(name, delta);
    }
    return delta;
  }

  #addTo(delta: Delta, fact: Contribution["fact"], sign: 1 | -1): void {
    if (fact.kind === "test") delta.tests += sign;
    else if (fact.kind === "scale-event") delta.scaleEvents += sign;
    else if (fact.kind === "sale") {
      delta.sales += fact.isSale ? sign : 0;
      delta.amountFen += sign * fact.amountFen;
    } else {
      delta.weighings += sign;
      const grams = fact.grams === null || fact.isTare ? undefined : parseDecimal(fact.grams);
      if (fact.grams === null) delta.withoutGrams += sign;
      if (grams !== undefined) delta.grams = addDecimal(delta.grams, sign === 1 ? grams : negate(grams));
    }
  }

  /** Writes what gathered. Call inside the transaction of the rows. */
  flush(): void {
    for (const delta of this.#deltas.values()) this.#flushDelta(delta);
    for (const { key, n } of this.#testDeltas.values()) {
      if (n !== 0) this.#addTest.run(...key, n);
    }
    for (const day of new Set([...this.#testDeltas.values()].map(({ key }) => key[0]))) this.#removeTest.run(day);
    this.forget();
  }

  #flushDelta(delta: Delta): void {
    const { period, startMs, device } = delta;
    const row = this.#read.get(period, startMs, device) as
      | (Omit<Delta, "period" | "device" | "startMs" | "grams"> & { readonly grams: string })
      | undefined;
    const weighings = (row?.weighings ?? 0) + delta.weighings;
    const tests = (row?.tests ?? 0) + delta.tests;
    const scaleEvents = (row?.scaleEvents ?? 0) + delta.scaleEvents;
    const sales = (row?.sales ?? 0) + delta.sales;
    const amountFen = (row?.amountFen ?? 0) + delta.amountFen;
    if (weighings === 0 && tests === 0 && scaleEvents === 0 && sales === 0 && amountFen === 0) {
      this.#remove.run(period, startMs, device);
      return;
    }
    const grams = formatDecimal(trimDecimal(addDecimal(parseDecimal(row?.grams ?? "0") ?? zero, delta.grams)));
    const withoutGrams = (row?.withoutGrams ?? 0) + delta.withoutGrams;
    this.#write.run(period, startMs, device, weighings, grams, withoutGrams, tests, scaleEvents, sales, amountFen);
  }

  /** Drops what gathered and was not flushed. */
  forget(): void {
    this.#deltas.clear();
    this.#testDeltas.clear();
  }
}
