import {
  type BatchItem,
  type Downlink,
  encodeBatch,
  encodeKeyLog,
  fromHex,
  type Gone,
  keyLogHead,
  type LineOfGateway,
  recordDigest,
  type State,
  sameLine,
  sealAt,
  toHex,
} from "@mingcheng/protocols";
import {
  type Freeable,
  type UplinkEffect,
  type UplinkInput,
  UplinkMachine,
  uplinkLimits,
} from "@mingcheng/protocols/link";
import type { BentGateway } from "./deviations.ts";
import type { DownMessage, UpMessage } from "./messages.ts";
import type { Frame, SimDisk } from "./sim-disk.ts";
import type { Client } from "./sim-network.ts";
import type { Surroundings } from "./surroundings.ts";

/** What an uplink needs of its process. */
export interface UplinkHome {
  readonly gw: string;
  readonly name: string;
  readonly line: LineOfGateway;
  readonly disk: SimDisk;
  /** Runs something later, unless the process has ended by then. */
  later(delayMs: number, run: () => void): void;
}

interface Published {
  readonly line: LineOfGateway;
  readonly from: number;
  readonly to: number;
  readonly h: string;
}

const wall = "2026-11-24T09:30:00.000+08:00";

/** Thin shell around the real uplink machine: performs its effects on the simulated disk and network. */
export class SimUplink implements Client, BentGateway {
  readonly gw: string;
  readonly eid: string;
  readonly box: string;
  /** The running line. */
  line: LineOfGateway;
  readonly machine: UplinkMachine;
  /** Records per batch at most: small, so that much is under way at once. */
  maxRecords: number;
  sealsBadly = false;
  private readonly home: UplinkHome;
  private readonly world: Surroundings;
  private readonly batches = new Map<string, Published>();
  private cancelWake: () => void = () => undefined;
  private isStopped = false;

  constructor(world: Surroundings, home: UplinkHome) {
    this.world = world;
    this.home = home;
    this.gw = home.gw;
    this.line = home.line;
    this.eid = home.line.eid;
    this.box = home.name;
    this.maxRecords = 1 + world.random.below(8);
    const { knowsNoUrgency } = world.deviations;
    const inventory = home.disk.inventory();
    this.machine = new UplinkMachine({
      line: home.line,
      inventory: knowsNoUrgency ? inventory.map((line) => ({ ...line, urgent: [] })) : inventory,
      limits: knowsNoUrgency ? { ...uplinkLimits, liveForMs: 0 } : uplinkLimits,
      random: () => world.random.next(),
      newNonce: () => world.randomHex().slice(0, 16),
    });
  }

  get confirmedGen(): string | null {
    return this.machine.stats().gen;
  }

  published(payloadHash: string): Published | undefined {
    return this.batches.get(payloadHash);
  }

  wasPublished(line: LineOfGateway, from: number, to: number): boolean {
    const sent = [...this.batches.values()].filter((batch) => sameLine(batch.line, line));
    for (let seq = from; seq <= to; seq++)
      if (!sent.some((batch) => batch.from <= seq && seq <= batch.to)) return false;
    return true;
  }

  /** Tries to connect until it works. */
  connect(): void {
    if (this.isStopped || this.world.network.isConnected(this)) return;
    const will = this.stateMessage({ nonce: "will", lines: [], witness: this.machine.stats().witness }, false);
    if (this.world.network.connect(this, will)) this.step({ type: "connected" });
    else this.home.later(500 + this.world.random.below(3000), () => this.connect());
  }

  lostConnection(): void {
    if (this.isStopped || this.world.network.isConnected(this)) return;
    this.step({ type: "disconnected" });
    this.home.later(200 + this.world.random.below(3000), () => this.connect());
  }

  /** The process ends without a word. */
  stop(): void {
    this.isStopped = true;
    this.cancelWake();
    this.world.network.drop(this, 0);
  }

  committed(first: number, last: number, urgent: readonly number[]): void {
    this.step({ type: "committed", first, last, urgent: this.world.deviations.knowsNoUrgency ? [] : urgent });
  }

  /** The outbox had to open another line in mid-run. */
  lineOpened(line: LineOfGateway): void {
    this.line = line;
    this.step({ type: "line-opened", inventory: { ...line, head: 0, held: [], freed: [], urgent: [] } });
  }

  rotated(): void {
    this.step({ type: "rotated" });
  }

  receive({ gw, message }: DownMessage): void {
    if (this.isStopped || gw !== this.gw) return;
    const { deviations, oracle } = this.world;
    if ("gen" in message) oracle.heardGeneration(this.line, message.gen);
    const told: Downlink | null = deviations.downlink === undefined ? message : deviations.downlink(message, this);
    if (told !== null) this.step({ type: "downlink", message: told });
  }

  /** Frees segments as the protocol allows. */
  free(isPressure: boolean): void {
    const gen = this.confirmedGen;
    if (gen === null) return;
    const { disk } = this.home;
    const { oracle, deviations } = this.world;
    const isFreeable = (line: LineOfGateway, from: number, to: number): Freeable => {
      const answer = this.machine.freeable(line, from, to);
      return deviations.freeable?.(answer, this, line, from, to) ?? answer;
    };
    const { runs, frames } = disk.free(isFreeable, gen, isPressure);
    oracle.freed(this.gw, this.line, frames);
    for (const { line, from, to, h } of runs) this.step({ type: "freed", line, from, to, h });
    if (frames.length > 0)
      this.world.trace(
        `${this.home.name} frees ${runs.map(({ line, from, to }) => `${line.ep}/${from}-${to}`).join(" ")}`,
      );
  }

  private step(input: UplinkInput): void {
    const { time, deviations } = this.world;
    for (const effect of this.machine.step(input, time.nowMs)) {
      const performed = deviations.effect === undefined ? effect : deviations.effect(effect);
      if (performed !== null) this.perform(performed);
    }
    this.cancelWake();
    const wakeMs = this.machine.nextWakeMs(time.nowMs);
    if (wakeMs === null) return;
    // At least a millisecond, so that a machine that never has enough shows as a slow run and not as an endless one.
    this.cancelWake = time.after(Math.max(1, wakeMs - time.nowMs), () => {
      if (!this.isStopped) this.step({ type: "tick" });
    });
  }

  private perform(effect: UplinkEffect): void {
    const { random, network } = this.world;
    switch (effect.type) {
      case "send":
        this.home.later(random.below(15), () => this.send(effect));
        return;
      case "state":
        network.up(this, this.stateMessage(effect, true));
        return;
      case "gone":
        network.up(this, this.goneMessage(effect.gone));
        return;
      case "keys":
        if (this.home.disk.keys.statements.length > 0) network.up(this, this.keysMessage());
        return;
      case "prove":
        this.home.later(random.below(30), () => {
          const ranges = effect.ranges.filter(({ ep, eid, to, h }) => this.home.disk.hashAt({ ep, eid }, to) === h);
          this.step({ type: "proven", id: effect.id, ranges });
        });
        return;
      case "marks-changed":
        return;
    }
  }

  private read(effect: UplinkEffect & { type: "send" }): Frame[] {
    const frames: Frame[] = [];
    for (let seq = effect.first; seq <= effect.maxLast && frames.length < this.maxRecords; seq++) {
      const frame = this.home.disk.frame(effect.line, seq);
      if (frame === undefined) break;
      frames.push(frame);
    }
    return frames;
  }

  private send(effect: UplinkEffect & { type: "send" }): void {
    const { network } = this.world;
    const frames = this.read(effect);
    const last = frames.at(-1);
    if (last === undefined) {
      let to = effect.first;
      while (to < effect.maxLast && this.home.disk.frame(effect.line, to + 1) === undefined) to++;
      this.step({ type: "send-failed", id: effect.id, lost: { from: effect.first, to } });
    } else if (!network.isConnected(this)) this.step({ type: "send-failed", id: effect.id, lost: null });
    else this.publish(effect, frames, last);
  }

  private publish(effect: UplinkEffect & { type: "send" }, frames: readonly Frame[], last: Frame): void {
    const { crypto, network, random } = this.world;
    const { sha256 } = crypto;
    const { signer } = this.home.disk.keys;
    const h = fromHex(last.h) ?? new Uint8Array();
    const seal = sealAt(signer, { gw: this.gw, ...effect.line }, last.seq, h, wall);
    const items = frames.map(
      ({ bytes }): BatchItem => (effect.digestOnly ? { digest: recordDigest(sha256, bytes) } : { bytes }),
    );
    const bad = this.sealsBadly;
    this.sealsBadly = false;
    if (bad) this.world.oracle.excuseQuarantine(frames.map(({ bytes }) => bytes));
    const payload = encodeBatch(
      sha256,
      {
        v: 1,
        gw: this.gw,
        line: effect.line,
        first: effect.first,
        count: items.length,
        prev: frames[0]?.prev ?? "",
        seal: bad ? { ...seal, sig: sealAt(signer, { gw: this.gw, ...this.line }, 1, h, "never").sig } : seal,
        sender: this.line,
        witness: effect.witness,
        lane: effect.lane,
      },
      items,
    );
    const payloadHash = toHex(sha256(payload));
    this.batches.set(payloadHash, { line: effect.line, from: effect.first, to: last.seq, h: last.h });
    network.up(this, { type: "batch", gw: this.gw, payload, payloadHash });
    const sent: UplinkInput = {
      type: "sent",
      id: effect.id,
      last: last.seq,
      h: last.h,
      bytes: payload.length,
      payload: payloadHash,
    };
    // Now and then the answer is there before the shell has got round to saying what it sent.
    if (random.chance(0.1)) this.home.later(random.below(100), () => this.step(sent));
    else this.step(sent);
  }

  private stateMessage(
    core: Pick<State, "nonce" | "witness"> & { readonly lines: readonly State["lines"][number][] },
    online: boolean,
  ): UpMessage {
    const { keys } = this.home.disk;
    const state: State = {
      v: 1,
      nonce: core.nonce,
      line: this.line,
      online,
      lines: [...core.lines],
      keyHead:
        keys.statements.length === 0 ? null : keyLogHead(this.world.crypto.sha256, encodeKeyLog(keys.statements)),
      cseq: 0,
      config: 0,
      witness: core.witness,
      alarms: [],
      wall,
    };
    return { type: "state", gw: this.gw, kid: keys.signer.kid, state };
  }

  private goneMessage(gone: Gone): UpMessage {
    return { type: "gone", gw: this.gw, kid: this.home.disk.keys.signer.kid, gone };
  }

  private keysMessage(): UpMessage {
    return { type: "keys", gw: this.gw, payload: encodeKeyLog(this.home.disk.keys.statements) };
  }
}
