import {
  bodyFault,
  type GapBody,
  isCode,
  MingchengError,
  type RecordKind,
  type RecordTime,
  urgentKinds,
} from "@mingcheng/protocols";
import type { CaptureDraft } from "../drivers/define-driver.ts";
import { asDiskError } from "../outbox/disk-fault.ts";
import type { Appended, Loss, Outbox, OutboxLog } from "../outbox/outbox.ts";
import { CaptureTally } from "./capture-tally.ts";
import { gapOf, type Missed, MissedBook, type MissedReason } from "./missed-book.ts";
import type { MissedFile } from "./missed-file.ts";
import { OwnRecords } from "./own-records.ts";
import type { Quarantine, QuarantineReason, QuarantineStats } from "./quarantine.ts";
import { recallBodies } from "./recall.ts";
import type { RecordBuilder, RecordDraft } from "./record-builder.ts";

/** Time as capture needs it. */
export interface CaptureClock {
  nowMs(): number;
  wall(): string;
  time(): RecordTime;
  after(delayMs: number, task: () => void): () => void;
}

/** What {@link Capture} works with. */
export interface CaptureOptions {
  readonly outbox: Outbox;
  readonly builder: RecordBuilder;
  readonly clock: CaptureClock;
  readonly quarantine: Quarantine;
  readonly missedFile: MissedFile;
  readonly log: OutboxLog;
  /** Told how long each reading took to become durable, in milliseconds. */
  observe?(durableMs: number): void;
  /** Told of every reading that is on disk. */
  onCaptured?(dev: string, draft: Pick<CaptureDraft, "kind" | "body">, at: Appended): void;
}

/** Figures for status and metrics. */
export interface CaptureStats {
  readonly quarantine: QuarantineStats;
  /** Devices and reasons whose gap record is not durable yet. */
  readonly gapsWaiting: number;
  readonly recordsWaiting: number;
  readonly recordsDiscarded: number;
}

/** What could not be told is told again after so long. */
const retryAfterMs = 1000;
/** Gap records of an earlier process are looked at, so that none is written twice. */
const gapsLookedAt = 64;

const missedReasonOf = (error: MingchengError): MissedReason => {
  if (error.code === "OUTBOX_FULL") return "disk-full";
  if (error.code === "OUTBOX_READ_ONLY") return "read-only";
  return error.code === "OUTBOX_CLOSED" ? "shutdown" : "disk-error";
};

const lossGap = ({ line, from, to }: Loss): GapBody => ({
  scope: "line",
  reason: "damaged",
  line: { ep: line.ep, eid: line.eid },
  from,
  to,
  device: null,
  count: to === null ? null : to - from + 1,
  since: null,
  until: null,
});

/**
 * From drafts to durable records. What cannot become a record is set aside with its bytes; what the disk does not take is
 * refused at once, counted, and named by a `gap` record as soon as the outbox takes records again, also after a restart.
 */
export class Capture {
  readonly tally = new CaptureTally();
  private readonly options: CaptureOptions;
  private readonly own: OwnRecords;
  private readonly missed = new MissedBook();
  private readonly unsubscribe: readonly (() => void)[];
  private cancelRetry: (() => void) | undefined;
  private telling: Promise<void> | undefined;
  /** What the file says; null: it could not be written. */
  private noted: string | null = "[]";

  /** Writes the gap records of `outbox.opening.losses` before anything else can be appended. */
  constructor(options: CaptureOptions) {
    const { outbox, log } = options;
    this.options = options;
    this.own = new OwnRecords((draft) => this.append(draft), log);
    this.unsubscribe = [
      outbox.onLoss((loss) => this.record("gap", lossGap(loss))),
      outbox.onRecovered(() => void this.tellNow()),
    ];
    for (const loss of outbox.opening.losses) this.record("gap", lossGap(loss));
  }

  /** Names what earlier processes, or this one before its outbox opened, could not capture. */
  async takeOver(entries: readonly Missed[]): Promise<void> {
    const { outbox } = this.options;
    const { gw } = outbox.line;
    const told = entries.length === 0 ? [] : await recallBodies(outbox, gw, "gap", gapsLookedAt).catch(() => []);
    const texts = new Set(told.map((body) => JSON.stringify(body)));
    if (entries.length > 0) this.noted = JSON.stringify(entries);
    for (const entry of entries) if (!texts.has(JSON.stringify(gapOf(entry)))) this.missed.add(entry);
    await this.tellNow();
    await this.note(this.missed.all());
  }

  /**
   * Captures one reading. Resolves once it is on disk, or once it was set aside with its bytes and cannot be a record.
   * @throws {MingchengError} OUTBOX_FULL, OUTBOX_READ_ONLY, OUTBOX_IO (retryable), OUTBOX_CLOSED: it is not stored
   */
  async capture(dev: string, draft: CaptureDraft): Promise<void> {
    const { clock } = this.options;
    const t = clock.time();
    const beganMs = clock.nowMs();
    const { kind, body, raw, urgent } = draft;
    const record: RecordDraft = { dev, kind, body, raw, t };
    const fault = draft.fault ?? bodyFault(kind, body);
    if (fault !== undefined) return this.setAside("invalid", fault, record);
    let appended: Appended;
    try {
      appended = await this.append(record, urgent);
    } catch (error) {
      if (isCode(error, "RECORD_TOO_LARGE")) return this.setAside("too-large", error.message, record);
      throw this.miss(dev, error, t.wall);
    }
    this.tally.captured(dev, kind, t.wall);
    this.options.observe?.(clock.nowMs() - beganMs);
    this.options.onCaptured?.(dev, draft, appended);
  }

  /**
   * Keeps what a device sent and was refused, so that nothing is dropped silently; a `gap` record tells of it. Resolves once
   * the bytes are on disk.
   * @throws {MingchengError} OUTBOX_FULL, OUTBOX_READ_ONLY, OUTBOX_IO (retryable): it is not kept
   */
  async refuse(dev: string, kind: string, detail: string, raw: Uint8Array): Promise<void> {
    const wall = this.options.clock.wall();
    try {
      await this.options.quarantine.keep({ wall, dev, kind, reason: "invalid", detail, body: {}, raw });
    } catch (error) {
      throw this.miss(dev, error, wall);
    }
    this.tally.quarantined(dev);
    this.missed.add({ device: dev, reason: "invalid", count: 1, since: wall, until: wall });
    // Not at once: a device that sends rubbish all the time shall not write a record for each piece of it.
    this.tellLater();
  }

  /** A record of the gateway about itself (`dev` left out) or about a device's state: never lost to a disk fault. */
  record(kind: RecordKind, body: Readonly<Record<string, unknown>>, dev?: string): void {
    const fault = bodyFault(kind, body);
    if (fault !== undefined) this.options.log.error({ kind, fault }, "capture: a body does not fit its schema");
    const { outbox, clock } = this.options;
    this.own.add({ dev: dev ?? outbox.line.gw, kind, body, raw: new Uint8Array(), t: clock.time() });
  }

  /**
   * Appends a record of the gateway about itself, or about a device; resolves once it is on disk.
   * @throws {MingchengError} OUTBOX_FULL, OUTBOX_READ_ONLY, OUTBOX_IO (retryable), OUTBOX_CLOSED: it is not stored
   */
  store(kind: RecordKind, body: Readonly<Record<string, unknown>>, dev?: string): Promise<Appended> {
    const { outbox, clock } = this.options;
    return this.append({ dev: dev ?? outbox.line.gw, kind, body, raw: new Uint8Array(), t: clock.time() });
  }

  /** See `SessionContext.recall`. */
  recall(dev: string, kind: RecordKind, limit: number): Promise<readonly Readonly<Record<string, unknown>>[]> {
    return recallBodies(this.options.outbox, dev, kind, limit);
  }

  /** Bodies of this gateway's last records of one kind about itself, oldest first. @throws the system's error */
  recallOwn(kind: RecordKind, limit: number): Promise<readonly Readonly<Record<string, unknown>>[]> {
    return recallBodies(this.options.outbox, this.options.outbox.line.gw, kind, limit);
  }

  stats(): CaptureStats {
    const { waiting, discarded } = this.own.stats();
    return {
      quarantine: this.options.quarantine.stats(),
      gapsWaiting: this.missed.size,
      recordsWaiting: waiting,
      recordsDiscarded: discarded,
    };
  }

  /** Tells what can still be told and remembers the rest for the next start. The outbox stays open. */
  async close(): Promise<void> {
    for (const end of this.unsubscribe) end();
    await this.telling;
    await this.tellNow();
    this.cancelRetry?.();
    await this.options.missedFile.close();
  }

  private append(draft: RecordDraft, urgent = urgentKinds.includes(draft.kind)): Promise<Appended> {
    const { outbox, builder } = this.options;
    return outbox.append((seq) => builder.build(outbox.line, seq, draft), { urgent });
  }

  private async setAside(reason: QuarantineReason, detail: string, draft: RecordDraft): Promise<void> {
    const { quarantine, log } = this.options;
    const { dev, kind, body, raw, t } = draft;
    log.error({ dev, kind, reason, detail }, "capture: a reading cannot become a record and is kept in quarantine");
    try {
      await quarantine.keep({ wall: t.wall, dev, kind, reason, detail, body, raw });
    } catch (error) {
      throw this.miss(dev, error, t.wall);
    }
    this.tally.quarantined(dev);
    this.missed.add({ device: dev, reason, count: 1, since: t.wall, until: t.wall });
    await this.tellNow();
  }

  /** Counts a reading that is not stored; returns what its driver is told. */
  private miss(dev: string, error: unknown, wall: string): MingchengError {
    const ours = asDiskError(error);
    this.tally.missed(dev);
    this.missed.add({ device: dev, reason: missedReasonOf(ours), count: 1, since: wall, until: wall });
    this.tellLater();
    return ours;
  }

  private tellLater(): void {
    this.cancelRetry ??= this.options.clock.after(retryAfterMs, () => {
      this.cancelRetry = undefined;
      void this.tellNow();
    });
  }

  /** Appends what waits: gaps, then records. What the outbox does not take is stored for the next start and tried again. */
  private tellNow(): Promise<void> {
    this.telling ??= this.tell().finally(() => {
      this.telling = undefined;
      if (this.missed.size > 0 || this.own.stats().waiting > 0) this.tellLater();
    });
    return this.telling;
  }

  private async tell(): Promise<void> {
    const entries = this.missed.all();
    if (entries.length > 0) {
      await this.note(entries);
      await Promise.all(entries.map((entry) => this.tellGap(entry)));
      await this.note(this.missed.all());
    }
    await this.own.retry();
  }

  private async tellGap(entry: Missed): Promise<void> {
    const { outbox, clock, log } = this.options;
    try {
      const body = gapOf(entry);
      await this.append({ dev: outbox.line.gw, kind: "gap", body, raw: new Uint8Array(), t: clock.time() });
      this.missed.settle(entry);
    } catch (error) {
      if (error instanceof MingchengError && error.retryable) return;
      log.error({ err: error, device: entry.device }, "capture: a gap record is refused");
    }
  }

  /** Notes for the next start what no durable gap record tells yet. */
  private async note(entries: readonly Missed[]): Promise<void> {
    const text = JSON.stringify(entries);
    if (text === this.noted) return;
    try {
      await this.options.missedFile.save(entries);
      this.noted = text;
    } catch (error) {
      if (this.noted !== null) this.options.log.warn({ err: error }, "capture: cannot be noted for the next start");
      this.noted = null;
    }
  }
}
