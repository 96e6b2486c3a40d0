import type { SaleBody } from "@mingcheng/protocols";
import type { Statement } from "better-sqlite3";
import type { Contribution } from "../rollups/rollup-book.ts";
import type { SqliteDatabase } from "../store/database.ts";

/** Tables of the sales, in the order in which they are dropped. */
export const saleTables = ["record_sale_line", "record_sale"] as const;

/** Money is integer fen, as the scale computed it; weights are exact decimal text. */
export const saleTablesSql = `
  CREATE TABLE record_sale (
    lsn INTEGER PRIMARY KEY, type TEXT NOT NULL, receipt TEXT, stall TEXT, vendor TEXT, amount_fen INTEGER,
    mismatches INTEGER NOT NULL) STRICT;
  CREATE TABLE record_sale_line (
    lsn INTEGER NOT NULL, n INTEGER NOT NULL, item TEXT, name TEXT, chosen_by TEXT, batch TEXT, quantity TEXT, grams TEXT,
    unit_price_fen INTEGER, amount_fen INTEGER, mismatch INTEGER NOT NULL, difference TEXT,
    PRIMARY KEY (lsn, n)) STRICT, WITHOUT ROWID;
  CREATE INDEX record_sale_at ON record (at_ms) WHERE kind = 'sale';
`;

interface SaleRow {
  readonly type: string;
  readonly amountFen: number | null;
}

const factOf = ({ type, amountFen }: SaleRow): Contribution["fact"] => ({
  kind: "sale",
  isSale: type === "sale",
  amountFen: amountFen ?? 0,
});

type Line = SaleBody["lines"][number];

const quantityOf = ({ weight, unit, unitSaid, count }: Line): string | null => {
  if (weight !== null) return `${weight} ${unitSaid ?? unit ?? ""}`.trim();
  return count;
};

/** The typed rows behind a `sale` record. What is listed of a day is read from them. */
export class SaleStore {
  readonly #insertSale: Statement<unknown[]>;
  readonly #insertLine: Statement<unknown[]>;
  readonly #sale: Statement<unknown[]>;

  constructor(database: SqliteDatabase) {
    this.#sale = database.prepare("SELECT type, amount_fen AS amountFen FROM record_sale WHERE lsn = ?");
    this.#insertSale = database.prepare("INSERT INTO record_sale VALUES (?, ?, ?, ?, ?, ?, ?)");
    this.#insertLine = database.prepare("INSERT INTO record_sale_line VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  }

  /** Stores the rows of a sale and returns what it counts for. */
  insert(lsn: number, body: SaleBody): Contribution["fact"] {
    const { type = "sale", receipt = null, stall = null, vendor = null, amountFen, lines } = body;
    const mismatches = lines.filter(({ mismatch }) => mismatch).length + (body.differenceFen === undefined ? 0 : 1);
    this.#insertSale.run(lsn, type, receipt, stall, vendor, amountFen, mismatches);
    for (const [n, line] of lines.entries()) {
      const { item, name = null, chosenBy = null, batch = null, grams, unitPriceFen, mismatch } = line;
      this.#insertLine.run(
        ...[lsn, n, item, name, chosenBy, batch, quantityOf(line), grams, unitPriceFen, line.amountFen],
        ...[mismatch ? 1 : 0, line.differenceFen ?? null],
      );
    }
    return factOf({ type, amountFen });
  }

  /** What a stored sale counts for; null when there is none. */
  factOf(lsn: number): Contribution["fact"] | null {
    const row = this.#sale.get(lsn) as SaleRow | undefined;
    return row === undefined ? null : factOf(row);
  }
}
