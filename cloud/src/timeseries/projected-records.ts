import type { Statement } from "better-sqlite3";
import type { SqliteDatabase } from "../store/database.ts";

/** A device as the projections know it: the same object as long as the projections stand. */
export interface ProjectedDevice {
  readonly gw: string;
  readonly dev: string;
}

/** A record as the projections have it. */
export interface ProjectedRecord {
  readonly lsn: number;
  readonly kind: string;
  readonly device: ProjectedDevice;
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

interface KnownLine {
  readonly ep: number;
  readonly status: string;
}

type Row = [number, string, number, number, number, number, string | null, string | null, string | null];

// Devices and lines are few and looked up here: joined, they would be read again for every record.
const columns = `record.lsn, kind, device, line, n, at_ms, body, grams, mode FROM record
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
  readonly #device: Statement<unknown[]>;
  readonly #line: Statement<unknown[]>;
  readonly #devices = new Map<number, ProjectedDevice>();
  readonly #lines = new Map<number, KnownLine>();

  constructor(database: SqliteDatabase) {
    this.#database = database;
    this.#after = database
      .prepare(`SELECT ${columns} WHERE record.lsn > ? AND record.lsn <= ? ORDER BY record.lsn LIMIT ?`)
      .raw();
    this.#one = database.prepare(`SELECT ${columns} WHERE record.lsn = ?`).raw();
    this.#device = database.prepare("SELECT gw, dev FROM device WHERE id = ?");
    this.#line = database.prepare("SELECT ep, status FROM line WHERE id = ?");
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
    // What somebody decides about a line holds from the next batch on.
    this.#lines.clear();
    return (this.#after.all(lsn, last, limit) as Row[]).map((row) => this.#recordOf(row));
  }

  one(lsn: number): ProjectedRecord | undefined {
    this.#lines.clear();
    const row = this.#one.get(lsn) as Row | undefined;
    return row === undefined ? undefined : this.#recordOf(row);
  }

  #recordOf([lsn, kind, device, line, n, atMs, body, grams, mode]: Row): ProjectedRecord {
    const { ep, status } = this.#lineOf(line);
    return { lsn, kind, device: this.#deviceOf(device), ep, n, atMs, counts: status === "ok", body, grams, mode };
  }

  #deviceOf(id: number): ProjectedDevice {
    let device = this.#devices.get(id);
    if (device === undefined) {
      device = this.#device.get(id) as ProjectedDevice;
      this.#devices.set(id, device);
    }
    return device;
  }

  #lineOf(id: number): KnownLine {
    let line = this.#lines.get(id);
    if (line === undefined) {
      line = this.#line.get(id) as KnownLine;
      this.#lines.set(id, line);
    }
    return line;
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
