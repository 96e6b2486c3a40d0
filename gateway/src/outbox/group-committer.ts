import { type CryptoPort, MingchengError, maxRecordBytes, type Seal, type Signer, sealAt } from "@mingcheng/protocols";
import { type ChainHead, CommitGroup } from "./commit-group.ts";
import type { OutboxFile } from "./outbox-files.ts";
import type { Appended, OutboxClock } from "./outbox-port.ts";

/** Where the next group goes; `file` is open for `commit`. */
export interface WriteTarget {
  readonly file: OutboxFile;
  readonly position: number;
}

/** What the committer needs of the outbox around it. */
export interface CommitterPorts {
  readonly crypto: CryptoPort;
  readonly signer: Signer;
  readonly clock: OutboxClock;
  /** Room for `bytes` of frames; a promise while the next segment is still being prepared. */
  place(bytes: number): WriteTarget | Promise<WriteTarget>;
  /** The group is on disk at `position`. Called before anybody who waits for it. */
  durable(group: CommitGroup, position: number): void;
  /** The group is not on disk; `written` are the offsets that may hold bytes of it. Returns what the waiters are told. */
  failed(error: unknown, written: { readonly from: number; readonly to: number } | undefined): MingchengError;
}

/** While the disk stalls, at most so many bytes wait for it; further records are refused. */
const maxPendingBytes = 8 * 1024 * 1024;
const maxSpareBuffers = 3;

/**
 * Group commit: while one group is being written and synced the next one gathers, already chained and encoded. One
 * synchronous write per group; the seal goes with the records it covers.
 */
export class GroupCommitter {
  private readonly ports: CommitterPorts;
  private head: ChainHead;
  private readonly waiting: CommitGroup[] = [];
  private readonly spareBuffers: Buffer[] = [];
  private running: Promise<void> | undefined;
  private bytesPending = 0;

  constructor(ports: CommitterPorts, head: ChainHead) {
    this.ports = ports;
    this.head = head;
  }

  /** Bytes of frames that are not durable yet. */
  get pendingBytes(): number {
    return this.bytesPending;
  }

  /** Continues with another line. Nothing may be pending. */
  begin(head: ChainHead): void {
    this.head = head;
  }

  /** Announces the line on disk with the next commit. */
  announce(text: string): void {
    const group = this.gather(Buffer.byteLength(text));
    const before = group.length;
    group.addLineOpen(this.head, text);
    this.bytesPending += group.length - before;
  }

  /** See {@link Outbox.append}. */
  append(build: (seq: number) => Uint8Array, urgent: boolean): Promise<Appended> {
    if (this.bytesPending > maxPendingBytes) {
      return Promise.reject(new MingchengError("OUTBOX_IO", `the disk stalls, ${this.bytesPending} bytes wait for it`));
    }
    let bytes: Uint8Array;
    try {
      bytes = build(this.head.seq + 1);
    } catch (error) {
      return Promise.reject(error);
    }
    if (bytes.length > maxRecordBytes) {
      return Promise.reject(new MingchengError("RECORD_TOO_LARGE", `${bytes.length} bytes`));
    }
    return new Promise((resolve, reject) => {
      const group = this.gather(bytes.length);
      const before = group.length;
      group.addRecord(this.ports.crypto.sha256, this.head, bytes, urgent, { resolve, reject });
      this.bytesPending += group.length - before;
      if (this.running === undefined) this.running = this.run();
      else if (group === this.waiting[0] && group.count === 1) setImmediate(() => this.sealEarly(group));
    });
  }

  /** Signs while the disk works on the commit before. What is added later is signed again when its turn comes. */
  private sealEarly(group: CommitGroup): void {
    if (group === this.waiting[0]) group.early = { seq: group.last, seal: this.sealOf(group) };
  }

  private sealOf({ line, last, lastHash }: CommitGroup): Seal {
    return sealAt(this.ports.signer, line, last, lastHash, this.ports.clock.wall());
  }

  /** Commits a group that holds no records. @throws {MingchengError} what `failed` returned */
  async commitSeals(group: CommitGroup): Promise<void> {
    await this.idle();
    const error = await this.commit(group);
    if (error !== undefined) throw error;
  }

  /** Resolves when nothing is pending. */
  async idle(): Promise<void> {
    while (this.running !== undefined) await this.running;
  }

  private gather(bytes: number): CommitGroup {
    const last = this.waiting.at(-1);
    if (last?.hasRoom(bytes)) return last;
    const group = new CommitGroup(this.head.line, this.spareBuffers.pop());
    this.waiting.push(group);
    return group;
  }

  private async run(): Promise<void> {
    // What is appended in the same turn shares the first commit.
    await Promise.resolve();
    for (let group = this.waiting.shift(); group !== undefined; group = this.waiting.shift()) {
      const records = group.length;
      const error = await this.commit(group);
      if (error === undefined) {
        this.bytesPending -= records;
        group.resolve();
        if (this.spareBuffers.length < maxSpareBuffers) this.spareBuffers.push(group.buffer);
        continue;
      }
      // The chain is broken at the failed group: what was chained to it fails with it.
      const failed = [group, ...this.waiting.splice(0)];
      this.bytesPending = 0;
      for (const item of failed) item.reject(error);
    }
    this.running = undefined;
  }

  private async commit(group: CommitGroup): Promise<MingchengError | undefined> {
    let written: { from: number; to: number } | undefined;
    try {
      if (group.count > 0) {
        const { line, last, lastHash, early } = group;
        const seal = early?.seq === last ? early.seal : this.sealOf(group);
        group.addSeal({ ep: line.ep, eid: this.head.eid }, last, lastHash, seal);
      }
      const placed = this.ports.place(group.length);
      const { file, position } = placed instanceof Promise ? await placed : placed;
      written = { from: position, to: position + group.length };
      await file.write(group.buffer, group.length, position);
      this.ports.durable(group, position);
      return undefined;
    } catch (error) {
      return this.ports.failed(error, written);
    }
  }
}
