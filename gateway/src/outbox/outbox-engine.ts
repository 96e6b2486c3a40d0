import { chainStart, type EpochBody, type Line, type LineOfGateway, MingchengError, toHex } from "@mingcheng/protocols";
import type { ActiveSegment } from "./active-segment.ts";
import { type ChainHead, type CommitGroup, chainHead } from "./commit-group.ts";
import { asDiskError, conditionOf, OutboxDamagedError } from "./disk-fault.ts";
import { FaultMonitor } from "./fault-monitor.ts";
import { GroupCommitter } from "./group-committer.ts";
import type { LineBook } from "./line-book.ts";
import { Listeners } from "./listeners.ts";
import { Maintenance, type MaintenanceParts } from "./maintenance.ts";
import type * as contract from "./outbox-port.ts";
import { type ReadLimits, RecordReader } from "./record-reader.ts";
import { recordsOf, type Segment } from "./segment.ts";
import type { IsFreeable } from "./segment-freeing.ts";
import type { StateKeeper } from "./state-keeper.ts";

/** The parts an opening has made, and how it lets go of the directory. */
export interface EngineParts extends Omit<MaintenanceParts, "tellLosses" | "clock" | "log" | "files" | "dir"> {
  readonly options: contract.OutboxOptions;
  readonly files: MaintenanceParts["files"];
  unlock(): Promise<void>;
}

/** The running outbox: see {@link contract.Outbox}. */
export class OutboxEngine implements contract.Outbox {
  opening: contract.Opening = { predecessor: null, reason: "start", losses: [] };
  readonly maintenance: Maintenance;
  readonly committer: GroupCommitter;
  private readonly parts: EngineParts;
  private readonly book: LineBook;
  private readonly active: ActiveSegment;
  private readonly keeper: StateKeeper;
  private readonly reader: RecordReader;
  private readonly faults: FaultMonitor;
  private readonly commitListeners: Listeners<contract.Commit>;
  private readonly lossListeners: Listeners<contract.Loss>;
  private head: ChainHead;
  private isOpening = true;
  private closing: Promise<void> | undefined;
  private commits = 0;
  /** The last durable record of all lines: what the next line names as its predecessor. */
  private tip: EpochBody["predecessor"] = null;
  /** Where a failed commit may have left bytes in the active segment. */
  private torn: { readonly from: number; readonly to: number } | undefined;

  constructor(parts: EngineParts) {
    const { options, files } = parts;
    const { crypto, signer, clock, log, dir, gw } = options;
    this.parts = parts;
    this.book = parts.book;
    this.active = parts.active;
    this.keeper = parts.keeper;
    this.commitListeners = new Listeners(log);
    this.lossListeners = new Listeners(log);
    this.head = this.newHead();
    this.reader = new RecordReader({ files, sha256: crypto.sha256, gw, book: parts.book });
    this.faults = new FaultMonitor({ clock, log, recover: () => this.salvage() });
    this.maintenance = new Maintenance({ ...parts, clock, log, dir, tellLosses: (losses) => this.tellLosses(losses) });
    this.committer = new GroupCommitter(
      {
        crypto,
        signer,
        clock,
        place: (bytes) => this.active.place(bytes, this.isOpening),
        durable: (group, position) => this.durable(group, position),
        failed: (error, written) => this.failed(error, written),
      },
      this.head,
    );
  }

  get line(): Line {
    return this.head.line;
  }

  /**
   * Opens the first line and starts the work in the background. `losses` were found now; those of earlier opens that
   * nobody has reported yet are added. @throws {MingchengError} OUTBOX_FULL, OUTBOX_READ_ONLY, OUTBOX_IO
   */
  async start(opening: contract.Opening, unclosed: readonly Segment[]): Promise<void> {
    const losses = this.keeper.addLosses(opening.losses);
    this.tip = opening.predecessor;
    await this.openLine(opening.reason);
    this.opening = { ...opening, losses };
    this.isOpening = false;
    this.maintenance.closeFound(unclosed);
    this.maintenance.prepare();
    this.maintenance.verify();
    if (losses.length > 0) this.parts.options.log.error({ losses }, "outbox: records are lost");
  }

  append(build: (seq: number) => Uint8Array, { urgent }: { readonly urgent: boolean }): Promise<contract.Appended> {
    if (this.closing !== undefined) return Promise.reject(new MingchengError("OUTBOX_CLOSED", this.parts.options.dir));
    const refusal = this.faults.refusal();
    return refusal === undefined ? this.committer.append(build, urgent) : Promise.reject(refusal);
  }

  onCommit(listener: (commit: contract.Commit) => void): contract.Unsubscribe {
    return this.commitListeners.add(listener);
  }

  onFault(listener: (health: contract.OutboxHealth) => void): contract.Unsubscribe {
    return this.faults.onFault(listener);
  }

  onRecovered(listener: (health: contract.OutboxHealth) => void): contract.Unsubscribe {
    return this.faults.onRecovered(listener);
  }

  onLoss(listener: (loss: contract.Loss) => void): contract.Unsubscribe {
    return this.lossListeners.add(listener);
  }

  async read(line: LineOfGateway, first: number, maxLast: number, limits: ReadLimits): Promise<contract.ReadRecords> {
    try {
      return await this.reader.read(line, first, maxLast, limits);
    } catch (error) {
      if (!(error instanceof OutboxDamagedError)) throw error;
      const place = this.book.find(line, error.range.from);
      if (place === undefined) throw error;
      await this.maintenance.inspect(place.segment);
      // What remains may be readable after all; if not, the book now names the whole range.
      return this.reader.read(line, first, maxLast, limits);
    }
  }

  hashAt(line: LineOfGateway, seq: number): Promise<string | undefined> {
    return this.reader.hashAt(line, seq);
  }

  inventory(): readonly contract.OutboxLine[] {
    return this.book.inventory();
  }

  free(
    isFreeable: IsFreeable,
    receipt: { readonly gen: string; readonly at: string },
    pressure: boolean,
  ): Promise<readonly contract.FreedRange[]> {
    return this.maintenance.free(isFreeable, receipt, pressure);
  }

  stats(): contract.OutboxStats {
    const { segments } = this.active;
    return {
      bufferedRecords: segments.reduce((total, segment) => total + recordsOf(segment), 0),
      bufferedBytes: segments.reduce((total, segment) => total + segment.end, 0),
      segments: segments.length,
      freeBytes: this.maintenance.freeBytes,
      nextSegmentReady: this.parts.store.isSpareReady,
      commits: this.commits,
      pendingBytes: this.committer.pendingBytes,
      health: this.faults.current,
      verified: segments.every((segment) => segment.verified),
    };
  }

  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  private async shutDown(): Promise<void> {
    await this.committer.idle();
    await this.faults.stop();
    await this.maintenance.stop();
    this.keeper.running = undefined;
    try {
      // An ended line's head is exact: what is missing at the next open can be named by number.
      if (this.faults.refusal() === undefined) await this.keeper.save();
    } catch (error) {
      this.parts.options.log.warn({ error: String(error) }, "outbox: writing the state failed");
    }
    await this.active.open?.file.close();
    for (const { file } of this.active.full.splice(0)) await file.close();
    await this.parts.unlock();
  }

  private newHead(): ChainHead {
    const { options } = this.parts;
    const line = { gw: options.gw, ep: this.keeper.marker + 1, eid: toHex(options.random(16)) };
    return chainHead(line, chainStart(options.crypto.sha256, line));
  }

  /** Opens a new line: its epoch record is durable when this resolves. */
  private async openLine(reason: EpochBody["reason"]): Promise<void> {
    const { options } = this.parts;
    const predecessor = this.tip;
    this.head = this.newHead();
    const { line } = this.head;
    this.keeper.marker = line.ep;
    this.keeper.running = line;
    this.book.line(line);
    try {
      await this.saveStateIfRoom();
      this.committer.begin(this.head);
      this.committer.announce(JSON.stringify({ gw: line.gw, wall: options.clock.wall(), software: options.software }));
      const body: EpochBody = { predecessor, reason, software: options.software };
      await this.committer.append(() => options.buildEpoch(line, body), false);
    } catch (error) {
      this.book.forget(line);
      throw error;
    }
    this.keeper.expectReports(this.head.seq);
    // From now on the line is known to have begun, even if the segment it begins in is destroyed.
    this.keeper.active = Math.max(this.keeper.active, this.active.segment?.number ?? 0);
    this.maintenance.saveState();
  }

  private async saveStateIfRoom(): Promise<void> {
    try {
      await this.keeper.save();
    } catch (error) {
      // The epoch record itself carries the epoch number; the state file is the second witness.
      if (conditionOf(error) !== "full") throw asDiskError(error);
      this.parts.options.log.warn({ error: String(error) }, "outbox: no room for the state file");
    }
  }

  private durable(group: CommitGroup, position: number): void {
    this.active.extend(group, position);
    this.commits += 1;
    if (this.active.full.length > 0) this.maintenance.closeFull();
    if (group.count === 0) return;
    if (this.keeper.settleReports(group.last)) this.maintenance.saveState();
    const { line, first, last, h, recordBytes: bytes, urgent } = group;
    this.tip = { ep: line.ep, eid: line.eid, seq: last, h };
    this.commitListeners.emit({ line, first, last, h, bytes, urgent });
  }

  private failed(error: unknown, written: { from: number; to: number } | undefined): MingchengError {
    const ours = asDiskError(error);
    this.torn = written;
    if (!this.isOpening) this.faults.report(conditionOf(error), ours.message);
    return ours;
  }

  private tellLosses(losses: readonly contract.Loss[]): void {
    this.keeper.addLosses(losses);
    this.keeper.expectReports(this.head.seq);
    this.maintenance.saveState();
    for (const loss of losses) this.lossListeners.emit(loss);
  }

  /**
   * After a failed commit: takes its bytes back and opens a new line, because the numbers of what failed must never be
   * used for other bytes in the old one.
   */
  private async salvage(): Promise<void> {
    await this.committer.idle();
    if (this.torn !== undefined) await this.takeBack(this.torn);
    this.torn = undefined;
    // A line is worth opening only where it can go on: what is left of the segment in use may just hold its first record.
    await this.parts.store.prepare();
    await this.openLine("salvage");
  }

  private async takeBack({ from, to }: { readonly from: number; readonly to: number }): Promise<void> {
    const open = this.active.open;
    if (open === undefined) return;
    try {
      await open.file.write(Buffer.alloc(to - from), to - from, from);
    } catch (error) {
      // The place cannot be written any more: it is remembered as void, and the next line begins in another segment.
      const { number } = open.segment;
      this.keeper.voids = [...this.keeper.voids.filter(([other]) => other !== number), [number, from]];
      await this.keeper.save();
      this.active.leave();
      this.parts.options.log.error({ segment: open.segment.path, error: String(error) }, "outbox: segment given up");
    }
  }
}
