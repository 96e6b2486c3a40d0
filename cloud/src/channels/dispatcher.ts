import { AlertStore } from "../alerts/alert-store.ts";
import type { SqliteDatabase } from "../store/database.ts";
import { unsettled } from "../store/unsettled.ts";
import { backoffMs } from "./backoff.ts";
import type { Channel, Delivery } from "./channel.ts";
import { messageOf } from "./message-of.ts";
import type { NotificationBody } from "./notification.ts";
import { type FinalState, NotificationQueue, type QueuedNotification } from "./notification-queue.ts";

/** What a dispatcher works with. */
export interface DispatcherOptions {
  /** The writing connection of `alerts.db`. */
  readonly database: SqliteDatabase;
  readonly channels: readonly Channel[];
  /** Centre's clock, milliseconds since 1970. */
  nowMs(): number;
  /** In [0, 1). */
  random(): number;
  /** Name of the site of an alert as the register says it; empty: it says none. Left out: there is no register. */
  siteOf?(alert: NotificationBody["alert"]): string;
  /** Returns how to call it off. */
  later(task: () => void, afterMs: number): () => void;
  /** The outcome of an attempt is in the alert's history now. */
  onSettled(): void;
  /** The store fails; what was about to be written is tried again. */
  onFault(error: unknown): void;
}

/** Attempts of one channel at the same time: a slow receiver must not hold back what comes behind. */
const atOnce = 4;
/** An outcome that could not be written is tried again so often: sending again instead would be a second message. */
const settleAgainMs = 1_000;
/** A receiver that asks for patience gets at most this much. */
const mostPatienceMs = 3_600_000;

const keyOf = ({ name }: Channel, queued?: QueuedNotification): string => `${name}/${queued?.id ?? ""}`;

/**
 * Sends queued notifications: channels beside each other, so that a dead one holds up nothing else; an attempt is counted
 * on disk before it is made and its outcome is written with the alert's history, so that nothing is lost by a crash and what may
 * have been sent twice is marked. Rules never wait for it.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #queue: NotificationQueue;
  readonly #alerts: AlertStore;
  readonly #sending = new Map<string, Promise<void>>();
  readonly #stop = new AbortController();
  readonly #ended: Record<FinalState, number> = { sent: 0, refused: 0, expired: 0, dropped: 0 };
  #cancel: (() => void) | undefined;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#queue = new NotificationQueue(options.database);
    this.#alerts = new AlertStore(options.database);
  }

  /** Says which channels there are and drops what waits for others. Call once, in a transaction. */
  start(): void {
    this.#queue.useChannels(this.#options.channels.map(({ name }) => name));
    for (const orphan of this.#queue.orphans()) this.#end(orphan, "dropped", "the channel is not configured any more");
  }

  /** Sends what may be sent now. @throws SqliteError when the store fails; nothing was sent then that is not counted */
  wake(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#stop.signal.aborted) return;
    this.#sendDue();
    const nextMs = this.#queue.nextDueMs();
    const waitMs = nextMs === null ? 0 : nextMs - this.#options.nowMs();
    if (waitMs > 0) this.#cancel = this.#options.later(() => this.#tryWake(), waitMs);
  }

  #tryWake(): void {
    try {
      this.wake();
    } catch (error) {
      this.#options.onFault(error);
    }
  }

  #sendDue(): void {
    const due = this.#options.channels.flatMap((channel) =>
      this.#dueOf(channel).map((queued) => ({ channel, queued })),
    );
    if (due.length === 0) return;
    // One commit for all of them. It waits for the disk, and takes along what rules committed without waiting.
    this.#options.database
      .transaction(() => {
        for (const { queued } of due) this.#queue.begin(queued.id);
      })
      .immediate();
    for (const { channel, queued } of due) {
      const key = keyOf(channel, queued);
      this.#sending.set(
        key,
        this.#send(channel, { ...queued, attempts: queued.attempts + 1 }).finally(() => {
          this.#sending.delete(key);
          this.#tryWake();
        }),
      );
    }
  }

  #dueOf(channel: Channel): readonly QueuedNotification[] {
    const busy = [...this.#sending.keys()].filter((key) => key.startsWith(keyOf(channel))).length;
    if (busy >= atOnce) return [];
    const due = this.#queue.due(channel.name, this.#options.nowMs(), atOnce);
    return due.filter((queued) => !this.#sending.has(keyOf(channel, queued))).slice(0, atOnce - busy);
  }

  async #send(channel: Channel, queued: QueuedNotification): Promise<void> {
    const body = JSON.parse(queued.body) as NotificationBody;
    const site = this.#options.siteOf?.(body.alert) ?? "";
    const message = messageOf(body, site);
    const { attempts: attempt } = queued;
    const outgoing = { body, json: queued.body, message, site, recipient: null, attempt, mayHaveIt: attempt > 1 };
    let delivery: Delivery;
    try {
      delivery = await channel.send(outgoing, this.#stop.signal);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      delivery = { type: "failed", outcome: `channel: ${reason}`, lost: true };
    }
    await this.#settle(queued, delivery);
  }

  async #settle(queued: QueuedNotification, delivery: Delivery): Promise<void> {
    for (;;) {
      try {
        // It need not wait for the disk: what a power cut takes back is sent again as a further attempt, with its mark.
        unsettled(this.#options.database, () =>
          this.#options.database.transaction(() => this.#write(queued, delivery)).immediate(),
        );
        this.#options.onSettled();
        return;
      } catch (error) {
        this.#options.onFault(error);
        if (this.#stop.signal.aborted) return;
        await new Promise<void>((resolve) => {
          this.#options.later(resolve, settleAgainMs);
          this.#stop.signal.addEventListener("abort", () => resolve(), { once: true });
        });
      }
    }
  }

  #write(queued: QueuedNotification, delivery: Delivery): void {
    if (delivery.type !== "failed") {
      this.#end(queued, delivery.type, delivery.outcome);
      return;
    }
    const nowMs = this.#options.nowMs();
    const patienceMs = Math.min(delivery.retryAfterMs ?? 0, mostPatienceMs);
    const nextMs = nowMs + Math.max(backoffMs(queued.attempts, this.#options.random()), patienceMs);
    if (nextMs > queued.deadlineMs) {
      this.#end(queued, "expired", delivery.outcome);
      return;
    }
    const outcome = delivery.lost ? `${delivery.outcome}, answer lost` : delivery.outcome;
    this.#queue.again(queued.id, nextMs, outcome);
    // The first failure and every lost answer are worth an entry; a dead receiver must not fill the history.
    if (queued.attempts > 1 && !delivery.lost) return;
    this.#note(queued, "notify-retrying", outcome, nowMs);
  }

  #end(queued: QueuedNotification, state: FinalState, outcome: string): void {
    const nowMs = this.#options.nowMs();
    this.#queue.end(queued.id, state, outcome, nowMs);
    this.#note(queued, state === "sent" ? "notified" : `notify-${state}`, outcome, nowMs);
    this.#ended[state]++;
  }

  #note(
    { alert, id, channel, event, attempts }: QueuedNotification,
    reason: "notified" | "notify-retrying" | "notify-refused" | "notify-expired" | "notify-dropped",
    outcome: string,
    atMs: number,
  ): void {
    this.#alerts.change(alert, { reason, atMs, detail: { channel, event, notification: id, attempts, outcome } });
  }

  /** How many ended since the start, by how. */
  ended(): Readonly<Record<FinalState, number>> {
    return this.#ended;
  }

  /** How many wait or are being sent. */
  queued(): number {
    return this.#queue.queued();
  }

  /** Breaks off what is being sent (it stays queued) and resolves when nothing is under way. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#cancel?.();
    await Promise.all(this.#sending.values());
  }
}
