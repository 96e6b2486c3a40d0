import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { basename } from "node:path";
import type { Audit } from "../../audit/audit-event.ts";
import type { SqliteDatabase } from "../../store/database.ts";
import { applyChange, type ChangeOrigin, type ChangeOutcome } from "../change/apply-change.ts";
import { RowReader } from "../change/row-reader.ts";
import { type StagedRow, StagedRows } from "../change/staged-rows.ts";
import { FindingList } from "../model/finding.ts";
import type { RegisterKind } from "../model/register-kind.ts";
import type { ZoneClock } from "../model/validity.ts";
import { type FileRow, readCsv } from "./read-csv.ts";
import { isGeoJson, readGeoJson } from "./read-geojson.ts";
import { readXlsx } from "./read-xlsx.ts";
import { detectEncoding, type Encoding } from "./text-encoding.ts";

/** A file with entries of one kind. */
export interface ImportFile {
  readonly kind: RegisterKind;
  readonly path: string;
}

/** How to import. */
export interface ImportOptions {
  readonly files: readonly ImportFile[];
  readonly by: string;
  readonly note: string;
  readonly atMs: number;
  /** Where the change is noted, in the same transaction. */
  readonly audit?: Audit;
  readonly dryRun: boolean;
  /** Of text files; found out when left out. */
  readonly encoding?: Encoding;
  /** Told of progress: rows read so far. */
  readonly onRows?: (rows: number) => void;
}

/** What an import reports. */
export interface ImportReport extends ChangeOutcome {
  readonly rows: number;
  readonly encodings: Readonly<Record<string, Encoding | "xlsx" | "geojson">>;
}

const digestOf = async (path: string): Promise<string> => {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest("hex");
};

const isWorkbook = (path: string): boolean => /\.xlsx$/i.test(path);

/** One import: files are read and staged one after the other, then applied together. */
class Import {
  readonly #database: SqliteDatabase;
  readonly #clock: ZoneClock;
  readonly #options: ImportOptions;
  readonly #findings = new FindingList();
  readonly #encodings: Record<string, Encoding | "xlsx" | "geojson"> = {};
  /** Kinds with rows that could not be read. */
  readonly #unread = new Set<string>();
  #rows = 0;

  constructor(database: SqliteDatabase, clock: ZoneClock, options: ImportOptions) {
    this.#database = database;
    this.#clock = clock;
    this.#options = options;
  }

  async run(): Promise<ImportReport> {
    const staged: StagedRows[] = [];
    const sources: string[] = [];
    try {
      for (const file of this.#options.files) {
        const rows = new StagedRows(this.#database, file.kind);
        staged.push(rows);
        const before = this.#findings.total;
        await rows.fill(this.#read(file));
        if (this.#findings.total > before) this.#unread.add(file.kind.kind);
        sources.push(`${basename(file.path)} sha256:${await digestOf(file.path)}`);
      }
      return { ...this.#apply(staged, sources.join(", ")), rows: this.#rows, encodings: this.#encodings };
    } finally {
      for (const rows of staged) rows.drop();
    }
  }

  #apply(staged: readonly StagedRows[], source: string): ChangeOutcome {
    const { by, note, atMs, dryRun, audit } = this.#options;
    const unread = { findings: this.#findings, kinds: this.#unread };
    const origin: ChangeOrigin = { by, source, note, atMs, ...(audit === undefined ? {} : { audit }) };
    return applyChange(this.#database, this.#clock, { staged, withdrawals: [], origin, dryRun, unread });
  }

  async #open({ kind, path }: ImportFile): Promise<AsyncIterable<FileRow>> {
    if (isWorkbook(path)) {
      this.#encodings[kind.kind] = "xlsx";
      return readXlsx(path);
    }
    if (isGeoJson(path)) {
      this.#encodings[kind.kind] = "geojson";
      return readGeoJson(path);
    }
    const encoding = this.#options.encoding ?? (await detectEncoding(path));
    this.#encodings[kind.kind] = encoding;
    return readCsv(path, encoding);
  }

  async *#read(file: ImportFile): AsyncGenerator<StagedRow> {
    const { kind } = file;
    const before = this.#findings.total;
    let reader: RowReader | undefined;
    for await (const { number, cells } of await this.#open(file)) {
      if (reader === undefined) {
        reader = new RowReader(cells, { kind, clock: this.#clock, findings: this.#findings });
        // With a wrong header every row would be wrong.
        if (this.#findings.total > before) return;
        continue;
      }
      this.#rows++;
      if (this.#rows % 5000 === 0) this.#options.onRows?.(this.#rows);
      const row = reader.read(number, cells);
      if (row !== undefined) yield row;
    }
    if (reader !== undefined) return;
    const text = { zh: "文件是空的，连标题也没有", en: "the file is empty, there is not even a header" };
    this.#findings.add({ kind: kind.kind, row: null, column: null, code: "no-header", ...text });
  }
}

/**
 * Imports files into the register, all of them or nothing. Memory is bounded whatever the number of rows of CSV files.
 * @throws {MingchengError} INPUT_INVALID when a file cannot be read at all
 */
export const importFiles = (
  database: SqliteDatabase,
  clock: ZoneClock,
  options: ImportOptions,
): Promise<ImportReport> => new Import(database, clock, options).run();
