import { AlertStore } from "../alerts/alert-store.ts";
import type { SqliteDatabase } from "../store/database.ts";
import { unsettled } from "../store/unsettled.ts";
import { backoffMs } from "./backoff.ts";
import type { Channel, Delivery, Outgoing } from "./channel.ts";
import { messageOf } from "./message-of.ts";
import type { NotificationBody } from "./notification.ts";
import { type FinalState, NotificationQueue, type QueuedNotification } from "./notification-queue.ts";
import { RoomPace } from "./room-pace.ts";

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
/** So many are told together at most: their outcomes are written in one go. */
const mostTogether = 2_000;
/** An outcome that could not be written is tried again so often: sending again instead would be a second message. */
const settleAgainMs = 1_000;
/** A receiver that asks for patience gets at most this much. */
const mostPatienceMs = 3_600_000;
const longestPauseMs = 60_000;

/** What one attempt is to tell. */
interface Parcel {
  readonly channel: Channel;
  /** The first one, and those that are told together with it. */
  readonly queued: readonly [QueuedNotification, ...QueuedNotification[]];
}

/** What may be sent through a channel now, and when there may be more; infinity: not by itself. */
interface Due {
  readonly parcels: readonly Parcel[];
  readonly nextMs: number;
}

const nothingDue: Due = { parcels: [], nextMs: Number.POSITIVE_INFINITY };

/**
 * Sends queued notifications: channels beside each other, so that a dead one holds up nothing else; an attempt is counted
 * on disk before it is made and its outcome is written with the alert's history, so that nothing is lost by a crash and what may
 * have been sent twice is marked. What is too much for a room is told in one message. Rules never wait for it.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #queue: NotificationQueue;
  readonly #alerts: AlertStore;
  /** By channel: ids of what is on its way. */
  readonly #sending = new Map<Channel, Map<string, Promise<void>>>();
  readonly #paces = new Map<Channel, RoomPace>();
  readonly #stop = new AbortController();
  readonly #ended: Record<FinalState, number> = { sent: 0, refused: 0, expired: 0, dropped: 0 };
  #cancel: (() => void) | undefined;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#queue = new NotificationQueue(options.database);
    this.#alerts = new AlertStore(options.database);
    for (const channel of options.channels) {
      this.#sending.set(channel, new Map());
      if (channel.gathers !== undefined) this.#paces.set(channel, new RoomPace(channel.gathers));
    }
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
    const parcels: Parcel[] = [];
    let nextMs = Number.POSITIVE_INFINITY;
    for (const channel of this.#options.channels) {
      const due = this.#dueOf(channel);
      parcels.push(...due.parcels);
      nextMs = Math.min(nextMs, due.nextMs);
    }
    this.#sendAll(parcels);
    if (nextMs < Number.POSITIVE_INFINITY)
      this.#cancel = this.#options.later(() => this.#tryWake(), Math.max(0, nextMs - this.#options.nowMs()));
  }

  #tryWake(): void {
    try {
      this.wake();
    } catch (error) {
      this.#options.onFault(error);
      this.#cancel?.();
      if (!this.#stop.signal.aborted) this.#cancel = this.#options.later(() => this.#tryWake(), settleAgainMs);
    }
  }

  #sendAll(parcels: readonly Parcel[]): void {
    if (parcels.length === 0) return;
    // One commit for all of them. It waits for the disk, and takes along what rules committed without waiting.
    this.#options.database
      .transaction(() => {
        for (const { id } of parcels.flatMap(({ queued }) => queued)) this.#queue.begin(id);
      })
      .immediate();
    for (const { channel, queued } of parcels) {
      const [first, ...others] = queued;
      const counted = (one: QueuedNotification): QueuedNotification => ({ ...one, attempts: one.attempts + 1 });
      this.#paces.get(channel)?.sent(this.#options.nowMs());
      const sent = this.#send({ channel, queued: [counted(first), ...others.map(counted)] }).finally(() => {
        this.#sending.get(channel)?.delete(first.id);
        this.#tryWake();
      });
      this.#sending.get(channel)?.set(first.id, sent);
    }
  }

  /** What a channel is to be given now, and when to look again; what is on its way calls when it is there. */
  #dueOf(channel: Channel): Due {
    const nowMs = this.#options.nowMs();
    const busy = this.#sending.get(channel) ?? new Map<string, unknown>();
    const pace = this.#paces.get(channel);
    if (busy.size >= (pace === undefined ? atOnce : 1)) return nothingDue;
    const pausedMs = pace?.notBeforeMs ?? 0;
    // A clock that was set back must not silence a room.
    if (pausedMs > nowMs && pausedMs - nowMs <= longestPauseMs) return { parcels: [], nextMs: pausedMs };
    const due = this.#queue
      .due(channel.name, nowMs, pace === undefined ? atOnce : mostTogether)
      .filter(({ id }) => !busy.has(id));
    const [first, ...others] = due;
    if (first === undefined) {
      const nextMs = this.#queue.nextDueMs(channel.name) ?? Number.POSITIVE_INFINITY;
      return busy.size > 0 && nextMs <= nowMs ? nothingDue : { parcels: [], nextMs };
    }
    const turn = pace?.turn(due.length, nowMs);
    if (turn === "later") return { parcels: [], nextMs: pace?.notBeforeMs ?? nowMs };
    const queued: readonly Parcel["queued"][] =
      turn === "together"
        ? [[first, ...others]]
        : due.slice(0, pace === undefined ? atOnce - busy.size : 1).map((one) => [one]);
    return { parcels: queued.map((some) => ({ channel, queued: some })), nextMs: Number.POSITIVE_INFINITY };
  }

  async #send({ channel, queued }: Parcel): Promise<void> {
    const [{ body: json, attempts: attempt }] = queued;
    const told = queued.map(({ body: text }) => {
      const body = JSON.parse(text) as NotificationBody;
      return { body, site: this.#options.siteOf?.(body.alert) ?? "" };
    });
    const [first] = told;
    if (first === undefined) return;
    const outgoing: Outgoing = {
      ...{
        ...first,
        json,
        message: messageOf(first.body, first.site),
        recipient: null,
        attempt,
        mayHaveIt: attempt > 1,
      },
      ...(told.length > 1 ? { together: told } : {}),
    };
    let delivery: Delivery;
    try {
      delivery = await channel.send(outgoing, this.#stop.signal);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      delivery = { type: "failed", outcome: `channel: ${reason}`, lost: true };
    }
    await this.#settle(queued, delivery);
  }

  async #settle(queued: Parcel["queued"], delivery: Delivery): Promise<void> {
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

  #write(queued: Parcel["queued"], delivery: Delivery): void {
    const together = queued.length;
    if (delivery.type !== "failed") {
      for (const one of queued) this.#end(one, delivery.type, delivery.outcome, together);
      return;
    }
    const nowMs = this.#options.nowMs();
    const patienceMs = Math.min(delivery.retryAfterMs ?? 0, mostPatienceMs);
    const random = this.#options.random();
    const outcome = delivery.lost ? `${delivery.outcome}, answer lost` : delivery.outcome;
    for (const one of queued) {
      const nextMs = nowMs + Math.max(backoffMs(one.attempts, random), patienceMs);
      if (nextMs > one.deadlineMs) {
        this.#end(one, "expired", delivery.outcome, together);
        continue;
      }
      this.#queue.again(one.id, nextMs, outcome);
      // The first failure and every lost answer are worth an entry; a dead receiver must not fill the history.
      if (one.attempts === 1 || delivery.lost) this.#note(one, "notify-retrying", { outcome, together });
    }
  }

  #end(queued: QueuedNotification, state: FinalState, outcome: string, together = 1): void {
    this.#queue.end(queued.id, state, outcome, this.#options.nowMs());
    this.#note(queued, state === "sent" ? "notified" : `notify-${state}`, { outcome, together });
    this.#ended[state]++;
  }

  /** `together`: how many alerts the message told. */
  #note(
    { alert, id, channel, event, attempts }: QueuedNotification,
    reason: "notified" | "notify-retrying" | "notify-refused" | "notify-expired" | "notify-dropped",
    { outcome, together }: { readonly outcome: string; readonly together: number },
  ): void {
    const many = together > 1 ? { alerts: together } : {};
    const detail = { channel, event, notification: id, attempts, outcome, ...many };
    this.#alerts.change(alert, { reason, atMs: this.#options.nowMs(), detail });
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
    await Promise.all([...this.#sending.values()].flatMap((ofChannel) => [...ofChannel.values()]));
  }
}
