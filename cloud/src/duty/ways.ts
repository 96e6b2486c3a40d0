import { backoffMs } from "../channels/backoff.ts";
import type { Channel, Delivery } from "../channels/channel.ts";
import type { LegRow, MessageStore } from "./message-store.ts";

/** What a message does after a channel could not send it. */
export interface Way {
  /** `again`: the same channel; `next`: one that was not tried yet; `back`: one that was, and may be well again. */
  readonly type: "again" | "next" | "back";
  /** The channel's place in the order. */
  readonly leg: number;
  readonly atMs: number;
}

/** How an attempt failed, and which channels there are. */
export interface Failed {
  readonly leg: LegRow;
  readonly delivery: Extract<Delivery, { readonly type: "failed" }>;
  readonly order: readonly Channel[];
  /** So many are made on one channel before others are tried. */
  readonly mostAttempts: number;
  readonly nowMs: number;
  /** In [0, 1). */
  readonly random: number;
}

const mostPatienceMs = 3_600_000;
/** Longer than this no message waits for a channel while another one was not tried. */
const worthWaitingMs = 60_000;

/**
 * Chooses among the channels of a message that could not be sent: the next one that was not tried yet; then whichever may be
 * tried first, so that a message whose last channel is broken goes out as soon as any other is back. Channels that refused it
 * are left out. How long each wants to be left alone is kept for this run only: after a restart each is tried once.
 */
export class Ways {
  readonly #messages: MessageStore;
  readonly #untilMs = new Map<string, Map<number, number>>();

  constructor(messages: MessageStore) {
    this.#messages = messages;
  }

  after({ leg, delivery, order, mostAttempts, nowMs, random }: Failed): Way {
    const { message, n, attempts } = leg;
    const patienceMs = Math.min(delivery.retryAfterMs ?? 0, mostPatienceMs);
    const again = { type: "again", leg: n, atMs: nowMs + Math.max(backoffMs(attempts, random), patienceMs) } as const;
    const kept = this.#untilMs.get(message) ?? new Map<number, number>();
    this.#untilMs.set(message, kept.set(n, again.atMs));
    // Where nobody can be asked, a second attempt is a second message in any case: rather another way.
    const isRisky = delivery.lost && order[n]?.asksFirst !== true;
    if (attempts < mostAttempts && patienceMs <= worthWaitingMs && !isRisky) return again;
    const states = this.#messages.legStates(message);
    if (n + 1 < order.length && !states.has(n + 1)) return { type: "next", leg: n + 1, atMs: nowMs };
    return [...states]
      .filter(([other, state]) => other < order.length && other !== n && state === "expired")
      .map(([other]): Way => ({ type: "back", leg: other, atMs: Math.max(nowMs, kept.get(other) ?? nowMs) }))
      .reduce<Way>((first, other) => (other.atMs < first.atMs ? other : first), again);
  }

  /** The message is sent, or has come to its end. */
  forget(message: string): void {
    this.#untilMs.delete(message);
  }
}
