import { join } from "node:path";
import type { ActiveSegment } from "./active-segment.ts";
import { conditionOf } from "./disk-fault.ts";
import { runAfter } from "./fault-monitor.ts";
import { withSegmentFile } from "./found-segments.ts";
import type { LineBook } from "./line-book.ts";
import type { OutboxFiles } from "./outbox-files.ts";
import type { FreedRange, Loss, OutboxClock, OutboxLog } from "./outbox-port.ts";
import type { Segment } from "./segment.ts";
import { chooseSegments, type IsFreeable, type ReceiptedSince } from "./segment-freeing.ts";
import type { SegmentInspector } from "./segment-inspector.ts";
import { closeSegment, reserveName, type SegmentStore } from "./segment-store.ts";
import type { StateKeeper } from "./state-keeper.ts";

export interface MaintenanceParts {
  readonly files: OutboxFiles;
  readonly dir: string;
  readonly clock: OutboxClock;
  readonly log: OutboxLog;
  readonly book: LineBook;
  readonly store: SegmentStore;
  readonly active: ActiveSegment;
  readonly keeper: StateKeeper;
  readonly inspector: SegmentInspector;
  readonly since: ReceiptedSince;
  /** Losses found; told to whoever writes `gap` records. */
  tellLosses(losses: readonly Loss[]): void;
}

/** Between two segments of the background verification: captures come first on a slow card. */
const verifyPauseMs = 50;
const prepareRetryMs = 1000;

/**
 * What the outbox does beside capturing: preparing segments, footers, state file, verification, freeing. Everything that
 * changes segments or state runs one after the other and never delays a commit.
 */
export class Maintenance {
  /** Free bytes of the file system when last looked at. */
  freeBytes = 0;
  private readonly parts: MaintenanceParts;
  private readonly damaged = new Set<Segment>();
  private last: Promise<void> = Promise.resolve();
  private preparing: Promise<void> = Promise.resolve();
  private cancelTimer: (() => void) | undefined;
  private cancelVerify: (() => void) | undefined;
  private stopped = false;

  constructor(parts: MaintenanceParts) {
    this.parts = parts;
  }

  /** Runs `task` after everything queued before it. */
  run<T>(task: () => Promise<T>): Promise<T> {
    const next = this.last.then(task);
    this.last = next.then(
      () => undefined,
      () => undefined,
    );
    return next;
  }

  /** Like {@link run}, for work whose failure is not worth more than a line in the log: the next open repairs it. */
  private inBackground(what: string, task: () => Promise<void>): void {
    if (this.stopped) return;
    this.run(task).catch((error: unknown) => {
      this.parts.log.warn({ error: String(error) }, `outbox: ${what} failed`);
    });
  }

  /** Prepares the next segment and the reserve; tries again every second until that works. */
  prepare(): void {
    if (this.stopped) return;
    // One at a time: two would write the same temporary file.
    const attempt = this.preparing.then(() => this.prepareOnce());
    this.preparing = attempt.catch((error: unknown) => {
      if (this.stopped || this.cancelTimer !== undefined) return;
      this.parts.log.warn({ error: String(error) }, "outbox: the next segment cannot be prepared");
      this.cancelTimer = runAfter(this.parts.clock, prepareRetryMs, () => {
        this.cancelTimer = undefined;
        this.prepare();
      });
    });
  }

  private async prepareOnce(): Promise<void> {
    if (this.stopped) return;
    const { store, files, dir } = this.parts;
    this.freeBytes = await files.freeBytes(dir);
    await store.ensureReserve();
    await store.prepare();
    this.freeBytes = await files.freeBytes(dir);
  }

  /** The first commit in a new segment is durable: the ones before it get their footers. */
  closeFull(): void {
    const { active, keeper } = this.parts;
    const full = active.full.splice(0);
    this.inBackground("closing a segment", async () => {
      for (const open of full) {
        try {
          await closeSegment(open);
        } finally {
          await open.file.close();
        }
        keeper.voids = keeper.voids.filter(([number]) => number !== open.segment.number);
        if (this.damaged.delete(open.segment)) await this.look(open.segment);
      }
      keeper.active = Math.max(keeper.active, active.segment?.number ?? 0);
      await keeper.save();
    });
    this.prepare();
  }

  /** Gives segments that were found without one their footers. */
  closeFound(segments: readonly Segment[]): void {
    const { files } = this.parts;
    if (segments.length === 0) return;
    this.inBackground("closing a segment", async () => {
      for (const segment of segments) {
        await withSegmentFile(files, segment.path, "write", (file) => closeSegment({ segment, file }));
      }
    });
  }

  saveState(): void {
    this.inBackground("writing the state", () => this.parts.keeper.save());
  }

  /** Verifies the closed segments that nobody has looked at yet, newest first. */
  verify(): void {
    const next = this.parts.active.segments.findLast((segment) => segment.closed && !segment.verified);
    if (next === undefined || this.stopped) return;
    this.inBackground("verifying a segment", async () => {
      this.tell(await this.parts.inspector.verify(next));
      this.cancelVerify = runAfter(this.parts.clock, verifyPauseMs, () => this.verify());
    });
  }

  /** A read met damage in this segment: finds out exactly what is lost. Resolves when the book says so. */
  inspect(segment: Segment): Promise<void> {
    if (!segment.closed) {
      // Still written to: it is looked at as soon as it is full.
      this.damaged.add(segment);
      if (segment === this.parts.active.segment) this.parts.active.leave();
      return Promise.resolve();
    }
    return this.run(() => this.look(segment));
  }

  private async look(segment: Segment): Promise<void> {
    if (this.parts.active.segments.includes(segment)) this.tell(await this.parts.inspector.inspect(segment));
  }

  private tell(losses: readonly Loss[]): void {
    if (losses.length > 0) this.parts.tellLosses(losses);
  }

  /** See `Outbox.free`. */
  free(
    isFreeable: IsFreeable,
    receipt: { readonly gen: string; readonly at: string },
    pressure: boolean,
  ): Promise<readonly FreedRange[]> {
    return this.run(async () => {
      const { active, since, keeper } = this.parts;
      const candidates = active.segments.filter((segment) => segment.closed);
      const changed = since.update(candidates, isFreeable, receipt.at);
      const chosen = chooseSegments(candidates, isFreeable, since, receipt.at, pressure);
      if (chosen.length > 0) return this.remove(chosen, receipt);
      if (changed) await keeper.save();
      return [];
    });
  }

  private async remove(chosen: readonly Segment[], receipt: { readonly gen: string; readonly at: string }) {
    const { book, active, files, dir } = this.parts;
    const before = [...book.all()].map((entry) => [entry, entry.freed] as const);
    const freed: FreedRange[] = [];
    for (const { runs } of chosen) {
      for (const { line, from, to, h } of runs) {
        book.free(line, { from, to, h, ...receipt });
        freed.push({ line, from, to, h, ...receipt });
      }
    }
    try {
      // Remembered before it is removed: otherwise a power cut would turn freed records into lost ones.
      await this.saveWithReserve();
    } catch (error) {
      for (const [entry, ranges] of before) entry.freed = ranges;
      throw error;
    }
    for (const segment of chosen) {
      book.removeSegment(segment);
      active.segments.splice(active.segments.indexOf(segment), 1);
      await files.remove(segment.path);
    }
    await files.syncDirectory(dir);
    this.prepare();
    return freed;
  }

  /** Writes the state; on a full disk the reserve makes room for it. */
  private async saveWithReserve(): Promise<void> {
    const { keeper, store, log } = this.parts;
    try {
      await keeper.save();
    } catch (error) {
      if (conditionOf(error) !== "full") throw error;
      log.warn({ reserve: join(this.parts.dir, reserveName) }, "outbox: the reserve is used to write the state");
      await store.releaseReserve();
      await keeper.save();
    }
  }

  /** Ends everything in the background. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.cancelTimer?.();
    this.cancelVerify?.();
    await this.last;
    await this.preparing;
    await this.parts.store.discardSpare();
  }
}
