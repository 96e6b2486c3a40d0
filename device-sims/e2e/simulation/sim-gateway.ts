import {
  chainLink,
  chainStart,
  encodeRecord,
  encodeRotation,
  type LineOfGateway,
  recordDigest,
  toHex,
  utf8,
} from "@mingcheng/protocols";
import type { Frame, SimDisk } from "./sim-disk.ts";
import { SimUplink } from "./sim-uplink.ts";
import { standInSigner } from "./stand-in-crypto.ts";
import type { Surroundings } from "./surroundings.ts";

const emptyLine: LineOfGateway = { ep: 0, eid: "" };

const shortName = ({ ep, eid }: LineOfGateway): string => `${ep}.${eid.slice(0, 4)}`;

/** A box: a disk, and the process that runs on it, if one does. A clone is a second box with the same id and keys. */
export class SimGateway {
  readonly gw: string;
  readonly name: string;
  disk: SimDisk;
  uplink: SimUplink | null = null;
  /** Mean time between two records; null: nobody weighs anything. */
  recordEveryMs: number | null;
  private readonly world: Surroundings;
  /** Counts processes: what an earlier one had planned must not happen any more. */
  private process = 0;
  private isUp = false;
  private line: LineOfGateway = emptyLine;
  private seq = 0;
  private h: Uint8Array = new Uint8Array(32);
  private uncommitted: { seq: number; isUrgent: boolean; bytes: Uint8Array }[] = [];
  private isCommitting = false;
  /** Counts lines: a commit of an earlier one is void. */
  private lineCount = 0;
  private slowUntilMs = 0;
  /** How long a commit takes on this card. */
  private readonly commitMs: number;

  constructor(world: Surroundings, gw: string, name: string, disk: SimDisk, recordEveryMs: number) {
    this.world = world;
    this.gw = gw;
    this.name = name;
    this.disk = disk;
    this.recordEveryMs = recordEveryMs;
    this.commitMs = world.random.chance(0.7) ? 15 : 200 + world.random.below(1000);
  }

  get runningLine(): LineOfGateway {
    return this.line;
  }

  /** Starts a process: reads the disk back, opens a line, and only then works. */
  start(): void {
    if (this.isUp) return;
    const { world, disk } = this;
    this.isUp = true;
    this.process++;
    this.slowUntilMs = 0;
    if (world.deviations.skipsSyncAtStart !== true) disk.syncAll();
    this.openLine("start");
    this.later(world.random.below(1000), () => this.work());
  }

  private openLine(reason: "start" | "salvage"): void {
    const { world, disk } = this;
    const before = disk.lastIntact();
    const ep = 1 + Math.max(disk.marker, ...disk.inventory().map((line) => line.ep));
    const earlier = reason === "salvage" ? this.line : null;
    this.line = { ep, eid: world.deviations.eid?.(ep) ?? world.randomHex() };
    this.seq = 0;
    this.h = chainStart(world.crypto.sha256, { gw: this.gw, ...this.line });
    this.uncommitted = [];
    this.isCommitting = false;
    this.lineCount++;
    disk.openLine(this.line);
    world.oracle.lineOpened(this.gw, this.line, earlier);
    const behind = before === undefined ? "nothing" : `${shortName(before.line)}/${before.seq}`;
    world.trace(`${this.name} opens line ${shortName(this.line)} behind ${behind}`);
    this.append("epoch", this.epochRecord(before, reason));
  }

  /** Every commit takes seconds, for so long. */
  slowDown(forMs: number): void {
    this.slowUntilMs = this.world.time.nowMs + forMs;
  }

  /** The disk fails a commit and recovers: what was not acknowledged is taken back, another line begins. */
  failCommit(): void {
    if (!this.isUp || this.uplink === null) return;
    this.disk.dropUnsynced();
    this.openLine("salvage");
    this.uplink.lineOpened(this.line);
  }

  /** The process is gone; what it wrote stays in the system's cache. */
  kill(): void {
    if (!this.isUp) return;
    this.isUp = false;
    this.process++;
    this.uplink?.stop();
    this.uplink = null;
    this.world.oracle.lineEnded(this.line);
  }

  /** The box loses power. */
  cutPower(): void {
    this.kill();
    this.disk.cutPower(this.world.random.below(this.disk.unsyncedCount + 1));
  }

  /** A device said something. */
  capture(kind: "weighing" | "test"): void {
    const { world } = this;
    const text = world.oracle.newText(kind);
    this.append(kind, utf8(text));
  }

  /** A new key takes over; the old one says so. */
  rotate(name: string): void {
    if (!this.isUp || this.uplink === null) return;
    const { keys } = this.disk;
    const next = standInSigner(this.world.crypto.sha256, name);
    const statement = encodeRotation(this.gw, keys.signer, next, "2026-11-24T09:30:00.000+08:00");
    this.disk.keys = { signer: next, statements: [...keys.statements, statement] };
    this.uplink.rotated();
  }

  /** Takes a key of its own by an enrolment, as a new box does: nothing joins it with the one before. */
  enrolAnew(name: string): void {
    this.kill();
    this.disk.keys = { signer: standInSigner(this.world.crypto.sha256, name), statements: [] };
  }

  private later(delayMs: number, run: () => void): void {
    const { process } = this;
    this.world.time.after(delayMs, () => {
      if (this.process === process) run();
    });
  }

  private work(): void {
    const { random } = this.world;
    if (this.recordEveryMs !== null && this.uplink !== null) {
      // Several at once share a commit.
      for (let count = random.chance(0.3) ? 1 + random.below(5) : 1; count > 0; count--) {
        this.capture(random.chance(0.15) ? "test" : "weighing");
      }
    }
    this.later(3 * random.next() * (this.recordEveryMs ?? 1000), () => this.work());
  }

  private epochRecord(before: Frame | undefined, reason: string): Uint8Array {
    const { ep, eid } = this.line;
    return encodeRecord({
      v: 1,
      gw: this.gw,
      ep,
      eid,
      seq: 1,
      dev: this.gw,
      n: 1,
      kind: "epoch",
      t: {
        wall: "2026-11-24T09:30:00.000+08:00",
        mono_ms: this.world.time.nowMs,
        boot: "boot",
        sync: "ntp",
        err_ms: 1,
      },
      salt: eid,
      body: {
        predecessor: before === undefined ? null : { ...before.line, seq: before.seq, h: before.h },
        reason,
        software: { name: "simulated", version: "1" },
      },
      raw: "",
    });
  }

  private append(kind: string, bytes: Uint8Array): void {
    const { crypto, oracle } = this.world;
    const seq = ++this.seq;
    const prev = toHex(this.h);
    this.h = chainLink(crypto.sha256, this.h, recordDigest(crypto.sha256, bytes));
    const isUrgent = kind === "test";
    oracle.appended(this.gw, this.line, seq, bytes, kind);
    this.disk.append({ line: this.line, seq, prev, h: toHex(this.h), bytes, isUrgent, isSynced: false });
    this.uncommitted.push({ seq, isUrgent, bytes });
    if (!this.isCommitting) this.commit();
  }

  /** One commit at a time; what comes meanwhile shares the next. A card stalls now and then. */
  private commit(): void {
    const { random, oracle, time } = this.world;
    const { lineCount } = this;
    const group = this.uncommitted;
    this.uncommitted = [];
    this.isCommitting = true;
    const isSlow = random.chance(0.02) || time.nowMs < this.slowUntilMs;
    this.later(isSlow ? 3000 * random.next() : this.commitMs * (0.2 + random.next()), () => {
      if (this.lineCount !== lineCount) return;
      for (const { seq, bytes } of group) {
        const frame = this.disk.frame(this.line, seq);
        if (frame !== undefined) frame.isSynced = true;
        oracle.acknowledged(bytes);
      }
      this.isCommitting = false;
      const first = group[0]?.seq ?? 0;
      const last = group.at(-1)?.seq ?? 0;
      if (this.uplink === null) this.openUplink();
      else
        this.uplink.committed(
          first,
          last,
          group.filter(({ isUrgent }) => isUrgent).map(({ seq }) => seq),
        );
      if (this.uncommitted.length > 0) this.commit();
    });
  }

  private openUplink(): void {
    this.uplink = new SimUplink(this.world, {
      gw: this.gw,
      name: this.name,
      line: this.line,
      disk: this.disk,
      later: (delayMs, run) => this.later(delayMs, run),
    });
    this.uplink.connect();
  }
}
