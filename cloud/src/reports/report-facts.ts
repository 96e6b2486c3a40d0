import type { Report } from "@mingcheng/protocols";
import { sumOf } from "../api/queries/day-counter.ts";
import type { SqliteDatabase } from "../store/database.ts";
import type { SiteDevice } from "./site-spans.ts";

type Counts = Report["tests"]["total"];
type Verdict = Exclude<keyof Counts, "all">;

const noTests = (): { -readonly [Key in keyof Counts]: number } => ({
  ...{ all: 0, positive: 0, suspect: 0, negative: 0, invalid: 0, none: 0 },
});

const within = `record.device = ? AND record.at_ms >= ? AND record.at_ms < ?`;
const counted = "JOIN line ON line.id = record.line AND line.status = 'ok'";
const testsSql = `SELECT item, assay_name AS assay, verdict, count(*) AS n FROM record ${counted}
  JOIN record_test ON record_test.lsn = record.lsn AND record_test.counted = 1
  WHERE record.kind = 'test' AND ${within} GROUP BY item, assay_name, verdict`;
const salesSql = `SELECT record.lsn, type, amount_fen AS amountFen, mismatches FROM record ${counted}
  JOIN record_sale ON record_sale.lsn = record.lsn WHERE record.kind = 'sale' AND ${within}`;
const linesSql = `SELECT item, name, grams, amount_fen AS amountFen FROM record ${counted}
  JOIN record_sale_line ON record_sale_line.lsn = record.lsn WHERE record.kind = 'sale' AND ${within}
  ORDER BY record.at_ms, record.lsn, record_sale_line.n`;

interface TestRow {
  readonly item: string | null;
  readonly assay: string;
  readonly verdict: Verdict;
  readonly n: number;
}

interface SaleRow {
  readonly type: "sale" | "refund" | "void";
  readonly amountFen: number | null;
  readonly mismatches: number;
}

interface LineRow {
  readonly item: string | null;
  readonly name: string | null;
  readonly grams: string | null;
  readonly amountFen: number | null;
}

const spansOf = (devices: readonly SiteDevice[]): [number, number, number][] =>
  devices.flatMap(({ id, spans }) => spans.map(({ fromMs, toMs }): [number, number, number] => [id, fromMs, toMs]));

/** Tests of a site by item and result, each with how many there were. What an instrument repeated is counted once. */
export const reportTests = (projections: SqliteDatabase, devices: readonly SiteDevice[]): Report["tests"] => {
  const statement = projections.prepare(testsSql);
  const total = noTests();
  const items = new Map<string, { item: string | null; assay: string; counts: ReturnType<typeof noTests> }>();
  for (const span of spansOf(devices)) {
    for (const { item, assay, verdict, n } of statement.all(...span) as TestRow[]) {
      const key = JSON.stringify([item, assay]);
      const known = items.get(key) ?? { item, assay, counts: noTests() };
      items.set(key, known);
      for (const counts of [total, known.counts]) {
        counts[verdict] += n;
        counts.all += n;
      }
    }
  }
  const most = [...items.entries()].sort(
    ([a, one], [b, other]) => other.counts.all - one.counts.all || (a < b ? -1 : 1),
  );
  return { total, items: most.map(([, item]) => item) };
};

const kindOf = { sale: "sales", refund: "refunds", void: "voids" } as const;

/** Sales of a site, summed from the rows: a void takes its amount off the total and names no items. Weights are exact. */
export const reportSales = (projections: SqliteDatabase, devices: readonly SiteDevice[]): Report["sales"] => {
  const [sales, lines] = [projections.prepare(salesSql), projections.prepare(linesSql)];
  const totals = { sales: 0, refunds: 0, voids: 0, amountFen: 0, mismatches: 0 };
  const items = new Map<string, { name: string | null; lines: number; grams: string; amountFen: number }>();
  for (const span of spansOf(devices)) {
    for (const { type, amountFen, mismatches } of sales.iterate(...span) as Iterable<SaleRow>) {
      totals[kindOf[type]]++;
      totals.amountFen += amountFen ?? 0;
      if (mismatches > 0) totals.mismatches++;
    }
    for (const { item, name, grams, amountFen } of lines.iterate(...span) as Iterable<LineRow>) {
      const known = items.get(item ?? "") ?? { name: null, lines: 0, grams: "0", amountFen: 0 };
      known.name = name ?? known.name;
      known.lines++;
      if (grams !== null) known.grams = sumOf([known.grams, grams]);
      known.amountFen += amountFen ?? 0;
      items.set(item ?? "", known);
    }
  }
  const largest = [...items.entries()].sort(
    ([a, one], [b, other]) => other.amountFen - one.amountFen || (a < b ? -1 : 1),
  );
  return { ...totals, items: largest.map(([code, item]) => ({ item: code === "" ? null : code, ...item })) };
};
