import type { MingchengRecord, RecordTime } from "@mingcheng/protocols";
import type { Statement } from "better-sqlite3";
import type { DecodedLedgerRecord } from "../cursor/decoded-record.ts";
import type { Follower, Refused } from "../cursor/follower.ts";
import { BootBook, type KnownBoot } from "../effective-time/boot-book.ts";
import { clockReading, effectiveAt } from "../effective-time/clock-book.ts";
import type { LedgerLine } from "../ledger/ledger-reader.ts";
import { type Calendar, RollupBook } from "../rollups/rollup-book.ts";
import type { SqliteDatabase } from "../store/database.ts";
import { DeviceBook } from "./device-book.ts";
import { FactStore } from "./fact-store.ts";
import { type KnownLine, LineBook } from "./line-book.ts";
import { layOutReadings } from "./readings-schema.ts";

/** A stored row as far as moving it in time or out of the counts needs it. */
interface StoredRow {
  readonly lsn: number;
  readonly kind: string;
  readonly device: number;
  readonly gw: string;
  readonly dev: string;
  readonly status: KnownLine["status"];
  readonly monoMs: number;
  readonly rank: 0 | 1 | 2;
  readonly wall: string;
  readonly atMs: number;
}

const storedColumns = `record.lsn, record.kind, record.device, device.gw, device.dev, line.status,
  record.mono_ms AS monoMs, record.rank, record.wall, record.at_ms AS atMs
  FROM record JOIN device ON device.id = record.device JOIN line ON line.id = record.line`;

const rowsPerChunk = 5_000;

/** Rows of a boot or line in ledger order, a bounded number in memory at a time. */
function* inChunks(statement: Statement<unknown[]>, id: number): Generator<StoredRow> {
  for (let after = 0; ; ) {
    const rows = statement.all(id, after) as StoredRow[];
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < rowsPerChunk) return;
    after = last.lsn;
  }
}

/** Kinds whose body is stored in columns of its own. */
const typedKinds: ReadonlySet<string> = new Set(["weighing", "test", "scale-event"]);

/**
 * The read model of what devices said: every readable record once per (gw, ep, eid, seq) with its effective time, typed
 * rows, the state of each device, and rollups. When a clock becomes known late, the boot's rows and all that was counted
 * from them are rewritten in the same transaction.
 */
export class ReadingsFollower implements Follower {
  readonly name = "readings";
  readonly version = 3;
  readonly #database: SqliteDatabase;
  readonly #calendar: Calendar;
  #parts: ReadingsParts | undefined;
  #rewritten = false;

  constructor(database: SqliteDatabase, calendar: Calendar) {
    this.#database = database;
    this.#calendar = calendar;
  }

  reset(): void {
    layOutReadings(this.#database);
    this.#parts = undefined;
  }

  forget(): void {
    this.#parts = undefined;
  }

  apply(batch: readonly DecodedLedgerRecord[]): readonly Refused[] {
    const parts = this.#ready();
    const refused: Refused[] = [];
    for (const decoded of batch) {
      const { content } = decoded;
      if (content.type === "record") parts.take(decoded, content.record);
      else if (content.type === "passed") parts.pass(decoded, content);
      else if (content.type === "unreadable") refused.push({ decoded, reason: content.reason });
    }
    if (parts.finish()) this.#rewritten = true;
    return refused;
  }

  /** Lets go what was made from records that were erased. Call in a transaction. */
  erase(lsns: readonly number[]): void {
    const parts = this.#ready();
    parts.erase(lsns);
    parts.finish();
    this.#rewritten = true;
  }

  /** True once after effective times of stored rows were rewritten. */
  takeRewritten(): boolean {
    const rewritten = this.#rewritten;
    this.#rewritten = false;
    return rewritten;
  }

  /**
   * Follows a line that became disputed, or was decided for: its rows leave or join the counts. Call in a transaction.
   * Returns true when something changed.
   */
  reconcile(lines: readonly LedgerLine[]): boolean {
    const parts = this.#ready();
    const changed = lines.filter((line) => parts.setStatus(line)).length > 0;
    parts.finish();
    return changed;
  }

  #ready(): ReadingsParts {
    this.#parts ??= new ReadingsParts(this.#database, this.#calendar);
    return this.#parts;
  }
}

/** Prepared statements and books over the laid-out tables. */
class ReadingsParts {
  readonly #lines: LineBook;
  readonly #boots: BootBook;
  readonly #devices: DeviceBook;
  readonly #facts: FactStore;
  readonly #rollups: RollupBook;
  readonly #insert: Statement<unknown[]>;
  readonly #ofBoot: Statement<unknown[]>;
  readonly #ofLine: Statement<unknown[]>;
  readonly #byLsn: Statement<unknown[]>;
  readonly #move: Statement<unknown[]>;
  readonly #remove: Statement<unknown[]>;

  constructor(database: SqliteDatabase, calendar: Calendar) {
    this.#lines = new LineBook(database);
    this.#boots = new BootBook(database);
    this.#devices = new DeviceBook(database);
    this.#facts = new FactStore(database);
    this.#rollups = new RollupBook(database, calendar);
    this.#insert = database.prepare(
      "INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
    );
    const chunk = `AND record.lsn > ? ORDER BY record.lsn LIMIT ${rowsPerChunk}`;
    this.#ofBoot = database.prepare(`SELECT ${storedColumns} WHERE record.boot = ? ${chunk}`);
    this.#ofLine = database.prepare(`SELECT ${storedColumns} WHERE record.line = ? ${chunk}`);
    this.#byLsn = database.prepare(`SELECT ${storedColumns} WHERE record.lsn = ?`);
    this.#move = database.prepare("UPDATE record SET at_ms = ? WHERE lsn = ?");
    this.#remove = database.prepare("DELETE FROM record WHERE lsn = ?");
  }

  take({ source }: DecodedLedgerRecord, record: MingchengRecord): void {
    const line = this.#lines.line(record, source.lineStatus);
    const boot = this.#boots.boot(record.gw, record.t.boot);
    const reading = clockReading(record.t);
    const receivedMs = source.receivedMs;
    const atMs = this.#boots.take(boot, reading, receivedMs);
    const device = this.#devices.idOf(record.gw, record.dev);
    const body = typedKinds.has(record.kind) ? null : JSON.stringify(record.body);
    const { changes } = this.#insert.run(
      ...[source.lsn, line.id, record.seq, device, record.n, record.kind, boot.id, reading.monoMs, reading.rank],
      ...[record.t.wall, receivedMs, atMs, source.lane, body],
    );
    // The ledger stores a place once; should it ever hand it out twice, the second changes nothing.
    if (changes === 0) return;
    const fact = this.#facts.insert(source.lsn, device, record, (lsn) => this.#discount(lsn));
    if (line.status !== "ok") return;
    if (fact !== null) this.#rollups.add({ gw: record.gw, device, atMs, fact }, 1);
    this.#devices.see({ record, lsn: source.lsn, atMs, receivedMs });
  }

  /** A record that was erased: its time still is evidence of its boot's clock. */
  pass({ source }: DecodedLedgerRecord, { gw, t }: { readonly gw: string; readonly t: RecordTime }): void {
    this.#lines.line(source, source.lineStatus);
    this.#boots.take(this.#boots.boot(gw, t.boot), clockReading(t), source.receivedMs);
  }

  /** Takes rows out of the counts and removes them. */
  erase(lsns: readonly number[]): void {
    const gone = new Map<number, number>();
    for (const lsn of lsns) {
      const row = this.#byLsn.get(lsn) as StoredRow | undefined;
      if (row === undefined) continue;
      this.#count(row, row.atMs, -1);
      const twin = this.#facts.erase(lsn);
      this.#remove.run(lsn);
      const counted = twin === undefined ? undefined : (this.#byLsn.get(twin) as StoredRow | undefined);
      if (counted !== undefined) this.#count(counted, counted.atMs, 1);
      this.#devices.load(row.gw, row.dev);
      gone.set(row.device, (gone.get(row.device) ?? 0) + (row.status === "ok" ? 1 : 0));
    }
    this.#devices.flush();
    for (const [device, count] of gone) this.#devices.rowsErased(device, count);
  }

  /** Brings rows of boots with a new clock to their new times and writes everything that gathered; true when rows moved. */
  finish(): boolean {
    const outdated = this.#boots.outdated();
    for (const boot of outdated) this.#correct(boot);
    this.#rollups.flush();
    this.#boots.flush();
    this.#devices.flush();
    return outdated.length > 0;
  }

  #correct(boot: KnownBoot): void {
    // Earlier corrections of this call must be in the tables before sums are moved.
    this.#rollups.flush();
    const moved = new Set<number>();
    for (const row of inChunks(this.#ofBoot, boot.id)) {
      const { rank, monoMs } = row;
      const atMs = effectiveAt(boot.clock, { rank, monoMs, wallMs: Date.parse(row.wall) });
      if (atMs === row.atMs) continue;
      this.#count(row, row.atMs, -1);
      this.#count(row, atMs, 1);
      this.#move.run(atMs, row.lsn);
      this.#devices.load(row.gw, row.dev);
      moved.add(row.device);
    }
    this.#devices.flush();
    for (const device of moved) this.#devices.recompute(device);
    this.#boots.corrected(boot);
  }

  #count(row: StoredRow, atMs: number, sign: 1 | -1): void {
    if (row.status !== "ok") return;
    const fact = this.#facts.factOf(row.lsn, row.kind);
    if (fact !== null) this.#rollups.add({ gw: row.gw, device: row.device, atMs, fact }, sign);
  }

  #discount(lsn: number): void {
    const row = this.#byLsn.get(lsn) as StoredRow | undefined;
    if (row !== undefined) this.#count(row, row.atMs, -1);
  }

  /** Moves a line's rows into or out of the counts; false when its status is already so. */
  setStatus(line: LedgerLine): boolean {
    const known = this.#lines.find(line);
    if (known === undefined || known.status === line.status) return false;
    const sign = line.status === "ok" ? 1 : -1;
    const touched = new Set<number>();
    for (const row of inChunks(this.#ofLine, known.id)) {
      this.#count({ ...row, status: "ok" }, row.atMs, sign);
      this.#devices.load(row.gw, row.dev);
      touched.add(row.device);
    }
    this.#lines.setStatus(known, line.status);
    for (const device of touched) this.#devices.recompute(device);
    return true;
  }
}
