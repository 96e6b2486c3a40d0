import type { Line, LineOfGateway, RecordTime } from "@mingcheng/protocols";

/** One committed record of the ledger, in the order of commit. */
export interface LedgerRecord {
  /** Ledger sequence number: global, from 1, gap-free, in the order of commit. */
  readonly lsn: number;
  readonly gw: string;
  readonly ep: number;
  readonly eid: string;
  readonly seq: number;
  /** The record's own bytes as captured; null when only its digest is stored (withheld, or sent as a digest line). */
  readonly bytes: Uint8Array | null;
  /** The bytes as text, from readers that were opened for texts; what is no UTF-8 shows as U+FFFD. */
  readonly text?: string;
  /** Of a record that was erased: its own time, which is evidence of the gateway's clock for the records around it. */
  readonly erasedTime?: RecordTime;
  /** When the centre committed it, by the centre's clock: milliseconds since 1970. */
  readonly receivedMs: number;
  /** The lane it came in by; a record of an outage that jumps the queue comes in by `live`. */
  readonly lane: "live" | "backlog";
  /** What is known about its line at the moment of reading. */
  readonly lineStatus: "ok" | "disputed";
}

/** A record whose bytes were erased, in the order of erasing. */
export interface ErasedRecord {
  readonly id: number;
  readonly lsn: number;
}

/** Tells followers what was erased behind them. */
export interface ErasureReader {
  /** Records erased after the one with this id, in order, at most `limit`. */
  erasedAfter(id: number, limit: number): readonly ErasedRecord[];
}

/** Reads ahead in the live lane: fresh records, and those of an outage that may not wait. */
export interface LiveLaneReader {
  /** Records of the live lane with `lsn` above the given one, ascending, at most `limit`. */
  readLiveAfter(lsn: number, limit: number): readonly LedgerRecord[];
}

/** A named hole: records that the centre does not have and may never get. */
export interface LedgerGap extends Line {
  /** First missing sequence number. */
  readonly from: number;
  /** Last missing sequence number; null when nobody knows (after a rollback or a restore). */
  readonly to: number | null;
  /** Why, as one stable word: `missing`, `freed`, `lost`, `digest-only`, `rollback`, `restore`. */
  readonly reason: string;
  /** When the centre named it, ISO 8601 UTC. */
  readonly at: string;
}

/** A line as the ledger knows it. */
export interface LedgerLine extends Line {
  readonly status: "ok" | "disputed";
  /** Largest sequence number ever heard of. */
  readonly heardHead: number;
  /** Largest sequence number up to which everything is stored; 0 when seq 1 is missing. */
  readonly contiguousHead: number;
  /** Records stored. */
  readonly stored: number;
  readonly predecessor: (LineOfGateway & { readonly seq: number }) | null;
  /** When the line was first seen, ISO 8601 UTC. */
  readonly firstSeenAt: string;
}

/**
 * Read access to the ledger for everything that follows it. Synchronous, on a connection of its own, so that a reader
 * never delays the writer. Every follower keeps its own durable cursor: the last `lsn` whose effects it has committed.
 */
export interface LedgerReader {
  /** Records with `lsn` above the given one, ascending, at most `limit`. */
  readAfter(lsn: number, limit: number): readonly LedgerRecord[];
  /** The largest committed `lsn`; 0 when the ledger is empty. */
  head(): number;
  /** Calls `listener` after later commits (at least once per commit, possibly merged); returns how to stop that. */
  onAppend(listener: () => void): () => void;
  /** Every hole known now. */
  gaps(): readonly LedgerGap[];
  /** Every line known now. */
  lines(): readonly LedgerLine[];
  close(): void;
}
