import type { Statement } from "better-sqlite3";
import type { SqliteDatabase } from "../store/database.ts";

/** A record as the projections have it. */
export interface ProjectedRecord {
  readonly lsn: number;
  readonly kind: string;
  readonly gw: string;
  readonly dev: string;
  readonly ep: number;
  readonly n: number;
  readonly atMs: number;
  /** False while its line is in dispute. */
  readonly counts: boolean;
  /** Of kinds without columns of their own. */
  readonly body: string | null;
  /** Of weighings. */
  readonly grams: string | null;
  readonly mode: string | null;
}

/** A result of a test. */
export interface ProjectedTest {
  readonly counted: number;
  readonly item: string | null;
  readonly assay: string;
  readonly verdict: string;
}

/** A sale, and its lines. */
export interface ProjectedSale {
  readonly type: string;
  readonly amountFen: number | null;
  readonly mismatches: number;
}

/** One line of a sale. */
export interface ProjectedSaleLine {
  readonly item: string | null;
  readonly name: string | null;
  readonly grams: string | null;
  readonly unitPriceFen: number | null;
  readonly amountFen: number | null;
  readonly mismatch: number;
}

type Row = [
  number,
  string,
  string,
  string,
  number,
  number,
  number,
  string,
  string | null,
  string | null,
  string | null,
];

const recordOf = ([lsn, kind, gw, dev, ep, n, atMs, status, body, grams, mode]: Row): ProjectedRecord => ({
  ...{ lsn, kind, gw, dev, ep, n, atMs, body, grams, mode },
  counts: status === "ok",
});

// CROSS JOIN keeps the order of the loops: along the ledger, the rest by key.
const columns = `record.lsn, kind, device.gw, device.dev, line.ep, n, at_ms, line.status, body, grams, mode FROM record
  CROSS JOIN device ON device.id = record.device CROSS JOIN line ON line.id = record.line
  LEFT JOIN record_weighing ON record_weighing.lsn = record.lsn`;

/** Reads the projections along the ledger. Prepared anew after the projections were laid out anew. */
export class ProjectedRecords {
  readonly #database: SqliteDatabase;
  readonly #after: Statement<unknown[]>;
  readonly #one: Statement<unknown[]>;
  readonly #test: Statement<unknown[]>;
  readonly #state: Statement<unknown[]>;
  readonly #sale: Statement<unknown[]>;
  readonly #saleLines: Statement<unknown[]>;
  readonly #position: Statement<unknown[]>;
  readonly #made: Statement<unknown[]>;
  readonly #changed: Statement<unknown[]>;

  constructor(database: SqliteDatabase) {
    this.#database = database;
    this.#after = database
      .prepare(`SELECT ${columns} WHERE record.lsn > ? AND record.lsn <= ? ORDER BY record.lsn LIMIT ?`)
      .raw();
    this.#one = database.prepare(`SELECT ${columns} WHERE record.lsn = ?`).raw();
    this.#test = database.prepare(
      "SELECT counted, item, assay_name AS assay, verdict FROM record_test WHERE record_test.lsn = ?",
    );
    this.#state = database.prepare("SELECT state FROM record_scale_event WHERE lsn = ?").pluck();
    this.#sale = database.prepare("SELECT type, amount_fen AS amountFen, mismatches FROM record_sale WHERE lsn = ?");
    this.#saleLines = database.prepare(
      `SELECT item, name, grams, unit_price_fen AS unitPriceFen, amount_fen AS amountFen, mismatch
       FROM record_sale_line WHERE lsn = ? ORDER BY n`,
    );
    this.#position = database.prepare("SELECT lsn FROM cursor WHERE name = 'readings'").pluck();
    this.#made = database.prepare("SELECT token FROM readings_made").pluck();
    this.#changed = database.prepare("SELECT id, lsn FROM record_changed WHERE id > ? ORDER BY id LIMIT ?");
  }

  /** Runs `read` on one unchanging state. */
  snapshot<Result>(read: () => Result): Result {
    return this.#database.transaction(read).deferred();
  }

  /** Everything up to this ledger number is projected. */
  position(): number {
    return (this.#position.get() as number | undefined) ?? 0;
  }

  /** Changes when the projections were made anew; undefined while they are not there. */
  made(): string | undefined {
    return this.#made.get() as string | undefined;
  }

  /** Records behind `lsn` and up to `last`, in order. */
  after(lsn: number, last: number, limit: number): ProjectedRecord[] {
    return (this.#after.all(lsn, last, limit) as Row[]).map(recordOf);
  }

  one(lsn: number): ProjectedRecord | undefined {
    const row = this.#one.get(lsn) as Row | undefined;
    return row === undefined ? undefined : recordOf(row);
  }

  /** Rows that changed after they were first projected, in order. */
  changedAfter(id: number, limit: number): readonly { readonly id: number; readonly lsn: number }[] {
    return this.#changed.all(id, limit) as { id: number; lsn: number }[];
  }

  test(lsn: number): ProjectedTest | undefined {
    return this.#test.get(lsn) as ProjectedTest | undefined;
  }

  scaleState(lsn: number): string | undefined {
    return this.#state.get(lsn) as string | undefined;
  }

  sale(lsn: number): { readonly sale: ProjectedSale; readonly lines: readonly ProjectedSaleLine[] } | undefined {
    const sale = this.#sale.get(lsn) as ProjectedSale | undefined;
    return sale === undefined ? undefined : { sale, lines: this.#saleLines.all(lsn) as ProjectedSaleLine[] };
  }
}
