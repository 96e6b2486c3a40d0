import type { CryptoPort, EpochBody, Interval, Line, LineInventory, LineOfGateway, Signer } from "@mingcheng/protocols";
import type { OutboxFiles } from "./outbox-files.ts";

/** Time as the outbox needs it. */
export interface OutboxClock {
  /** Local time with offset, ISO 8601, milliseconds. */
  wall(): string;
  /** Monotonic milliseconds. */
  nowMs(): number;
  /** Runs `task` once after `delayMs`; the returned function cancels it. Never keeps the process alive. */
  after?(delayMs: number, task: () => void): () => void;
}

/** Where the outbox says what it does. A pino logger fits. */
export interface OutboxLog {
  info(detail: object, message: string): void;
  warn(detail: object, message: string): void;
  error(detail: object, message: string): void;
}

/** What opening an outbox needs. */
export interface OutboxOptions {
  /** Directory of this outbox alone; created (0700) when missing. */
  readonly dir: string;
  readonly gw: string;
  readonly crypto: CryptoPort;
  readonly signer: Signer;
  readonly clock: OutboxClock;
  /** Cryptographically random bytes. */
  random(bytes: number): Uint8Array;
  /** Size of one segment file, default 8 MiB; smaller ones are made where the disk has less room. */
  readonly segmentBytes?: number;
  /** Kept free for start and clean-up on a full disk, default 256 KiB; 0 keeps none. */
  readonly reserveBytes?: number;
  /** Receipted records are kept so long while the disk allows, default 30. */
  readonly retentionDays?: number;
  /** Closed segments are verified at open up to so many bytes, newest first, the rest in the background; default 32 MiB. */
  readonly verifyAtOpenBytes?: number;
  readonly log: OutboxLog;
  readonly software: EpochBody["software"];
  /** This box stands in the place of another: a line without a predecessor says so. */
  readonly replaces?: boolean;
  /** Serialises the `epoch` record, seq 1 of `line`. Called once per line. */
  buildEpoch(line: Line, body: EpochBody): Uint8Array;
  /** The file system; default the real one. */
  readonly files?: OutboxFiles;
}

/** What one durable record is called. `h` is h(seq) in hexadecimal. */
export interface Appended {
  readonly line: Line;
  readonly seq: number;
  readonly h: string;
}

/** [first, last] of the line became durable. `h` is h(last), `bytes` the records' own bytes. */
export interface Commit {
  readonly line: Line;
  readonly first: number;
  readonly last: number;
  readonly h: string;
  readonly bytes: number;
  readonly urgent: readonly number[];
}

/** `ok`, or why nothing can be captured now. */
export type OutboxCondition = "ok" | "full" | "read-only" | "io-error";

/** The condition changed. `since` is local time with offset. */
export interface OutboxHealth {
  readonly state: OutboxCondition;
  readonly since: string;
  readonly detail: string;
}

/** Records that were on disk and are not any more. `to` null: an unknown number of records behind `from`. */
export interface Loss {
  readonly line: LineOfGateway;
  readonly from: number;
  readonly to: number | null;
  readonly reason: "damaged" | "cut" | "missing";
}

/** What was found at open. */
export interface Opening {
  readonly predecessor: EpochBody["predecessor"];
  readonly reason: EpochBody["reason"];
  /** Not reported so far: the caller appends a `gap` record for each before it appends anything else. */
  readonly losses: readonly Loss[];
}

/** Verified records, exactly as captured. `prev` is h(first-1), `h` is h(last), both hexadecimal. */
export interface ReadRecords {
  readonly first: number;
  readonly last: number;
  readonly prev: string;
  readonly h: string;
  readonly records: Uint8Array[];
}

/** One freed range. `gen` is the ledger generation of the receipt, `at` its time, `h` is h(to). */
export interface FreedRange extends Interval {
  readonly line: LineOfGateway;
  readonly h: string;
  readonly gen: string;
  readonly at: string;
}

/** {@link LineInventory} with what only the outbox knows. */
export interface OutboxLine extends LineInventory {
  readonly headH: string;
  readonly freed: readonly (Interval & { readonly h: string; readonly gen: string; readonly at: string })[];
  readonly lost: readonly Interval[];
}

/** Figures for metrics and health. Bytes are bytes on disk. */
export interface OutboxStats {
  readonly bufferedRecords: number;
  readonly bufferedBytes: number;
  readonly segments: number;
  /** Free bytes of the file system when last looked at (at every segment change and every second of a fault). */
  readonly freeBytes: number;
  /** False when the next segment could not be prepared: captures fail once the current one is full. */
  readonly nextSegmentReady: boolean;
  readonly commits: number;
  readonly pendingBytes: number;
  readonly health: OutboxHealth;
  /** False while closed segments are still being verified in the background. */
  readonly verified: boolean;
}

export type Unsubscribe = () => void;

/**
 * The gateway's durable memory: what {@link Outbox.append} acknowledged survives SIGKILL and power cuts until the centre
 * has receipted it and {@link Outbox.free} released it.
 */
export interface Outbox {
  /** The running line. A new one at every open, and after every recovered fault. */
  readonly line: Line;
  readonly opening: Opening;
  /**
   * Appends one record. `build` is called synchronously, once, in sequence order. Resolves after the record, its chain
   * and a seal over it are on disk (fdatasync); records appended while a commit is in flight share the next one.
   * @throws {MingchengError} OUTBOX_FULL, OUTBOX_READ_ONLY, OUTBOX_IO (all retryable), OUTBOX_CLOSED,
   *   RECORD_TOO_LARGE, or whatever `build` throws; the sequence number is then not used
   */
  append(build: (seq: number) => Uint8Array, options: { readonly urgent: boolean }): Promise<Appended>;
  onCommit(listener: (commit: Commit) => void): Unsubscribe;
  onFault(listener: (health: OutboxHealth) => void): Unsubscribe;
  /** Called with the new line already open: `outbox.line` is it. */
  onRecovered(listener: (health: OutboxHealth) => void): Unsubscribe;
  /**
   * Losses found after open: by the background verification or by a read. The caller appends a `gap` record for each, one
   * after the other, before anything else, and again after a fault: as soon as that many records are durable they count as
   * reported. Losses whose `gap` records a crash has swallowed are told again at the next open.
   */
  onLoss(listener: (loss: Loss) => void): Unsubscribe;
  /**
   * Reads from `first` on, at most to `maxLast`, at least one record. Every record is checked by CRC and chain.
   * @throws {OutboxDamagedError} OUTBOX_DAMAGED naming the range, also when it was freed or never there
   */
  read(
    line: LineOfGateway,
    first: number,
    maxLast: number,
    limits: { readonly maxRecords: number; readonly maxBytes: number },
  ): Promise<ReadRecords>;
  /** h(seq) for any seq still on disk, for h(0) and for the last seq of a freed range. */
  hashAt(line: LineOfGateway, seq: number): Promise<string | undefined>;
  /** Every known line in the order in which they were opened. */
  inventory(): readonly OutboxLine[];
  /**
   * Frees whole segments whose records are all receipted for `retentionDays`, oldest first; time is `receipt.at`. With `pressure`, one segment
   * whatever its age: the oldest whose records are all receipted; if there is none, the oldest receipted or disputed.
   */
  free(
    isFreeable: (line: LineOfGateway, from: number, to: number) => "receipted" | "disputed" | "no",
    receipt: { readonly gen: string; readonly at: string },
    pressure: boolean,
  ): Promise<readonly FreedRange[]>;
  stats(): OutboxStats;
  /** Commits what was appended, then closes. Idempotent. */
  close(): Promise<void>;
}
