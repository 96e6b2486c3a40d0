import { type LineOfGateway, lineKey } from "../chain/line.ts";
import { maxBatchRecords } from "../messages/batch.ts";
import type { Downlink, FullReceipt, Nack, Receipt, Retry } from "../messages/link-messages.ts";
import { Confirmation } from "./confirmation.ts";
import { Flights } from "./flights.ts";
import type { Interval } from "./interval-set.ts";
import { type Choice, Lanes } from "./lanes.ts";
import { Refusals } from "./refusals.ts";
import { type UplinkLimits, uplinkLimits } from "./uplink-limits.ts";
import { lostRange, UplinkLine } from "./uplink-line.ts";
import type { Freeable, LineInventory, UplinkEffect, UplinkInput, UplinkOptions, UplinkStats } from "./uplink-port.ts";

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
  private readonly flights = new Flights();
  private readonly lanes: Lanes;
  private readonly confirmation: Confirmation;
  private readonly refusals: Refusals;
  private connected = false;
  private ready = false;
  /** Of the state that is not answered yet. */
  private nonce: string | null = null;
  private stateDueMs = Number.POSITIVE_INFINITY;
  private nextId = 1;
  private effects: UplinkEffect[] = [];

  constructor(options: UplinkOptions) {
    this.limits = options.limits ?? uplinkLimits;
    this.random = options.random;
    this.newNonce = options.newNonce;
    this.lanes = new Lanes(this.limits, this.flights);
    this.confirmation = new Confirmation(this.lines, this.flights);
    this.refusals = new Refusals(this.limits.nacksBeforeSplit);
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
    const wakeMs = Math.min(this.stateDueMs, this.flights.nextDeadlineMs, this.lanes.nextWakeMs(nowMs));
    return wakeMs === Number.POSITIVE_INFINITY ? null : wakeMs;
  }

  /** Whether a range may leave the disk: only what is receipted under the confirmed generation may. */
  freeable(line: LineOfGateway, from: number, to: number): Freeable {
    return this.confirmation.isCertain ? (this.lines.get(lineKey(line))?.freeable(from, to) ?? "no") : "no";
  }

  /** Figures for health and metrics. */
  stats(): UplinkStats {
    let pending = 0;
    for (const line of this.lines.values()) pending += line.pendingCount;
    const { ready, connected } = this;
    const { gen, witness } = this.confirmation;
    return { pending, inFlight: this.flights.size, ready, connected, gen, witness };
  }

  private take(input: UplinkInput, nowMs: number): void {
    switch (input.type) {
      case "connected":
        this.connect(nowMs);
        return;
      case "disconnected":
        this.drop();
        return;
      case "committed":
        this.running.commit(input.first, input.last, input.urgent);
        if (this.connected) this.lanes.queue(this.running, input.first, input.last, nowMs);
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
        this.lines.get(lineKey(input.line))?.free(input.from, input.to, input.h, this.confirmation.gen ?? "");
        return;
      case "rotated":
        if (!this.connected) return;
        this.effects.push({ type: "keys" });
        this.publishState(nowMs);
        return;
      case "tick":
        return;
    }
  }

  private connect(nowMs: number): void {
    this.drop();
    this.connected = true;
    this.effects.push({ type: "keys" });
    this.publishState(nowMs);
  }

  private drop(): void {
    this.connected = false;
    this.ready = false;
    this.stateDueMs = Number.POSITIVE_INFINITY;
    this.nonce = null;
    this.lanes.dequeue();
    this.flights.releaseAll();
    this.confirmation.forgetProofs();
  }

  private openLine(inventory: LineInventory, nowMs: number): void {
    this.lanes.dequeue();
    this.running = new UplinkLine(inventory);
    this.running.urgent.add(1, 1);
    this.lines.set(this.running.key, this.running);
    if (this.connected) this.publishState(nowMs);
  }

  private jitter(ms: number): number {
    return ms * (1 + this.random() / 4);
  }

  private expire(nowMs: number): void {
    this.flights.releaseOverdue(nowMs);
    this.lanes.expire(nowMs);
    if (this.connected && this.stateDueMs <= nowMs) this.publishState(nowMs);
  }

  private pump(nowMs: number): void {
    const { lanes, lines, running, ready } = this;
    const live = () => lanes.nextLive(running, lines.values(), ready, nowMs);
    for (let choice = live(); choice !== undefined; choice = live()) this.send(choice, nowMs);
    if (!ready) return;
    const backlog = () => lanes.nextBacklog(lines.values(), nowMs);
    for (let choice = backlog(); choice !== undefined; choice = backlog()) this.send(choice, nowMs);
  }

  private send({ lane, line, isFresh, from, to }: Choice, nowMs: number): void {
    const isAlone = line.singly.has(from) || line.digestOnly.has(from);
    const maxLast = isAlone ? from : Math.min(to, from + maxBatchRecords - 1);
    const id = this.nextId++;
    const deadlineMs = nowMs + this.jitter(this.limits.answerWithinMs);
    this.flights.begin({ id, lane, line, isFresh, first: from, last: maxLast, h: null, payload: null, deadlineMs });
    const { witness } = this.confirmation;
    const digestOnly = line.digestOnly.has(from);
    this.effects.push({ type: "send", id, lane, line: line.line, first: from, maxLast, digestOnly, witness });
  }

  private onSent(input: UplinkInput & { type: "sent" }, nowMs: number): void {
    const flight = this.flights.get(input.id);
    if (flight === undefined) return;
    const asked = flight.last;
    if (input.last < asked) {
      this.flights.shorten(flight, input.last);
      if (flight.lane === "live" && flight.line === this.running) {
        this.lanes.requeue(flight.line, input.last + 1, asked, nowMs);
      }
    }
    flight.h = input.h;
    flight.payload = input.payload;
    flight.deadlineMs = nowMs + this.jitter(this.limits.answerWithinMs);
    // The answer may have been quicker than this report.
    this.land(flight.line);
  }

  private onSendFailed(id: number, lost: Interval | null): void {
    const flight = this.flights.get(id);
    if (flight === undefined) return;
    this.flights.release(flight);
    if (lost !== null) flight.line.lose(lost.from, lost.to);
  }

  private publishState(nowMs: number): void {
    this.nonce = this.newNonce();
    this.confirmation.stateSent();
    this.stateDueMs = nowMs + this.jitter(this.ready ? this.limits.stateEveryMs : this.limits.answerWithinMs);
    const lines = [...this.lines.values()].filter((line) => line.head > 0).map((line) => line.stateLine());
    this.effects.push({ type: "state", nonce: this.nonce, lines, witness: this.confirmation.witness });
  }

  private onDownlink(message: Downlink, nowMs: number): void {
    switch (message.type) {
      case "receipt":
        this.onReceipt(message, nowMs);
        return;
      case "full":
        this.onFull(message, nowMs);
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
    this.hearGeneration(message.gen, nowMs);
    const { prove, isMarked } = this.confirmation.takeReceipt(message);
    if (prove !== null) this.effects.push({ type: "prove", ...prove });
    const line = this.lines.get(lineKey(message.line));
    if (line !== undefined) this.land(line);
    if (isMarked) this.effects.push({ type: "marks-changed" });
  }

  private hearGeneration(gen: string, nowMs: number): void {
    if (!this.confirmation.hear(gen) || !this.connected) return;
    // A state that is under way already asks the same question.
    if (this.nonce === null) this.publishState(nowMs);
    else this.stateDueMs = Math.min(this.stateDueMs, nowMs + this.jitter(this.limits.answerWithinMs));
  }

  /**
   * Each state is answered once. An answer to an older one (a retained state, read again by a centre that was restored)
   * marks nothing, but it may tell of a generation that we have not heard of.
   */
  private onFull(message: FullReceipt, nowMs: number): void {
    if (message.nonce !== this.nonce) {
      this.hearGeneration(message.gen, nowMs);
      return;
    }
    this.nonce = null;
    if (!this.confirmation.isConclusive(message)) this.publishState(nowMs);
    else this.effects.push({ type: "prove", ...this.confirmation.takeFull(message) });
  }

  private onProven(id: number, ranges: readonly (LineOfGateway & Interval)[]): void {
    const confirmed = this.confirmation.proven(id, ranges);
    for (const line of this.lines.values()) this.land(line);
    if (confirmed !== null) {
      for (const item of confirmed.lines) this.answerMissing(item);
      this.ready = true;
    }
    this.effects.push({ type: "marks-changed" });
  }

  private land(line: UplinkLine): void {
    for (const flight of this.flights.land(line)) this.refusals.forget(flight);
  }

  /** What is still on disk is sent again by itself, since it is not marked; the rest is stated to be gone. */
  private answerMissing({ ep, eid, missing }: FullReceipt["lines"][number]): void {
    const line = this.lines.get(lineKey({ ep, eid }));
    for (const [from, to] of missing) {
      const gone = line?.goneWithin({ from, to }) ?? [lostRange({ ep, eid }, { from, to })];
      for (const answer of gone) this.effects.push({ type: "gone", gone: answer });
    }
  }

  private onNack(message: Nack, nowMs: number): void {
    const flight = this.flights.ofPayload(message.payload);
    if (flight === undefined) return;
    this.flights.release(flight);
    this.refusals.count(flight);
    this.lanes.rest(flight.lane, nowMs + this.jitter(this.limits.restAfterNackMs));
  }

  /** A retry that names a payload not under way is an old one, or for a clone of ours. */
  private onRetry(message: Retry, nowMs: number): void {
    const flight = message.payload === null ? undefined : this.flights.ofPayload(message.payload);
    if (message.payload !== null && flight === undefined) return;
    if (flight === undefined) this.flights.releaseAll();
    else this.flights.release(flight);
    const untilMs = nowMs + this.jitter(message.afterMs);
    this.lanes.rest("live", untilMs);
    this.lanes.rest("backlog", untilMs);
    if (message.wantKeys) this.effects.push({ type: "keys" });
  }
}
