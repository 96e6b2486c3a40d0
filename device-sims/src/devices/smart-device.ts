import type { IntakeAnswer, IntakeChannel } from "@mingcheng/protocols/intake";
import type { SimClock } from "../clock.ts";
import type { Oracle } from "../oracle.ts";
import type { Random } from "../random.ts";
import { openSmartLink, type SmartAccess, type SmartLink, type SmartReply } from "./smart-link.ts";
import { type Mischief, type MischiefOutcome, misbehave } from "./smart-mischief.ts";

/** What goes wrong on the way, by probability per message. */
export interface SmartFaults {
  /** The message is sent twice. */
  readonly duplicate: number;
  /** The next message overtakes it. */
  readonly reorder: number;
  /** The connection breaks half way through the message, or before its answer. */
  readonly cut: number;
  /** Rubbish is sent before it. */
  readonly garbage: number;
}

/** What a smart device needs. */
export interface SmartParts {
  readonly id: string;
  readonly protocol: string;
  readonly access: SmartAccess;
  readonly faults: SmartFaults;
  readonly clock: SimClock;
  readonly random: Random;
  readonly oracle: Oracle;
}

/** A device that sends by itself and keeps every message until it is answered. */
export interface SmartDevice {
  readonly id: string;
  readonly address: string;
  /** Queues a message; returns the id that the device gave it. */
  say(channel: Exclude<IntakeChannel, "heartbeats">, message: Readonly<Record<string, unknown>>): string;
  /** Sends a sign of life now. */
  heartbeat(): Promise<void>;
  misbehave(how: Mischief): Promise<MischiefOutcome>;
  /** Resolves when everything queued so far is answered; also when the device stops. */
  drained(): Promise<void>;
  queued(): number;
  /** Breaks the connection. */
  drop(): void;
  stop(): Promise<void>;
}

interface Queued {
  readonly id: string;
  readonly channel: Exclude<IntakeChannel, "heartbeats">;
  readonly text: string;
  said: boolean;
}

const againMs = { least: 100, most: 1_500 };
const two = (value: number): string => value.toString().padStart(2, "0");

/** Local time with offset, as a device with a clock of its own says it. */
export const deviceTimeText = (wallMs: number): string => {
  const at = new Date(wallMs);
  const offset = -at.getTimezoneOffset();
  const zone = `${offset < 0 ? "-" : "+"}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}${zone}`;
};

/** Sends what is queued, in order, until each is answered. */
class RunningDevice implements SmartDevice {
  readonly id: string;
  readonly address: string;
  private readonly parts: SmartParts;
  private readonly link: SmartLink;
  private readonly stopping = new AbortController();
  private readonly queue: Queued[] = [];
  private readonly prefix: string;
  private readonly running: Promise<void>;
  private count = 0;
  private watchers: (() => void)[] = [];
  private wake = (): void => undefined;

  constructor(parts: SmartParts) {
    const { id, access, oracle } = parts;
    this.parts = parts;
    this.id = id;
    this.address = access.url;
    this.link = openSmartLink(access);
    // Its number and the moment it was switched on: no two messages of a device have the same.
    this.prefix = deviceTimeText(oracle.wallMs())
      .replaceAll(/[^0-9]/g, "")
      .slice(0, 14);
    this.running = this.run();
  }

  say(channel: Queued["channel"], message: Readonly<Record<string, unknown>>): string {
    this.count += 1;
    const id = `${this.prefix}-${this.count.toString().padStart(6, "0")}`;
    const text = JSON.stringify({ id, at: deviceTimeText(this.parts.oracle.wallMs()), ...message });
    this.queue.push({ id, channel, text, said: false });
    this.wake();
    return id;
  }

  async heartbeat(): Promise<void> {
    const at = deviceTimeText(this.parts.oracle.wallMs());
    this.count += 1;
    const id = `${this.prefix}-h${this.count}`;
    await this.link.send("heartbeats", JSON.stringify({ id, at, pending: this.queue.length }));
  }

  async misbehave(how: Mischief): Promise<MischiefOutcome> {
    const { id, access, clock, oracle } = this.parts;
    const outcome = await misbehave(how, access, clock);
    oracle.write({ event: "misbehaved", device: id, how, ...outcome, atMs: oracle.wallMs() });
    return outcome;
  }

  drained(): Promise<void> {
    return this.queue.length === 0 ? Promise.resolve() : new Promise((resolve) => this.watchers.push(resolve));
  }

  queued(): number {
    return this.queue.length;
  }

  drop(): void {
    this.link.drop();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    this.wake();
    this.link.drop();
    await this.running;
    for (const watcher of this.watchers.splice(0)) watcher();
    await this.link.close();
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const next = this.next();
      if (next === undefined) {
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
        continue;
      }
      if (!(await this.settle(next))) continue;
      this.queue.splice(this.queue.indexOf(next), 1);
      if (this.queue.length === 0) for (const watcher of this.watchers.splice(0)) watcher();
    }
  }

  private next(): Queued | undefined {
    const { random, faults } = this.parts;
    const overtakes = this.queue.length > 1 && random.chance(faults.reorder);
    return this.queue[overtakes ? 1 : 0];
  }

  /** One attempt; true when the message is done with. */
  private async settle(message: Queued): Promise<boolean> {
    const { random, faults, clock } = this.parts;
    if (!message.said) this.write("message-said", message, null);
    message.said = true;
    if (random.chance(faults.garbage)) await this.link.send(message.channel, `{"id":"${message.id}","rubbish`);
    const cut = random.chance(faults.cut) ? (random.chance(0.5) ? "message" : "answer") : undefined;
    const reply = await this.link.send(message.channel, message.text, cut);
    if (this.isPassing(reply)) {
      await clock.sleep(againMs.least + random.below(againMs.most - againMs.least), this.stopping.signal);
      return false;
    }
    const { answer } = reply;
    this.write(answer.result === "refused" ? "message-refused" : "message-acknowledged", message, answer);
    if (random.chance(faults.duplicate)) await this.link.send(message.channel, message.text);
    return true;
  }

  private isPassing(reply: SmartReply): reply is Extract<SmartReply, { kind: "lost" }> {
    return reply.kind === "lost" || (reply.answer.result === "refused" && reply.answer.error.retryable);
  }

  private write(
    event: "message-said" | "message-acknowledged" | "message-refused",
    { id, channel, text }: Queued,
    answer: IntakeAnswer | null,
  ): void {
    const { oracle, protocol } = this.parts;
    const { id: device } = this;
    oracle.write({ event, device, protocol, channel, id, text, answer, atMs: oracle.wallMs() });
  }
}

/** Switches a smart device on. */
export const startSmartDevice = (parts: SmartParts): SmartDevice => new RunningDevice(parts);
