import { type LineOfGateway, lineKey } from "../chain/line.ts";
import { maxBatchRecords, type Witness } from "../messages/batch.ts";
import type { Downlink, FullReceipt, Nack, Receipt, Retry } from "../messages/link-messages.ts";
import type { Interval } from "./interval-set.ts";
import { lostRange, UplinkLine } from "./uplink-line.ts";
import type { Freeable, Lane, LineInventory, UplinkEffect, UplinkInput } from "./uplink-port.ts";

/** Timing and windows of the uplink. The defaults are the protocol's. */
export interface UplinkLimits {
  /** Batches under way per lane. */
  readonly window: number;
  readonly lingerMs: number;
  /** A commit not sent live within this time falls to the backlog. */
  readonly liveForMs: number;
  /** Without an answer for so long (plus up to a quarter) a batch is sent again. */
  readonly answerWithinMs: number;
  /** The state is published again so often: heartbeat, and the chance to answer what got lost. */
  readonly stateEveryMs: number;
  /** Nacks before a batch is taken apart, and before a single record goes as its digest. */
  readonly nacksBeforeSplit: number;
}

export const uplinkLimits: UplinkLimits = {
  window: 4,
  lingerMs: 50,
  liveForMs: 5_000,
  answerWithinMs: 30_000,
  stateEveryMs: 60_000,
  nacksBeforeSplit: 3,
};

interface InFlight {
  readonly id: number;
  readonly lane: Lane;
  readonly line: UplinkLine;
  readonly first: number;
  last: number;
  h: string | null;
  payload: string | null;
  deadlineMs: number;
}

interface LiveQueue {
  first: number;
  last: number;
  readonly sinceMs: number;
}

type ProvenRange = LineOfGateway & Interval & { readonly h: string };

/** Proofs the shell was asked for: of a plain receipt, or of a full one whose rest waits here. */
interface ProofWaiting {
  readonly gen: string;
  readonly full: FullReceipt | null;
  /** Receipted while the proof of a full receipt was under way: the full receipt does not know of them yet. */
  readonly since: { readonly line: UplinkLine; readonly from: number; readonly to: number }[];
}

/** Options of {@link UplinkMachine}. */
export interface UplinkOptions {
  readonly line: LineOfGateway;
  /** Every line the outbox knows, oldest first, the running one included. */
  readonly inventory: readonly LineInventory[];
  /** Uniform in [0, 1): jitter only. */
  readonly random: () => number;
  readonly newNonce: () => string;
  readonly limits?: UplinkLimits;
}

/**
 * The gateway's end of the record protocol as a state machine: which ranges to send on which lane, what is receipted
 * under the confirmed ledger generation, and what may therefore be freed. Performs nothing: {@link step} returns effects.
 * Memory grows with the number of lines and holes, not with the number of records.
 */
export class UplinkMachine {
  private readonly lines = new Map<string, UplinkLine>();
  private running: UplinkLine;
  private readonly limits: UplinkLimits;
  private readonly random: () => number;
  private readonly newNonce: () => string;
  private connected = false;
  /** A full receipt has been worked in since the connection came up. */
  private ready = false;
  private confirmedGen: string | null = null;
  private witness: Witness | null = null;
  private nonce: string | null = null;
  private stateDueMs = Number.POSITIVE_INFINITY;
  private pausedUntilMs = 0;
  private backlogPausedUntilMs = 0;
  private live: LiveQueue | null = null;
  private readonly inFlight = new Map<number, InFlight>();
  private readonly proofs = new Map<number, ProofWaiting>();
  private readonly nackCounts = new Map<string, number>();
  /** Receipts of a generation not confirmed yet: they count once the full receipt confirms it. */
  private unconfirmed: { gen: string; ranges: { line: UplinkLine; from: number; to: number }[] } | null = null;
  private nextId = 1;
  private effects: UplinkEffect[] = [];

  constructor(options: UplinkOptions) {
    this.limits = options.limits ?? uplinkLimits;
    this.random = options.random;
    this.newNonce = options.newNonce;
    for (const inventory of options.inventory) this.lines.set(lineKey(inventory), new UplinkLine(inventory));
    const running = this.lines.get(lineKey(options.line));
    this.running = running ?? new UplinkLine({ ...options.line, head: 0, held: [], freed: [], urgent: [] });
    this.lines.set(this.running.key, this.running);
    this.running.urgent.add(1, 1);
  }

  /** Takes one event; returns what to do, in order. */
  step(input: UplinkInput, nowMs: number): UplinkEffect[] {
    this.effects = [];
    this.take(input, nowMs);
    this.expire(nowMs);
    if (this.connected) this.pump(nowMs);
    return this.effects;
  }

  /** When {@link step} should be called with `tick` at the latest; null when nothing is due. */
  nextWakeMs(nowMs: number): number | null {
    if (!this.connected) return null;
    let wake = this.stateDueMs;
    for (const flight of this.inFlight.values()) wake = Math.min(wake, flight.deadlineMs);
    if (this.live !== null) {
      // Due but not sent: the window is full, and only an answer or the fall to the backlog changes that.
      const dueMs = this.live.sinceMs + this.limits.lingerMs;
      wake = Math.min(wake, dueMs > nowMs ? dueMs : this.live.sinceMs + this.limits.liveForMs);
    }
    for (const paused of [this.pausedUntilMs, this.backlogPausedUntilMs]) if (paused > 0) wake = Math.min(wake, paused);
    return wake === Number.POSITIVE_INFINITY ? null : wake;
  }

  /** Whether a range may leave the disk: only what is receipted under the confirmed generation may. */
  freeable(line: LineOfGateway, from: number, to: number): Freeable {
    if (this.confirmedGen === null) return "no";
    return this.lines.get(lineKey(line))?.freeable(from, to) ?? "no";
  }

  /** Figures for health and metrics. */
  stats(): {
    pending: number;
    inFlight: number;
    ready: boolean;
    connected: boolean;
    gen: string | null;
    witness: Witness | null;
  } {
    let pending = 0;
    for (const line of this.lines.values()) pending += line.pendingCount;
    const { ready, connected, confirmedGen: gen, witness } = this;
    return { pending, inFlight: this.inFlight.size, ready, connected, gen, witness };
  }

  private take(input: UplinkInput, nowMs: number): void {
    switch (input.type) {
      case "connected":
        this.connected = true;
        this.ready = false;
        this.running.urgent.add(1, 1);
        this.publishState(nowMs);
        return;
      case "disconnected":
        this.drop();
        return;
      case "committed":
        this.running.commit(input.first, input.last, input.urgent);
        if (this.connected) this.queueLive(input.first, input.last, nowMs);
        return;
      case "line-opened":
        this.openLine(input.inventory, nowMs);
        return;
      case "sent":
        this.onSent(input, nowMs);
        return;
      case "send-failed":
        this.onSendFailed(input.id, input.lost);
        return;
      case "downlink":
        this.onDownlink(input.message, nowMs);
        return;
      case "proven":
        this.onProven(input.id, input.ranges);
        return;
      case "freed":
        this.lines.get(lineKey(input.line))?.free(input.from, input.to, input.h, this.confirmedGen ?? "");
        return;
      case "tick":
        return;
    }
  }

  private openLine(inventory: LineInventory, nowMs: number): void {
    this.dequeueLive();
    this.running = new UplinkLine(inventory);
    this.running.urgent.add(1, 1);
    this.lines.set(this.running.key, this.running);
    if (this.connected) this.publishState(nowMs);
  }

  private drop(): void {
    this.connected = false;
    this.ready = false;
    this.stateDueMs = Number.POSITIVE_INFINITY;
    this.nonce = null;
    this.dequeueLive();
    for (const flight of [...this.inFlight.values()]) this.release(flight);
    this.proofs.clear();
  }

  // --- sending

  private queueLive(first: number, last: number, nowMs: number): void {
    if (this.live?.last === first - 1) this.live.last = last;
    else {
      this.dequeueLive();
      this.live = { first, last, sinceMs: nowMs };
    }
    this.running.queuedLive.add(first, last);
  }

  private dequeueLive(): void {
    this.live = null;
    this.running.queuedLive.clear();
  }

  private jitter(ms: number): number {
    return ms * (1 + this.random() / 4);
  }

  private expire(nowMs: number): void {
    for (const flight of [...this.inFlight.values()]) if (flight.deadlineMs <= nowMs) this.release(flight);
    if (this.live !== null && nowMs - this.live.sinceMs >= this.limits.liveForMs) this.dequeueLive();
    if (this.connected && this.stateDueMs <= nowMs) this.publishState(nowMs);
    if (this.pausedUntilMs <= nowMs) this.pausedUntilMs = 0;
    if (this.backlogPausedUntilMs <= nowMs) this.backlogPausedUntilMs = 0;
  }

  private pump(nowMs: number): void {
    if (this.pausedUntilMs > nowMs) return;
    this.pumpLive(nowMs);
    if (!this.ready || this.backlogPausedUntilMs > nowMs) return;
    while (this.underWay("backlog") < this.limits.window) {
      const next = this.nextBacklog();
      if (next === undefined) return;
      this.send("backlog", next.line, next.range.from, next.range.to, nowMs);
    }
  }

  private pumpLive(nowMs: number): void {
    for (;;) {
      const busy = this.underWay("live");
      if (busy >= this.limits.window) return;
      const urgent = this.nextUrgent();
      // New commits leave one place to the urgent records of an outage.
      const room = urgent === undefined ? this.limits.window : this.limits.window - 1;
      if (this.live !== null && busy < room && this.liveIsDue(busy, nowMs)) {
        const { first, last } = this.live;
        this.dequeueLive();
        this.send("live", this.running, first, last, nowMs);
      } else if (urgent !== undefined) {
        this.send("live", urgent.line, urgent.seq, urgent.seq, nowMs);
      } else return;
    }
  }

  private liveIsDue(busy: number, nowMs: number): boolean {
    if (this.live === null) return false;
    const full = this.live.last - this.live.first + 1 >= maxBatchRecords;
    return busy === 0 || full || nowMs - this.live.sinceMs >= this.limits.lingerMs;
  }

  private underWay(lane: Lane): number {
    let count = 0;
    for (const flight of this.inFlight.values()) if (flight.lane === lane) count++;
    return count;
  }

  /** Urgent records wait for the full receipt, which says which of them the centre has; the epoch record does not. */
  private nextUrgent(): { line: UplinkLine; seq: number } | undefined {
    if (!this.ready) {
      const seq = this.running.nextUrgent();
      return seq === 1 ? { line: this.running, seq } : undefined;
    }
    for (const line of this.lines.values()) {
      const seq = line.nextUrgent();
      if (seq !== undefined) return { line, seq };
    }
    return undefined;
  }

  private nextBacklog(): { line: UplinkLine; range: Interval } | undefined {
    for (const line of this.lines.values()) {
      const range = line.nextPending();
      if (range !== undefined) return { line, range };
    }
    return undefined;
  }

  private send(lane: Lane, line: UplinkLine, first: number, wanted: number, nowMs: number): void {
    const alone = line.singly.has(first) || line.digestOnly.has(first);
    const maxLast = alone ? first : Math.min(wanted, first + maxBatchRecords - 1);
    const id = this.nextId++;
    line.inFlight.add(first, maxLast);
    const deadlineMs = nowMs + this.jitter(this.limits.answerWithinMs);
    this.inFlight.set(id, { id, lane, line, first, last: maxLast, h: null, payload: null, deadlineMs });
    const digestOnly = line.digestOnly.has(first);
    this.effects.push({ type: "send", id, lane, line: line.line, first, maxLast, digestOnly, witness: this.witness });
  }

  private onSent(input: UplinkInput & { type: "sent" }, nowMs: number): void {
    const flight = this.inFlight.get(input.id);
    if (flight === undefined) return;
    if (input.last < flight.last) {
      const rest = { first: input.last + 1, last: flight.last };
      flight.line.inFlight.remove(rest.first, rest.last);
      if (flight.lane === "live" && flight.line === this.running) this.requeueLive(rest, nowMs);
      flight.last = input.last;
    }
    flight.h = input.h;
    flight.payload = input.payload;
    flight.deadlineMs = nowMs + this.jitter(this.limits.answerWithinMs);
  }

  private requeueLive(rest: { first: number; last: number }, nowMs: number): void {
    if (this.live === null) this.live = { ...rest, sinceMs: nowMs };
    else if (this.live.first === rest.last + 1) this.live.first = rest.first;
    else return;
    this.running.queuedLive.add(rest.first, rest.last);
  }

  private onSendFailed(id: number, lost: Interval | null): void {
    const flight = this.inFlight.get(id);
    if (flight === undefined) return;
    this.release(flight);
    if (lost !== null) flight.line.lose(lost.from, lost.to);
  }

  private release(flight: InFlight): void {
    flight.line.inFlight.remove(flight.first, flight.last);
    this.inFlight.delete(flight.id);
  }

  // --- state and answers

  private publishState(nowMs: number): void {
    this.nonce = this.newNonce();
    this.stateDueMs = nowMs + this.jitter(this.ready ? this.limits.stateEveryMs : this.limits.answerWithinMs);
    const lines = [...this.lines.values()].filter((line) => line.head > 0).map((line) => line.stateLine());
    this.effects.push({ type: "state", nonce: this.nonce, lines, witness: this.witness });
  }

  private onDownlink(message: Downlink, nowMs: number): void {
    switch (message.type) {
      case "receipt":
        this.onReceipt(message, nowMs);
        return;
      case "full":
        this.onFull(message);
        return;
      case "nack":
        this.onNack(message, nowMs);
        return;
      case "retry":
        this.onRetry(message, nowMs);
        return;
    }
  }

  private onReceipt(message: Receipt, nowMs: number): void {
    const line = this.lines.get(lineKey(message.line));
    if (message.gen !== this.confirmedGen) {
      if (this.unconfirmed?.gen !== message.gen) {
        this.unconfirmed = { gen: message.gen, ranges: [] };
        // Before the first full receipt the state is under way already.
        if (this.ready) this.publishState(nowMs);
      }
    } else if (this.witness === null || message.witness.n > this.witness.n) this.witness = message.witness;
    if (line === undefined) return;
    for (const [from, to] of message.disputed) this.settle(line, from, to, "disputed", message.gen);
    const unproven: ProvenRange[] = [];
    for (const [from, to, h] of message.ranges) {
      if (this.sentWith(line, to, h)) this.settle(line, from, to, "stored", message.gen);
      else unproven.push({ ...line.line, from, to, h });
    }
    if (unproven.length > 0) this.prove(unproven, { gen: message.gen, full: null, since: [] });
  }

  private sentWith(line: UplinkLine, last: number, h: string): boolean {
    for (const flight of this.inFlight.values()) {
      if (flight.line === line && flight.last === last && flight.h === h) return true;
    }
    return false;
  }

  private prove(ranges: readonly ProvenRange[], waiting: ProofWaiting): void {
    const id = this.nextId++;
    this.proofs.set(id, waiting);
    this.effects.push({ type: "prove", id, ranges });
  }

  private settle(line: UplinkLine, from: number, to: number, outcome: "stored" | "disputed", gen: string): void {
    if (outcome === "stored") {
      for (const waiting of this.proofs.values()) {
        if (waiting.full !== null && waiting.gen === gen) waiting.since.push({ line, from, to });
      }
    }
    if (gen !== this.confirmedGen) {
      if (outcome === "stored" && this.unconfirmed?.gen === gen) this.unconfirmed.ranges.push({ line, from, to });
    } else if (outcome === "stored") {
      line.mark(from, to);
      this.effects.push({ type: "marks-changed" });
    } else {
      for (const part of line.marks.missing(from, to)) line.disputed.add(part.from, part.to);
    }
    this.land(line);
  }

  /** Batches that are wholly answered are no longer under way. */
  private land(line: UplinkLine): void {
    for (const flight of [...this.inFlight.values()]) {
      if (flight.line !== line || flight.h === null) continue;
      const open = [line.marks, line.disputed, line.digestStored].reduce(
        (left, set) => left.flatMap((part) => set.missing(part.from, part.to)),
        [{ from: flight.first, to: flight.last }] as Interval[],
      );
      if (open.length === 0) {
        this.nackCounts.delete(`${line.key}:${flight.first}`);
        this.release(flight);
      }
    }
  }

  private onFull(message: FullReceipt): void {
    if (message.nonce !== this.nonce) return;
    const ranges: ProvenRange[] = [];
    for (const item of message.lines) {
      if (!this.lines.has(lineKey(item))) continue;
      for (const [from, to, h] of item.ranges) ranges.push({ ep: item.ep, eid: item.eid, from, to, h });
    }
    this.prove(ranges, { gen: message.gen, full: message, since: [] });
  }

  private onProven(id: number, ranges: readonly (LineOfGateway & Interval)[]): void {
    const waiting = this.proofs.get(id);
    if (waiting === undefined) return;
    this.proofs.delete(id);
    if (waiting.full !== null) {
      this.confirm(waiting.full, ranges, waiting.since);
      return;
    }
    for (const range of ranges) {
      const line = this.lines.get(lineKey(range));
      if (line !== undefined) this.settle(line, range.from, range.to, "stored", waiting.gen);
    }
  }

  private confirm(
    message: FullReceipt,
    proven: readonly (LineOfGateway & Interval)[],
    since: ProofWaiting["since"],
  ): void {
    this.confirmedGen = message.gen;
    this.witness = message.witness;
    const early = this.unconfirmed?.gen === message.gen ? this.unconfirmed.ranges : [];
    this.unconfirmed = null;
    const answers = new Map(message.lines.map((item) => [lineKey(item), item]));
    for (const line of this.lines.values()) {
      const disputed = (answers.get(line.key)?.disputed ?? []).map(([from, to]) => ({ from, to }));
      line.setMarks(
        proven.filter((range) => lineKey(range) === line.key),
        disputed,
      );
    }
    for (const { line, from, to } of [...early, ...since]) line.mark(from, to);
    for (const line of this.lines.values()) this.land(line);
    for (const item of message.lines) {
      const ranges = item.missing.map(([from, to]) => ({ from, to }));
      this.answerMissing(item, ranges);
    }
    this.ready = true;
    this.effects.push({ type: "marks-changed" });
  }

  private answerMissing(item: LineOfGateway, missing: readonly Interval[]): void {
    const line = this.lines.get(lineKey(item));
    for (const range of missing) {
      const gone =
        line === undefined
          ? [lostRange({ ep: item.ep, eid: item.eid }, range)]
          : line === this.running
            ? line.lost.within(range.from, range.to).map((part) => lostRange(line.line, part))
            : line.goneWithin(range);
      for (const answer of gone) this.effects.push({ type: "gone", gone: answer });
    }
  }

  private onNack(message: Nack, nowMs: number): void {
    for (const flight of this.inFlight.values()) {
      if (flight.payload !== message.payload) continue;
      this.release(flight);
      const key = `${flight.line.key}:${flight.first}`;
      const nacks = (this.nackCounts.get(key) ?? 0) + 1;
      this.nackCounts.set(key, nacks);
      if (nacks >= this.limits.nacksBeforeSplit) {
        this.nackCounts.delete(key);
        if (flight.last > flight.first) flight.line.singly.add(flight.first, flight.last);
        else flight.line.digestOnly.add(flight.first, flight.first);
      }
      this.backlogPausedUntilMs = nowMs + this.jitter(1_000);
      return;
    }
  }

  private onRetry(message: Retry, nowMs: number): void {
    for (const flight of [...this.inFlight.values()]) {
      if (message.payload === null || flight.payload === message.payload) this.release(flight);
    }
    this.pausedUntilMs = Math.max(this.pausedUntilMs, nowMs + this.jitter(message.afterMs));
    if (message.wantKeys) this.effects.push({ type: "keys" });
  }
}
