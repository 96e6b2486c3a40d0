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

interface SaleRow {
  readonly lsn: number;
  readonly gw: string;
  readonly dev: string;
  readonly atMs: number;
  readonly type: SaleView["type"];
  readonly receipt: string | null;
  readonly stall: string | null;
  readonly vendor: string | null;
  readonly amountFen: number | null;
  readonly mismatches: number;
}

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
const salesSql = `SELECT record.lsn, device.gw, device.dev, record.at_ms AS atMs, type, receipt, stall, vendor,
    amount_fen AS amountFen, mismatches FROM record
  CROSS JOIN line ON line.id = record.line AND line.status = 'ok'
  CROSS JOIN device ON device.id = record.device
  CROSS JOIN record_sale ON record_sale.lsn = record.lsn
  WHERE record.kind = 'sale' AND record.at_ms >= :fromMs AND record.at_ms < :toMs AND (:gw IS NULL OR device.gw = :gw)
  ORDER BY record.at_ms DESC, record.lsn DESC`;
const linesSql = `SELECT item, name, chosen_by AS chosenBy, batch, quantity, grams, unit_price_fen AS unitPriceFen,
    amount_fen AS amountFen, mismatch, difference AS differenceFen FROM record_sale_line WHERE lsn = ? ORDER BY n`;

const countOf = { sale: "sales", refund: "refunds", void: "voids" } as const;

/**
 * What was sold in a day, summed from the rows themselves: a void takes its amount off the total, and off its stall, and
 * names no items. Lines in dispute are left out.
 */
export const salesOfDay = (database: SqliteDatabase, { window, gw, cover, places }: SalesAsked): SalesOfDay => {
  const linesOf = database.prepare(linesSql);
  const rows = database.prepare(salesSql).iterate({ fromMs: window.fromMs, toMs: window.toMs, gw });
  const totals = { sales: 0, refunds: 0, voids: 0, amountFen: 0, mismatches: 0 };
  const stalls = new Sums<{ readonly gw: string; readonly stall: string | null }>();
  const items = new Sums<{ readonly item: string | null }>();
  const names = new Map<string, string>();
  const newest: SaleView[] = [];
  for (const row of rows as Iterable<SaleRow>) {
    if (!places.sees(cover, row.gw, row.dev, row.atMs)) continue;
    const { atMs, ...sale } = row;
    const lines = linesOf.all(row.lsn) as LineRow[];
    totals[countOf[row.type]] += 1;
    totals.amountFen += row.amountFen ?? 0;
    if (row.mismatches > 0) totals.mismatches += 1;
    const stall = stalls.of(JSON.stringify([row.gw, row.stall]), { gw: row.gw, stall: row.stall });
    if (row.type === "sale") stall.sales += 1;
    for (const line of lines) {
      stall.add({ ...line, amountFen: 0 });
      items.of(line.item ?? "", { item: line.item }).add(line);
      // Scales do not name an item each time; the newest name counts.
      if (line.item !== null && line.name !== null && !names.has(line.item)) names.set(line.item, line.name);
    }
    stall.amountFen += row.amountFen ?? 0;
    if (newest.length >= listedSales) continue;
    const shown = lines.map(({ mismatch, ...line }) => ({ ...line, mismatch: mismatch === 1 }));
    newest.push({ ...sale, at: isoTime(atMs), place: places.view(row.gw, row.dev, atMs), lines: shown });
  }
  return {
    ...totals,
    stalls: stalls.largest(listedStalls).map(({ key, sum }) => ({ ...key, sales: sum.sales, ...sum.view() })),
    items: items.largest(listedItems).map(({ key: { item }, sum }) => ({
      ...{ item, name: names.get(item ?? "") ?? null },
      ...sum.view(),
    })),
    newest,
  };
};
