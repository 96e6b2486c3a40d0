import { chainLink, type Sha256, type StoredRun } from "@mingcheng/protocols";
import type { Statement } from "better-sqlite3";
import type { SqliteDatabase } from "../store/database.ts";

/** Numbers under which the lanes are stored. */
export const laneNumbers = { live: 0, backlog: 1 } as const;

/**
 * The rows of records and their digests. A place (line, seq) can be taken once: the unique key refuses a second row
 * whatever the code above does.
 */
export class RecordStore {
  readonly #sha256: Sha256;
  readonly #insert: Statement<unknown[]>;
  readonly #insertDigest: Statement<unknown[]>;
  readonly #removeDigest: Statement<unknown[]>;
  readonly #digest: Statement<unknown[]>;
  readonly #bareDigest: Statement<unknown[]>;
  readonly #digests: Statement<unknown[]>;
  readonly #sealBefore: Statement<unknown[]>;

  constructor(database: SqliteDatabase, sha256: Sha256) {
    this.#sha256 = sha256;
    this.#insert = database.prepare(
      "INSERT INTO record (line, seq, lane, received_ms, digest, bytes) VALUES (?, ?, ?, ?, ?, ?)",
    );
    this.#insertDigest = database.prepare("INSERT INTO digest_only VALUES (?, ?, ?, ?)");
    this.#removeDigest = database.prepare("DELETE FROM digest_only WHERE line = ? AND seq = ? RETURNING digest");
    this.#digest = database.prepare("SELECT digest FROM record WHERE line = ? AND seq = ?").pluck();
    this.#bareDigest = database.prepare("SELECT digest FROM digest_only WHERE line = ? AND seq = ?").pluck();
    this.#digests = database
      .prepare(
        `SELECT digest FROM (
           SELECT seq, digest FROM record WHERE line = @line AND seq BETWEEN @from AND @to
           UNION ALL SELECT seq, digest FROM digest_only WHERE line = @line AND seq BETWEEN @from AND @to) ORDER BY seq`,
      )
      .pluck();
    this.#sealBefore = database.prepare(
      "SELECT seq, h FROM seal WHERE line = ? AND seq BETWEEN ? AND ? ORDER BY seq DESC LIMIT 1",
    );
  }

  store(line: number, seq: number, lane: number, nowMs: number, digest: Uint8Array, bytes: Uint8Array): void {
    this.#insert.run(line, seq, lane, nowMs, digest, bytes);
  }

  storeDigest(line: number, seq: number, nowMs: number, digest: Uint8Array): void {
    this.#insertDigest.run(line, seq, digest, nowMs);
  }

  /** The bytes behind a bare digest arrived: from now on it is a record like any other, at the ledger's end. */
  fill(line: number, seq: number, nowMs: number, bytes: Uint8Array): void {
    const row = this.#removeDigest.get(line, seq) as { digest: Buffer } | undefined;
    if (row !== undefined) this.#insert.run(line, seq, laneNumbers.backlog, nowMs, row.digest, bytes);
  }

  digest(line: number, seq: number): Uint8Array | undefined {
    return (this.#digest.get(line, seq) ?? this.#bareDigest.get(line, seq)) as Uint8Array | undefined;
  }

  /** h(seq) inside a run, from the nearest seal below it. */
  hash(line: number, run: StoredRun, seq: number): Uint8Array | undefined {
    if (seq === run.to) return run.h;
    if (seq === run.from - 1) return run.prev;
    if (seq < run.from || seq > run.to) return undefined;
    const seal = this.#sealBefore.get(line, run.from, seq) as { seq: number; h: Uint8Array } | undefined;
    let h: Uint8Array = seal?.h ?? run.prev;
    let at = seal?.seq ?? run.from - 1;
    for (const digest of this.#digests.iterate({ line, from: at + 1, to: seq }) as Iterable<Uint8Array>) {
      h = chainLink(this.#sha256, h, digest);
      at++;
    }
    return at === seq ? h : undefined;
  }
}
