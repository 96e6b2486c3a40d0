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

type RecordRow = [lsn: number, line: number, seq: number, lane: number, receivedMs: number, bytes: Buffer];

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

  constructor(path: string) {
    this.#database = openForReading(path);
    // Followers read on and on: what they have read they do not ask for again.
    this.#database.pragma("cache_size = -8192");
    const records = "SELECT lsn, line, seq, lane, received_ms, bytes FROM record";
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
    const rows = statement.all(lsn, limit) as RecordRow[];
    // Records come in bundles of one line that were received together: what they share is asked for once.
    const lines = new Map<number, OfLine>();
    let latestMs = Number.NaN;
    let receivedAt = "";
    return rows.map(([number, lineId, seq, laneNumber, receivedMs, bytes]) => {
      if (receivedMs !== latestMs) {
        latestMs = receivedMs;
        receivedAt = iso(receivedMs);
      }
      let line = lines.get(lineId);
      if (line === undefined) {
        line = this.#line.get(lineId) as OfLine;
        lines.set(lineId, line);
      }
      const { gw, ep, eid, status: lineStatus } = line;
      const lane = laneNumber === 0 ? "live" : "backlog";
      const record = { lsn: number, gw, ep, eid, seq, bytes, receivedAt, lane, lineStatus } as const;
      if (bytes.length > 0) return record;
      return { ...record, bytes: null, ...timeOf(this.#erasedTime.get(number) as string | null) };
    });
  }

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

/** Opens an existing `ledger.db` for followers, on a connection that cannot write. */
export const openLedgerReader = (path: string): LedgerReader & LiveLaneReader & ErasureReader =>
  new SqliteLedgerReader(path);
