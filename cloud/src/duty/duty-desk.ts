import { AlertStore } from "../alerts/alert-store.ts";
import type { Audit } from "../audit/audit-event.ts";
import type { Channel, Delivery } from "../channels/channel.ts";
import type { Figure } from "../health/figure.ts";
import { zoneClock } from "../register/model/validity.ts";
import type { SqliteDatabase } from "../store/database.ts";
import { unsettled } from "../store/unsettled.ts";
import type { Attempt } from "./attempt.ts";
import { Bundler } from "./bundler.ts";
import { Digest } from "./digest.ts";
import { dutyFigures } from "./duty-figures.ts";
import { MessageStore } from "./message-store.ts";
import { Messenger } from "./messenger.ts";
import { Replies } from "./replies.ts";
import { ReplyCodes } from "./reply-codes.ts";
import { Roster } from "./roster.ts";
import { Rounds } from "./rounds.ts";
import type { Routing } from "./routing/routing.ts";

/** What the desk works with. */
export interface DutyDeskOptions {
  /** The writing connection of `alerts.db`. */
  readonly database: SqliteDatabase;
  /** A connection to the register; left out: nobody is known to be on duty. */
  readonly register?: SqliteDatabase | undefined;
  /** Those that reach people; others are left out by who calls. */
  readonly channels: readonly Channel[];
  readonly routing: Routing;
  readonly timezone: string;
  readonly audit: Audit;
  /** Centre's clock, milliseconds since 1970. */
  readonly nowMs: () => number;
  /** What reply codes are derived with, 32 octets. */
  readonly replyKey: Uint8Array;
  /** In [0, 1). */
  readonly random: () => number;
  /** Returns how to call it off. */
  later(task: () => void, afterMs: number): () => void;
  /** Alerts, their history or messages changed. */
  onChange(): void;
  /** The store fails; what was about to be written is tried again. */
  onFault(error: unknown): void;
}

/** Messages on their way at the same time. */
const atOnce = 8;
/** Alerts that one turn looks at: others get their turn, too. */
const alertsAtOnce = 200;
const settleAgainMs = 1_000;
const dayMs = 86_400_000;
const keptDays = 90;

/**
 * Gives every alert to somebody, moves it up in time, tells people within their limits, and takes their answers. Rules never
 * wait for it; it goes on from the store after any crash.
 */
export class DutyDesk {
  readonly #options: DutyDeskOptions;
  readonly #rounds: Rounds;
  readonly #bundler: Bundler;
  readonly #digest: Digest;
  readonly #messages: MessageStore;
  readonly #messenger: Messenger;
  readonly #replies: Replies;
  readonly #codes: ReplyCodes;
  readonly #roster: Roster;
  readonly #sending = new Map<string, Promise<void>>();
  readonly #stop = new AbortController();
  #routing: Routing;
  #cancel: (() => void) | undefined;
  #prunedMs = 0;

  constructor(options: DutyDeskOptions) {
    const { database, register, timezone, routing, channels } = options;
    this.#options = options;
    this.#routing = routing;
    const clock = zoneClock(timezone);
    const roster = new Roster(register, clock);
    this.#roster = roster;
    const alerts = new AlertStore(database);
    this.#messages = new MessageStore(database);
    this.#codes = new ReplyCodes(database, options.replyKey);
    const speaker = { clock, roster };
    const shared = { ...speaker, database, alerts, messages: this.#messages, codes: this.#codes };
    const nowMs = (): number => options.nowMs();
    const random = (): number => options.random();
    this.#rounds = new Rounds({ ...shared, reachesPeople: channels.length > 0 }, routing);
    this.#bundler = new Bundler(shared, routing);
    this.#digest = new Digest(shared);
    this.#messenger = new Messenger({ ...shared, channels, nowMs, random }, routing);
    this.#replies = new Replies({ ...shared, audit: options.audit, nowMs });
  }

  /** Settles what a crash cut off and begins to listen. Call once, in a transaction. */
  start(): void {
    this.#publish();
    this.#codes.seal((officer) => this.#roster.officer(officer, this.#options.nowMs())?.phone ?? "");
    this.#messenger.recover();
    this.#digest.nextDueMs(this.#routing, this.#options.nowMs());
  }

  /** Takes receipts and replies from now on. Call once, after the start is committed. */
  listen(): void {
    for (const channel of this.#options.channels) {
      channel.listen?.({
        onReceipt: (receipt) => this.#take(() => this.#messenger.receipt(channel.name, receipt)),
        onReply: (reply) => this.#take(() => this.#replies.take(channel.name, reply)),
      });
      const awaited = channel.watch === undefined ? [] : this.#messenger.awaited(channel.name);
      channel.watch?.(awaited);
    }
  }

  #take(body: () => unknown): void {
    this.#options.database.transaction(body).immediate();
    this.#options.onChange();
    this.#tryWake();
  }

  /** Another routing from now on. Call in a transaction. */
  useRouting(routing: Routing): void {
    this.#routing = routing;
    this.#rounds.useRouting(routing);
    this.#bundler.useRouting(routing);
    this.#messenger.useRouting(routing);
    this.#publish();
  }

  /** What is in force is there for others to read. */
  #publish(): void {
    this.#options.database
      .prepare("INSERT OR REPLACE INTO routing_in_force VALUES (1, ?)")
      .run(JSON.stringify(this.#routing));
  }

  /**
   * Does what is due: looks at alerts, makes messages, sends them.
   * @throws SqliteError when the store fails; nothing was sent then that is not counted
   */
  wake(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#stop.signal.aborted) return;
    const { database, nowMs } = this.#options;
    // What is made here leaves only after the commit that counts its attempt, which waits for the disk.
    const looked = this.#isDue()
      ? unsettled(database, () => database.transaction(() => this.#turn(nowMs())).immediate())
      : 0;
    this.#send();
    if (looked > 0) this.#options.onChange();
    this.#schedule(looked >= alertsAtOnce);
  }

  #isDue(): boolean {
    const next = this.#nextDueMs();
    return next !== null && next <= this.#options.nowMs();
  }

  #turn(nowMs: number): number {
    const looked = this.#rounds.go(nowMs, alertsAtOnce);
    if (this.#digest.nextDueMs(this.#routing, nowMs) <= nowMs) this.#digest.go(this.#routing, nowMs);
    this.#messenger.receiptsMissing();
    const made = this.#bundler.go(nowMs);
    if (nowMs - this.#prunedMs > dayMs) this.#prune(nowMs);
    return looked + made;
  }

  /** Answers and digests tell no alert that they could be erased with. */
  #prune(nowMs: number): void {
    const beforeMs = nowMs - keptDays * dayMs;
    const { database } = this.#options;
    this.#prunedMs = nowMs;
    database.prepare("DELETE FROM reply WHERE at_ms < ?").run(beforeMs);
    const old =
      "SELECT id FROM message WHERE created_ms < ? AND NOT EXISTS (SELECT 1 FROM told WHERE told.message = message.id)";
    database.prepare(`DELETE FROM leg WHERE message IN (${old})`).run(beforeMs);
    database.prepare(`DELETE FROM message WHERE id IN (${old})`).run(beforeMs);
  }

  #nextDueMs(): number | null {
    const due = [
      this.#rounds.nextDueMs(),
      this.#bundler.nextDueMs(),
      this.#messages.nextDueMs(),
      this.#digest.nextDueMs(this.#routing, this.#options.nowMs()),
    ].filter((ms) => ms !== null);
    return due.length === 0 ? null : Math.min(...due);
  }

  #schedule(hasMore: boolean): void {
    const nextMs = this.#nextDueMs();
    if (nextMs === null && !hasMore) return;
    const waitMs = hasMore ? 0 : Math.max(0, (nextMs ?? 0) - this.#options.nowMs());
    // What is on its way calls when it is there.
    if (!hasMore && waitMs === 0 && this.#sending.size >= atOnce) return;
    this.#cancel = this.#options.later(() => this.#tryWake(), Math.min(waitMs, dayMs));
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

  #send(): void {
    const { database, nowMs } = this.#options;
    const room = atOnce - this.#sending.size;
    if (room <= 0) return;
    const due = this.#messages.due(nowMs(), room);
    if (due.length === 0) return;
    const attempts = database
      .transaction(() => due.flatMap((message) => this.#messenger.begin(message) ?? []))
      .immediate();
    for (const attempt of attempts) {
      const key = attempt.message.id;
      const sent = this.#attempt(attempt).finally(() => {
        this.#sending.delete(key);
        this.#tryWake();
      });
      this.#sending.set(key, sent);
    }
    // Those that were not needed any more made room.
    if (attempts.length < due.length) this.#send();
  }

  async #attempt({ channel, message, leg, outgoing }: Attempt): Promise<void> {
    let delivery: Delivery;
    try {
      delivery = await channel.send(outgoing, this.#stop.signal);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      delivery = { type: "failed", outcome: `channel: ${reason}`, lost: true };
    }
    for (;;) {
      try {
        const settled = delivery;
        this.#options.database.transaction(() => this.#messenger.settle(message, leg, settled)).immediate();
        this.#options.onChange();
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

  figures(): readonly Figure[] {
    return dutyFigures(this.#options.database, this.#messenger.ended());
  }

  /** Breaks off what is being sent and resolves when nothing is under way. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#cancel?.();
    await Promise.all(this.#sending.values());
  }
}
