import { randomBytes } from "node:crypto";
import { encodeSigned, type LineOfGateway, MingchengError, sameLine, signedTags, topics } from "@mingcheng/protocols";
import {
  type StateCore,
  type UplinkEffect,
  type UplinkInput,
  UplinkMachine,
  uplinkLimits,
} from "@mingcheng/protocols/link";
import { type Commit, OutboxDamagedError } from "../outbox/outbox.ts";
import { type BatchParts, buildBatch } from "./batch-builder.ts";
import { downlinkReader } from "./downlink-reader.ts";
import { type DriverCounts, noCounts } from "./driver-counts.ts";
import { Freeing } from "./freeing.ts";
import type { MqttConnection } from "./mqtt-connection.ts";
import { StateWriter, stateLines } from "./state-writer.ts";
import type { UplinkOptions } from "./uplink.ts";

/** Below so many free bytes receipted segments go before their age. */
const defaultMinFreeBytes = 64 * 1024 * 1024;
/** After a failed read of the outbox's disk. */
const readAgainMs = 1_000;
/** A changed alarm goes out at once; further changes within this time go out together. */
const alarmPauseMs = 1_000;

/** So many times asked for the key log on one connection: the centre really does not know the key. */
const worryingKeyQuestions = 5;

const newNonce = (): string => randomBytes(16).toString("hex");

/**
 * Drives the uplink machine: carries out its effects over the present connection, feeds it commits, answers and time.
 * Knows nothing of how connections are made.
 */
export class MachineDriver {
  readonly counts: DriverCounts = { ...noCounts };
  /** The line the machine runs under. */
  line: LineOfGateway;
  lastReceiptAt: string | null = null;
  /** Monotonic time since which the centre answers on the present connection; null while it does not. */
  readySinceMs: number | null = null;
  /** Called when the outbox opened another line: client id and will name the line, so it takes a new connection. */
  onLineChanged: () => void = () => undefined;
  private readonly options: UplinkOptions;
  private readonly machine: UplinkMachine;
  private readonly states: StateWriter;
  private readonly freeing: Freeing;
  private readonly batchParts: BatchParts;
  private readonly read: ReturnType<typeof downlinkReader>;
  private readonly unsubscribe: (() => void)[];
  private connection: MqttConnection | null = null;
  /** The last state asked for, and when its nonce first went out. */
  private asked: { readonly core: StateCore; readonly atMs: number } | null = null;
  private wakeAtMs = Number.POSITIVE_INFINITY;
  private cancelWake: (() => void) | undefined;
  private cancelAlarm: (() => void) | undefined;
  private isAlarmWaiting = false;
  /** On the present connection. */
  private keyQuestions = 0;

  constructor(options: UplinkOptions) {
    const { identity, outbox, clock, log } = options;
    const { gw, signer } = identity;
    const wall = () => clock.wall();
    this.options = options;
    this.line = { ep: outbox.line.ep, eid: outbox.line.eid };
    this.machine = new UplinkMachine({
      line: this.line,
      inventory: outbox.inventory(),
      random: options.random ?? Math.random,
      newNonce,
      limits: options.limits ?? uplinkLimits,
    });
    const facts = options.facts ?? (() => ({ cseq: 0, config: 0 }));
    const health = options.health ?? (() => undefined);
    this.states = new StateWriter({ gw, signer, wall, facts, health });
    this.batchParts = { gw, signer, outbox, wall };
    this.read = downlinkReader(gw, identity.receiptKey);
    this.freeing = new Freeing({
      outbox,
      machine: this.machine,
      clock,
      log,
      minFreeBytes: options.minFreeBytes ?? defaultMinFreeBytes,
      lastReceiptAt: () => this.lastReceiptAt,
      onFreed: ({ line, from, to, h }) => {
        this.counts.freedRecords += to - from + 1;
        this.step({ type: "freed", line, from, to, h });
      },
    });
    this.unsubscribe = [
      outbox.onCommit((commit) => this.committed(commit)),
      outbox.onFault(() => this.freeing.diskFailed()),
      signer.onRotated(() => {
        this.keyQuestions = 0;
        this.step({ type: "rotated" });
      }),
    ];
  }

  machineStats(): ReturnType<UplinkMachine["stats"]> {
    return this.machine.stats();
  }

  /** The state to be published when this side dies without a word, or now that it goes. */
  offlineState(): Uint8Array {
    const lines = stateLines(this.options.outbox.inventory());
    const { witness } = this.machine.stats();
    return this.states.write(this.line, false, { nonce: newNonce(), lines, witness });
  }

  connected(connection: MqttConnection): void {
    this.connection = connection;
    this.keyQuestions = 0;
    this.step({ type: "connected" });
  }

  disconnected(): void {
    this.connection = null;
    this.readySinceMs = null;
    this.step({ type: "disconnected" });
  }

  /** Sends beside the records. False when not connected. */
  send(topic: string, payload: Uint8Array): boolean {
    this.publish(topic, payload, false);
    return this.connection !== null;
  }

  /** See `Uplink.isReceipted`. */
  isReceipted(line: LineOfGateway, seq: number): boolean {
    return this.machine.freeable(line, seq, seq) === "receipted";
  }

  setAlarm(code: string, detail: string): void {
    if (this.states.setAlarm(code, detail)) this.changed();
  }

  clearAlarm(code: string): void {
    if (this.states.clearAlarm(code)) this.changed();
  }

  /** An answer came in. */
  receive(payload: Uint8Array): void {
    const { clock, log } = this.options;
    const read = this.read(payload);
    if ("refused" in read) {
      const count = ++this.counts.refusedDownlinks;
      // The first of each power of ten: enough to be seen, too little to fill a disk.
      if (/^10*$/.test(String(count))) log.warn({ reason: read.refused, count }, "uplink: an answer was refused");
      return;
    }
    if ("authorities" in read) {
      this.options.onAuthorities?.(payload, read.authorities);
      return;
    }
    const { message } = read;
    if (message.type === "full" && message.nonce === this.asked?.core.nonce) clock.learn(message.at, this.asked.atMs);
    this.lastReceiptAt = message.at;
    this.step({ type: "downlink", message });
  }

  stop(): void {
    for (const end of this.unsubscribe) end();
    this.freeing.stop();
    this.cancelWake?.();
    this.cancelAlarm?.();
    this.disconnected();
  }

  private step(input: UplinkInput): void {
    const nowMs = this.options.clock.nowMs();
    for (const effect of this.machine.step(input, nowMs)) this.perform(effect, nowMs);
    this.planWake(nowMs);
  }

  private planWake(nowMs: number): void {
    const wakeMs = this.machine.nextWakeMs(nowMs);
    // A timer that is due too early only costs a tick.
    if (wakeMs === null || wakeMs >= this.wakeAtMs) return;
    this.cancelWake?.();
    this.wakeAtMs = wakeMs;
    this.cancelWake = this.options.clock.after(Math.max(1, Math.ceil(wakeMs - nowMs)), () => {
      this.wakeAtMs = Number.POSITIVE_INFINITY;
      this.step({ type: "tick" });
    });
  }

  private committed({ line, first, last, urgent }: Commit): void {
    if (!sameLine(line, this.line)) this.adopt(line);
    this.step({ type: "committed", first, last, urgent });
  }

  private adopt(line: LineOfGateway): void {
    this.line = { ep: line.ep, eid: line.eid };
    const known = this.options.outbox.inventory().find((candidate) => sameLine(candidate, line));
    const inventory = known ?? { ...this.line, head: 0, held: [], freed: [], urgent: [] };
    this.step({ type: "line-opened", inventory });
    this.onLineChanged();
  }

  private perform(effect: UplinkEffect, nowMs: number): void {
    const { gw, signer } = this.options.identity;
    switch (effect.type) {
      case "send":
        this.carryOut(this.sendBatch(effect), "a batch");
        return;
      case "state":
        this.asked = { core: { ...effect, lines: [...effect.lines] }, atMs: nowMs };
        this.publishState();
        return;
      case "gone":
        this.publish(topics.gone(gw), encodeSigned(signedTags.gone, gw, effect.gone, signer), false);
        return;
      case "keys":
        if (signer.log.length > 0) this.publish(topics.keys(gw), signer.log, false);
        this.keysWanted(signer.kid);
        return;
      case "prove":
        this.carryOut(this.prove(effect), "a proof");
        return;
      case "marks-changed":
        this.readySinceMs ??= this.machine.stats().ready ? nowMs : null;
        this.freeing.marksChanged();
        return;
    }
  }

  /** Right after the enrolment the centre may ask a time or two until its ledger has heard of the key. */
  private keysWanted(kid: string): void {
    if (++this.keyQuestions !== worryingKeyQuestions) return;
    this.options.log.error({ kid }, "uplink: the centre does not know this gateway's key; enrol again");
  }

  private carryOut(task: Promise<void>, what: string): void {
    task.catch((error: unknown) => this.options.log.error({ error: String(error) }, `uplink: ${what} failed`));
  }

  /** PUBACK frees nothing, and what the connection's end leaves without one is sent again: nobody waits for it. */
  private publish(topic: string, payload: Uint8Array, retain: boolean): void {
    if (this.connection === null) return;
    this.counts.bytesSent += payload.length;
    this.connection.publish(topic, payload, retain).catch((error: unknown) => {
      if (!(error instanceof MingchengError)) throw error;
    });
  }

  private publishState(): void {
    if (this.asked === null) return;
    const topic = topics.state(this.options.identity.gw, this.line.eid);
    this.publish(topic, this.states.write(this.line, true, this.asked.core), true);
  }

  /** What a state says has changed. The same question again, with the alarms and heads of now: the centre's answer fits the nonce as well. */
  changed(): void {
    if (this.asked === null || this.connection === null) return;
    if (this.cancelAlarm !== undefined) {
      this.isAlarmWaiting = true;
      return;
    }
    const core = { ...this.asked.core, lines: stateLines(this.options.outbox.inventory()) };
    this.asked = { core, atMs: this.asked.atMs };
    this.publishState();
    this.cancelAlarm = this.options.clock.after(alarmPauseMs, () => {
      this.cancelAlarm = undefined;
      if (!this.isAlarmWaiting) return;
      this.isAlarmWaiting = false;
      this.changed();
    });
  }

  private async sendBatch(effect: UplinkEffect & { readonly type: "send" }): Promise<void> {
    const { connection } = this;
    const { id } = effect;
    try {
      const { payload, payloadHash, first, last, h } = await buildBatch(this.batchParts, this.line, effect);
      if (this.connection !== connection || connection === null) return;
      this.counts.batchesSent++;
      this.counts.recordsSent += last - first + 1;
      // Before the bytes leave, so that the answer finds the machine prepared.
      this.step({ type: "sent", id, last, h, bytes: payload.length, payload: payloadHash });
      this.publish(topics.records(this.options.identity.gw), payload, false);
    } catch (error) {
      if (error instanceof OutboxDamagedError) return this.step({ type: "send-failed", id, lost: error.range });
      this.options.log.warn({ error: String(error) }, "uplink: the outbox cannot be read");
      this.options.clock.after(readAgainMs, () => this.step({ type: "send-failed", id, lost: null }));
    }
  }

  private async prove({ id, ranges }: UplinkEffect & { readonly type: "prove" }): Promise<void> {
    const { outbox } = this.options;
    const proven = [];
    for (const range of ranges) if ((await outbox.hashAt(range, range.to)) === range.h) proven.push(range);
    this.step({ type: "proven", id, ranges: proven });
  }
}
