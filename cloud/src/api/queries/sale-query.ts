import {
  addDecimal,
  type Decimal,
  formatDecimal,
  parseDecimal,
  type SalesOfDay,
  type SaleView,
  trimDecimal,
} from "@mingcheng/protocols";
import type { SqliteDatabase } from "../../store/database.ts";
import type { DayWindow } from "./day-window.ts";
import { isoTime } from "./read-stores.ts";
import type { Seen } from "./seen.ts";

/** What a day's sales are asked for. */
export interface SalesAsked extends Seen {
  readonly window: DayWindow;
  /** Null = every gateway. */
  readonly gw: string | null;
}

/** So many of each are listed. */
const listedSales = 50;
const listedStalls = 50;
const listedItems = 50;

/** A line of a sale beside what is summed of the sale itself; `n` null: a sale without lines. Read as a tuple: a day has many. */
type SummedRow = readonly [
  lsn: number,
  gw: string,
  dev: string,
  atMs: number,
  type: SaleView["type"],
  stall: string | null,
  saleFen: number | null,
  mismatches: number,
  n: number | null,
  item: string | null,
  name: string | null,
  grams: string | null,
  lineFen: number | null,
];

type ListedRow = Pick<
  SaleView,
  "lsn" | "gw" | "dev" | "type" | "receipt" | "stall" | "vendor" | "amountFen" | "mismatches"
> & {
  readonly atMs: number;
};
type LineRow = Omit<SaleView["lines"][number], "mismatch"> & { readonly mismatch: number };

const zero: Decimal = { digits: 0n, scale: 0 };

/** Sums of one stall or item, exact. */
class Sum {
  lines = 0;
  amountFen = 0;
  sales = 0;
  private grams = zero;

  add({ grams, amountFen }: Pick<LineRow, "grams" | "amountFen">): void {
    this.lines += 1;
    this.amountFen += amountFen ?? 0;
    if (grams !== null) this.grams = addDecimal(this.grams, parseDecimal(grams) ?? zero);
  }

  view(): { lines: number; grams: string; amountFen: number } {
    return { lines: this.lines, grams: formatDecimal(trimDecimal(this.grams)), amountFen: this.amountFen };
  }
}

class Sums<Key> {
  private readonly sums = new Map<string, { readonly key: Key; readonly sum: Sum }>();

  of(name: string, key: Key): Sum {
    const known = this.sums.get(name) ?? { key, sum: new Sum() };
    this.sums.set(name, known);
    return known.sum;
  }

  /** The largest amounts first, then by name, so that the order is the same every time. */
  largest(limit: number): { readonly key: Key; readonly sum: Sum }[] {
    return [...this.sums.entries()]
      .sort(([a, { sum: one }], [b, { sum: other }]) => other.amountFen - one.amountFen || (a < b ? -1 : 1))
      .slice(0, limit)
      .map(([, found]) => found);
  }
}

// CROSS JOIN keeps the order of the loops: by the index on the time of sales, the rest by key.
const summedSql = `SELECT record.lsn, device.gw, device.dev, record.at_ms, type, stall, record_sale.amount_fen, mismatches,
    record_sale_line.n, item, name, grams, record_sale_line.amount_fen FROM record
  CROSS JOIN line ON line.id = record.line AND line.status = 'ok'
  CROSS JOIN device ON device.id = record.device
  CROSS JOIN record_sale ON record_sale.lsn = record.lsn
  LEFT JOIN record_sale_line ON record_sale_line.lsn = record.lsn
  WHERE record.kind = 'sale' AND record.at_ms >= :fromMs AND record.at_ms < :toMs AND (:gw IS NULL OR device.gw = :gw)
  ORDER BY record.at_ms DESC, record.lsn DESC, record_sale_line.n`;
const listedSql = `SELECT record.lsn, device.gw, device.dev, record.at_ms AS atMs, type, receipt, stall, vendor,
    amount_fen AS amountFen, mismatches FROM record
  JOIN device ON device.id = record.device JOIN record_sale ON record_sale.lsn = record.lsn WHERE record.lsn = ?`;
const linesSql = `SELECT item, name, chosen_by AS chosenBy, batch, quantity, grams, unit_price_fen AS unitPriceFen,
    amount_fen AS amountFen, mismatch, difference AS differenceFen FROM record_sale_line WHERE lsn = ? ORDER BY n`;

const countOf = { sale: "sales", refund: "refunds", void: "voids" } as const;

/** The newest sales whole, in the order asked for. */
const listed = (database: SqliteDatabase, lsns: readonly number[], places: Seen["places"]): SaleView[] => {
  const saleOf = database.prepare(listedSql);
  const linesOf = database.prepare(linesSql);
  return lsns.map((lsn) => {
    const { atMs, ...sale } = saleOf.get(lsn) as ListedRow;
    const lines = (linesOf.all(lsn) as LineRow[]).map(({ mismatch, ...line }) => ({
      ...line,
      mismatch: mismatch === 1,
    }));
    return { ...sale, at: isoTime(atMs), place: places.view(sale.gw, sale.dev, atMs), lines };
  });
};

/**
 * What was sold in a day, summed from the rows themselves: a void takes its amount off the total, and off its stall, and
 * names no items. Lines in dispute are left out.
 */
export const salesOfDay = (database: SqliteDatabase, { window, gw, cover, places }: SalesAsked): SalesOfDay => {
  const rows = database.prepare(summedSql).raw().iterate({ fromMs: window.fromMs, toMs: window.toMs, gw });
  const totals = { sales: 0, refunds: 0, voids: 0, amountFen: 0, mismatches: 0 };
  const stalls = new Sums<{ readonly gw: string; readonly stall: string | null }>();
  const items = new Sums<{ readonly item: string | null }>();
  const names = new Map<string, string>();
  const newest: number[] = [];
  let present: { readonly lsn: number; readonly stall: Sum | null } | undefined;
  for (const row of rows as Iterable<SummedRow>) {
    const [lsn, ofGw, dev, atMs, type, stallCode, saleFen, mismatches, n, item, name, grams, lineFen] = row;
    if (present?.lsn !== lsn) {
      const isSeen = places.sees(cover, ofGw, dev, atMs);
      const stall = isSeen ? stalls.of(JSON.stringify([ofGw, stallCode]), { gw: ofGw, stall: stallCode }) : null;
      present = { lsn, stall };
      if (stall === null) continue;
      totals[countOf[type]] += 1;
      totals.amountFen += saleFen ?? 0;
      if (mismatches > 0) totals.mismatches += 1;
      if (type === "sale") stall.sales += 1;
      stall.amountFen += saleFen ?? 0;
      if (newest.length < listedSales) newest.push(lsn);
    }
    if (present.stall === null || n === null) continue;
    present.stall.add({ grams, amountFen: 0 });
    items.of(item ?? "", { item }).add({ grams, amountFen: lineFen });
    // Scales do not name an item each time; the newest name counts.
    if (item !== null && name !== null && !names.has(item)) names.set(item, name);
  }
  return {
    ...totals,
    stalls: stalls.largest(listedStalls).map(({ key, sum }) => ({ ...key, sales: sum.sales, ...sum.view() })),
    items: items.largest(listedItems).map(({ key: { item }, sum }) => ({
      ...{ item, name: names.get(item ?? "") ?? null },
      ...sum.view(),
    })),
    newest: listed(database, newest, places),
  };
};
