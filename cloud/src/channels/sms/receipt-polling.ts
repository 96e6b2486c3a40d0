import type { AwaitedReceipt, ChannelPorts, DeliveryReceipt, Inbound } from "../channel.ts";

/** Answer of a provider about one message: its receipt, none yet, or why the provider cannot be asked now. */
export type Asked = DeliveryReceipt | "pending" | { readonly unavailable: string };

/** How receipts are asked for. */
export interface ReceiptPollingOptions {
  /** For the log. */
  readonly channel: string;
  readonly ports: Pick<ChannelPorts, "log" | "nowMs" | "later">;
  /** First question after so long; every further one after twice the time, at most ten minutes. */
  readonly firstMs: number;
  /** Asks the provider. `turn` counts from 0. Never rejects. */
  ask(awaited: AwaitedReceipt, turn: number, signal: AbortSignal): Promise<Asked>;
}

interface Waiting extends AwaitedReceipt {
  turn: number;
  dueMs: number;
  receipt?: DeliveryReceipt;
}

const minute = 60_000;
const mostBetweenMs = 10 * minute;
/** Providers ask networks for two days or three; who had a message a day ago needs no receipt any more. */
const deadlineMs = 24 * 60 * minute;
const mostWaiting = 10_000;
const mostAtOnce = 100;
const pauseMs = minute;

/**
 * Asks a provider for the receipts of messages until each is known or a day old: rarer and rarer, a bounded number of
 * messages, one question at a time. What the centre cannot store now is kept and offered again.
 */
export class ReceiptPolling {
  readonly #options: ReceiptPollingOptions;
  readonly #waiting = new Map<string, Waiting>();
  readonly #stop = new AbortController();
  #inbound: Inbound | undefined;
  #cancel: (() => void) | undefined;
  /** When it asks next, as far as that is known. */
  #nextMs = Number.POSITIVE_INFINITY;
  #turn: Promise<void> | undefined;
  #failing = false;

  constructor(options: ReceiptPollingOptions) {
    this.#options = options;
  }

  /** Begins to ask; a further call only says who takes receipts from now on. */
  listen(inbound: Inbound): void {
    this.#inbound = inbound;
    this.#schedule();
  }

  /** Takes up one more; of one that is waited for already nothing changes. */
  add(awaited: AwaitedReceipt): void {
    if (this.#waiting.has(awaited.receiptId)) return;
    const [oldest] = this.#waiting.keys();
    if (this.#waiting.size >= mostWaiting && oldest !== undefined) this.#forget(oldest, "too many are waited for");
    const dueMs = this.#options.ports.nowMs() + this.#options.firstMs;
    this.#waiting.set(awaited.receiptId, {
      ...awaited,
      turn: 0,
      dueMs,
    });
    if (dueMs < this.#nextMs) this.#schedule();
  }

  #forget(receiptId: string, reason: string): void {
    this.#waiting.delete(receiptId);
    this.#options.ports.log.info({ channel: this.#options.channel, receiptId }, `no delivery receipt: ${reason}`);
  }

  #schedule(): void {
    if (this.#inbound === undefined || this.#turn !== undefined || this.#stop.signal.aborted) return;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#nextMs = Number.POSITIVE_INFINITY;
    if (this.#waiting.size === 0) return;
    let nextMs = Number.POSITIVE_INFINITY;
    for (const { dueMs } of this.#waiting.values()) nextMs = Math.min(nextMs, dueMs);
    this.#nextMs = nextMs;
    const waitMs = Math.max(0, nextMs - this.#options.ports.nowMs());
    this.#cancel = this.#options.ports.later(() => this.#begin(), waitMs);
  }

  #begin(): void {
    this.#turn = this.#askDue().finally(() => {
      this.#turn = undefined;
      this.#schedule();
    });
  }

  async #askDue(): Promise<void> {
    const nowMs = this.#options.ports.nowMs();
    const due = [...this.#waiting.values()].filter(({ dueMs }) => dueMs <= nowMs).slice(0, mostAtOnce);
    for (const waiting of due) {
      if (this.#stop.signal.aborted) return;
      if (waiting.receipt === undefined && nowMs - waiting.sentMs > deadlineMs + mostBetweenMs) {
        this.#forget(waiting.receiptId, "the provider could not be asked for a day");
        continue;
      }
      if (waiting.receipt === undefined) {
        const asked = await this.#options.ask(waiting, waiting.turn, this.#stop.signal);
        if (asked !== "pending" && "unavailable" in asked) {
          this.#pause(waiting, asked.unavailable);
          return;
        }
        this.#failing = false;
        if (asked !== "pending") waiting.receipt = asked;
      }
      this.#settle(waiting);
    }
  }

  /** A provider that is down is asked once in a while, not once for each message; about another one next time. */
  #pause(asked: Waiting, reason: string): void {
    this.#waiting.delete(asked.receiptId);
    this.#waiting.set(asked.receiptId, asked);
    if (!this.#failing && !this.#stop.signal.aborted) {
      this.#options.ports.log.warn({ channel: this.#options.channel, reason }, "delivery receipts cannot be asked for");
    }
    this.#failing = true;
    const againMs = this.#options.ports.nowMs() + pauseMs;
    for (const waiting of this.#waiting.values()) waiting.dueMs = Math.max(waiting.dueMs, againMs);
  }

  #settle(waiting: Waiting): void {
    const nowMs = this.#options.ports.nowMs();
    const { receipt, receiptId, sentMs } = waiting;
    if (receipt !== undefined) {
      try {
        this.#inbound?.onReceipt(receipt);
        this.#waiting.delete(receiptId);
        return;
      } catch (error) {
        this.#options.ports.log.warn(
          { err: error, channel: this.#options.channel },
          "a delivery receipt is offered again",
        );
      }
    } else if (nowMs - sentMs >= deadlineMs) {
      this.#forget(receiptId, "none came within a day");
      return;
    }
    waiting.turn++;
    waiting.dueMs = nowMs + Math.min(this.#options.firstMs * 2 ** waiting.turn, mostBetweenMs);
  }

  /** Stops asking; resolves when nothing is under way. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#cancel?.();
    await this.#turn;
  }
}
