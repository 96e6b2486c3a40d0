import { BroadcastChannel } from "node:worker_threads";
import { recordTimeSchema } from "@mingcheng/protocols";
import type { Statement } from "better-sqlite3";
import { openForReading, type SqliteDatabase } from "../store/database.ts";
import { appendChannel } from "./append-channel.ts";
import type {
  ErasedRecord,
  ErasureReader,
  LedgerGap,
  LedgerLine,
  LedgerReader,
  LedgerRecord,
  LiveLaneReader,
} from "./ledger-reader.ts";

type RecordRow<Bytes> = [lsn: number, line: number, seq: number, lane: number, receivedMs: number, bytes: Bytes];

/** What records of one line have in common. */
interface OfLine {
  readonly gw: string;
  readonly ep: number;
  readonly eid: string;
  readonly status: "ok" | "disputed";
}

interface LineRow {
  gw: string;
  ep: number;
  eid: string;
  status: "ok" | "disputed";
  heard_head: number;
  contiguous: number | null;
  stored: number | null;
  parent_ep: number | null;
  parent_eid: string | null;
  parent_seq: number | null;
  first_seen_ms: number;
}

const iso = (ms: number): string => new Date(ms).toISOString();

const lanes = (lane: number): LedgerRecord["lane"] => (lane === 0 ? "live" : "backlog");

const lineOf = (row: LineRow): LedgerLine => ({
  gw: row.gw,
  ep: row.ep,
  eid: row.eid,
  status: row.status,
  heardHead: row.heard_head,
  contiguousHead: row.contiguous ?? 0,
  stored: row.stored ?? 0,
  predecessor:
    row.parent_ep === null || row.parent_eid === null || row.parent_seq === null
      ? null
      : { ep: row.parent_ep, eid: row.parent_eid, seq: row.parent_seq },
  firstSeenAt: iso(row.first_seen_ms),
});

/** Gap reasons as the ledger stores them, by the words followers see. */
const gapWords: Readonly<Record<string, string>> = { withheld: "digest-only" };

/** What shows in a text where its octets are no UTF-8. */
const unreadable = "\ufffd";

/** A record that was read as text, which costs half as much. Its octets are there when somebody asks for them. */
class TextRecord implements LedgerRecord {
  readonly lsn: number;
  readonly seq: number;
  readonly text: string;
  readonly receivedMs: number;
  readonly lane: LedgerRecord["lane"];
  readonly #line: OfLine;
  readonly #bytesOf: (lsn: number) => Uint8Array | null;

  constructor(
    [lsn, , seq, lane, receivedMs, text]: RecordRow<string>,
    line: OfLine,
    bytesOf: (lsn: number) => Uint8Array | null,
  ) {
    this.lsn = lsn;
    this.seq = seq;
    this.text = text;
    this.receivedMs = receivedMs;
    this.lane = lanes(lane);
    this.#line = line;
    this.#bytesOf = bytesOf;
  }

  get gw(): string {
    return this.#line.gw;
  }

  get ep(): number {
    return this.#line.ep;
  }

  get eid(): string {
    return this.#line.eid;
  }

  get lineStatus(): LedgerRecord["lineStatus"] {
    return this.#line.status;
  }

  get bytes(): Uint8Array | null {
    return this.text.includes(unreadable) ? this.#bytesOf(this.lsn) : Buffer.from(this.text, "utf8");
  }
}

/** The time of an erased record, where it could be read before. */
const timeOf = (t: string | null | undefined): Pick<LedgerRecord, "erasedTime"> => {
  const parsed = t === null || t === undefined ? undefined : recordTimeSchema.safeParse(JSON.parse(t));
  return parsed?.success === true ? { erasedTime: parsed.data } : {};
};

class SqliteLedgerReader implements LedgerReader, LiveLaneReader, ErasureReader {
  readonly #database: SqliteDatabase;
  readonly #channel: BroadcastChannel;
  readonly #listeners = new Set<() => void>();
  readonly #after: Statement<unknown[]>;
  readonly #liveAfter: Statement<unknown[]>;
  readonly #line: Statement<unknown[]>;
  readonly #head: Statement<unknown[]>;
  readonly #gaps: Statement<unknown[]>;
  readonly #lines: Statement<unknown[]>;
  readonly #erasedTime: Statement<unknown[]>;
  readonly #erasedAfter: Statement<unknown[]>;
  readonly #version: Statement<unknown[]>;
  readonly #bytes: Statement<unknown[]>;
  readonly #asTexts: boolean;
  /** Lines by their number, as they were at the version of the database that follows. */
  readonly #known = new Map<number, OfLine>();
  #knownVersion: unknown;

  constructor(path: string, asTexts: boolean) {
    this.#asTexts = asTexts;
    this.#database = openForReading(path);
    // Followers read on and on: what they have read they do not ask for again.
    this.#database.pragma("cache_size = -8192");
    const records = `SELECT lsn, line, seq, lane, received_ms, ${asTexts ? "CAST(bytes AS TEXT)" : "bytes"} FROM record`;
    this.#after = this.#database.prepare(`${records} WHERE lsn > ? ORDER BY lsn LIMIT ?`).raw();
    this.#liveAfter = this.#database.prepare(`${records} WHERE lsn > ? AND lane = 0 ORDER BY lsn LIMIT ?`).raw();
    this.#line = this.#database.prepare("SELECT gw, ep, eid, status FROM line WHERE id = ?");
    this.#head = this.#database.prepare("SELECT max(lsn) FROM record").pluck();
    this.#gaps = this.#database.prepare(
      `SELECT gw, ep, eid, from_seq AS "from", to_seq AS "to", reason, named_ms FROM gap JOIN line ON line.id = gap.line
       WHERE closed_ms IS NULL ORDER BY gap.id`,
    );
    this.#lines = this.#database.prepare(
      `SELECT gw, ep, eid, status, heard_head, parent_ep, parent_eid, parent_seq, first_seen_ms,
         (SELECT to_seq FROM run WHERE run.line = line.id AND from_seq = 1) AS contiguous,
         (SELECT sum(to_seq - from_seq + 1) FROM run WHERE run.line = line.id) AS stored FROM line ORDER BY id`,
    );
    this.#erasedTime = this.#database.prepare("SELECT t FROM erased WHERE lsn = ?").pluck();
    this.#erasedAfter = this.#database.prepare("SELECT id, lsn FROM erased WHERE id > ? ORDER BY id LIMIT ?");
    this.#version = this.#database.prepare("SELECT data_version FROM pragma_data_version").pluck();
    this.#bytes = this.#database.prepare("SELECT bytes FROM record WHERE lsn = ?").pluck();
    this.#channel = new BroadcastChannel(appendChannel(path));
    this.#channel.onmessage = () => {
      for (const listener of this.#listeners) listener();
    };
    this.#channel.unref();
  }

  readAfter(lsn: number, limit: number): readonly LedgerRecord[] {
    return this.#records(this.#after, lsn, limit);
  }

  readLiveAfter(lsn: number, limit: number): readonly LedgerRecord[] {
    return this.#records(this.#liveAfter, lsn, limit);
  }

  #records(statement: Statement<unknown[]>, lsn: number, limit: number): readonly LedgerRecord[] {
    const rows = statement.all(lsn, limit) as RecordRow<Buffer | string>[];
    // After the records: their lines are never older than they are.
    const version = this.#version.get();
    if (version !== this.#knownVersion) this.#known.clear();
    this.#knownVersion = version;
    return rows.map((row) => this.#record(row));
  }

  #record(row: RecordRow<Buffer | string>): LedgerRecord {
    const [lsn, lineId, seq, lane, receivedMs, bytes] = row;
    let line = this.#known.get(lineId);
    if (line === undefined) {
      line = this.#line.get(lineId) as OfLine;
      this.#known.set(lineId, line);
    }
    if (this.#asTexts && bytes.length > 0) return new TextRecord(row as RecordRow<string>, line, this.#bytesOf);
    const { gw, ep, eid, status: lineStatus } = line;
    const record = { lsn, gw, ep, eid, seq, receivedMs, lane: lanes(lane), lineStatus };
    if (bytes.length > 0) return { ...record, bytes: bytes as Buffer };
    return { ...record, bytes: null, ...timeOf(this.#erasedTime.get(lsn) as string | null) };
  }

  readonly #bytesOf = (lsn: number): Uint8Array | null => {
    const bytes = this.#bytes.get(lsn) as Buffer;
    return bytes.length > 0 ? bytes : null;
  };

  erasedAfter(id: number, limit: number): readonly ErasedRecord[] {
    return this.#erasedAfter.all(id, limit) as ErasedRecord[];
  }

  head(): number {
    return (this.#head.get() as number | null) ?? 0;
  }

  onAppend(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  gaps(): readonly LedgerGap[] {
    type Row = Omit<LedgerGap, "at"> & { named_ms: number };
    return (this.#gaps.all() as Row[]).map(({ named_ms, reason, ...row }) => ({
      ...row,
      reason: gapWords[reason] ?? reason,
      at: iso(named_ms),
    }));
  }

  lines(): readonly LedgerLine[] {
    return (this.#lines.all() as LineRow[]).map(lineOf);
  }

  close(): void {
    this.#listeners.clear();
    this.#channel.close();
    this.#database.close();
  }
}

/**
 * Opens an existing `ledger.db` for followers, on a connection that cannot write. `asTexts`: for those that read every
 * record as text, which is faster; the octets are still there.
 */
export const openLedgerReader = (
  path: string,
  { asTexts = false }: { readonly asTexts?: boolean } = {},
): LedgerReader & LiveLaneReader & ErasureReader => new SqliteLedgerReader(path, asTexts);
