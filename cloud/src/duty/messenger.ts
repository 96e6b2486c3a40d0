import type { Statement } from "better-sqlite3";
import type { AlertReason } from "../alerts/alert.ts";
import type { AlertStore } from "../alerts/alert-store.ts";
import type { AwaitedReceipt, Channel, Delivery, DeliveryReceipt } from "../channels/channel.ts";
import { inWords } from "../channels/in-words.ts";
import type { ShortMessage } from "../channels/message.ts";
import type { SqliteDatabase } from "../store/database.ts";
import type { Attempt } from "./attempt.ts";
import { type Speaker, sayGroup } from "./compose.ts";
import type { LegRow, MessageEnd, MessageRow, MessageStore } from "./message-store.ts";
import { outgoingOf } from "./outgoing.ts";
import type { ReplyCodes } from "./reply-codes.ts";
import type { Routing } from "./routing/routing.ts";
import { type ToldRow, whyNot } from "./still-needed.ts";
import { Ways } from "./ways.ts";

/** What the messenger works with. */
export interface MessengerOptions extends Speaker {
  readonly database: SqliteDatabase;
  readonly alerts: AlertStore;
  readonly messages: MessageStore;
  readonly codes: ReplyCodes;
  /** Those that reach people. */
  readonly channels: readonly Channel[];
  readonly nowMs: () => number;
  /** In [0, 1). */
  readonly random: () => number;
}

const dayMs = 86_400_000;

/** The ways of messages: attempts, outcomes, the next channel, receipts. Every method is for the caller's transaction. */
export class Messenger {
  readonly #options: MessengerOptions;
  #routing: Routing;
  readonly #told: Statement<unknown[]>;
  readonly #takeBack: Statement<unknown[]>;
  readonly #unreached: Statement<unknown[]>;
  readonly #route: Statement<unknown[]>;
  readonly #ended = new Map<string, number>();
  readonly #ways: Ways;

  constructor(options: MessengerOptions, routing: Routing) {
    const { database } = options;
    this.#options = options;
    this.#routing = routing;
    this.#ways = new Ways(options.messages);
    this.#told = database.prepare(
      `SELECT t.id, t.alert, t.event, a.state, a.ended_ms AS endedMs, t.made_ms AS madeMs
       FROM told AS t JOIN alert AS a ON a.id = t.alert WHERE t.message = ? ORDER BY t.id`,
    );
    this.#takeBack = database.prepare("UPDATE told SET state = 'withdrawn', reason = ?, message = NULL WHERE id = ?");
    this.#unreached = database.prepare(
      "UPDATE care SET unreached = @officer, due_ms = @nowMs WHERE alert = @alert AND officer = @officer",
    );
    this.#route = database
      .prepare(
        "SELECT c.route FROM told AS t JOIN care AS c ON c.alert = t.alert WHERE t.message = ? ORDER BY t.id LIMIT 1",
      )
      .pluck();
  }

  useRouting(routing: Routing): void {
    this.#routing = routing;
  }

  /** How many messages ended since the start, by how. */
  ended(): ReadonlyMap<string, number> {
    return this.#ended;
  }

  /** Channels of a message, in the order in which they are tried. */
  #order(message: Pick<MessageRow, "id">): Channel[] {
    const { channels } = this.#options;
    const id = this.#route.get(message.id) as string | null | undefined;
    const own = this.#routing.routes.find((route) => route.id === id)?.channels ?? [];
    const named = (own.length > 0 ? own : this.#routing.channels).flatMap((name) =>
      channels.filter((one) => one.name === name),
    );
    return named.length > 0 ? named : [...channels];
  }

  /** What an attempt that nobody saw the end of comes to: its answer is lost. Call once after a start. */
  recover(): void {
    for (const leg of this.#options.messages.underWay()) {
      const message = this.#options.messages.get(leg.message);
      const outcome = inWords("stopped while it was being sent");
      if (message !== undefined) this.settle(message, leg, { type: "failed", outcome, lost: true });
    }
  }

  /** Counts the next attempt of a message, or ends it because it is not needed any more. */
  begin(message: MessageRow): Attempt | undefined {
    const { messages, nowMs } = this.#options;
    const now = nowMs();
    const order = this.#order(message);
    const channel = order[message.leg];
    if (channel === undefined) {
      this.#end(message, "refused", "no-channel");
      return undefined;
    }
    const current = this.#upToDate(message, messages.lostOf(message.id) > 0, now);
    if (current === undefined) return undefined;
    const phone =
      message.officer === ""
        ? message.phone
        : (this.#options.roster.officer(message.officer, now)?.phone ?? message.phone);
    if (phone === "") {
      this.#end(message, "refused", "no-phone");
      return undefined;
    }
    const leg = messages.leg(message.id, message.leg, channel.name);
    const validMs = this.#routing.codesValidMs;
    messages.begin(leg, now);
    return {
      channel,
      message,
      leg: { ...leg, attempts: leg.attempts + 1 },
      outgoing: outgoingOf(this.#options, { message, said: current, leg, phone, nowMs: now, validMs }),
    };
  }

  /** What it says now that some of its alerts may be over; undefined when nothing is left to say. */
  #upToDate(message: MessageRow, mayHaveIt: boolean, nowMs: number): ShortMessage | undefined {
    const { template, text } = message;
    const said = { template, text, variables: JSON.parse(message.variables) as ShortMessage["variables"] };
    if (template === "digest" || template === "reply") return said;
    const told = this.#told.all(message.id) as ToldRow[];
    const gone = told.filter((one) => whyNot(one) !== null);
    if (gone.length === 0) return said;
    if (gone.length === told.length) {
      if (mayHaveIt) this.#end(message, "unconfirmed", whyNot(gone[0] as ToldRow));
      else this.#withdraw(message, told);
      return undefined;
    }
    // What may have arrived once is repeated as it was.
    if (mayHaveIt) return said;
    for (const one of gone) this.#takenBack(one);
    const left = told.filter((one) => whyNot(one) === null);
    const alerts = new Set(left.map(({ alert }) => alert)).size;
    const first = this.#options.alerts.alert(left[0]?.alert ?? "");
    if (template !== "group" || first === undefined) return said;
    const sinceMs = left[0]?.madeMs ?? nowMs;
    const next = sayGroup(this.#options, { first, urgent: message.urgent, count: alerts, sinceMs, nowMs });
    this.#options.messages.say(message.id, next, alerts);
    return next;
  }

  #takenBack(told: ToldRow): void {
    const why = whyNot(told) ?? "over";
    this.#takeBack.run(why, told.id);
    this.#options.alerts.change(told.alert, { reason: "withdrawn", atMs: this.#options.nowMs(), detail: { why } });
  }

  #withdraw(message: MessageRow, told: readonly ToldRow[]): void {
    const why = told[0] === undefined ? "over" : (whyNot(told[0]) ?? "over");
    const { messages, nowMs } = this.#options;
    messages.settle(message.id, { state: "withdrawn", reason: why, leg: message.leg, doneMs: nowMs() });
    this.#ways.forget(message.id);
    this.#count("withdrawn");
    for (const one of told) this.#note(one.alert, "withdrawn", { why, officer: message.officer, message: message.id });
  }

  /** What became of an attempt. */
  settle(message: MessageRow, leg: LegRow, delivery: Delivery): void {
    const { messages, nowMs, random } = this.#options;
    const now = nowMs();
    const at = (state: string, lost: boolean, receipt: string | null, doneMs: number | null) =>
      messages.settleLeg(leg, { state, outcome: delivery.outcome, lost, receipt, doneMs });
    if (delivery.type === "sent") {
      at("sent", false, delivery.receiptId ?? null, now);
      const waitsMs = delivery.receiptId === undefined ? null : this.#routing.failover.receiptMs;
      const receiptDueMs = waitsMs === null || message.template === "reply" ? null : now + waitsMs;
      messages.settle(message.id, { state: "sent", leg: leg.n, receiptDueMs, doneMs: now });
      this.#ways.forget(message.id);
      this.#count("sent");
      this.#noteAll(message, "notified", { ...this.#way(leg), outcome: delivery.outcome });
      return;
    }
    if (delivery.type === "refused") {
      at("refused", false, null, now);
      this.#noteAll(message, "notify-refused", { ...this.#way(leg), outcome: delivery.outcome });
      this.#next(message, "refused", delivery.outcome);
      return;
    }
    const lost = messages.lostOf(message.id) + (delivery.lost ? 1 : 0);
    const outcome = delivery.lost ? `${delivery.outcome}, answer lost` : delivery.outcome;
    if (lost > 1) {
      // Once more may be a duplicate already; a third one is not sent, the deadline of the alert decides.
      at("unconfirmed", delivery.lost, null, now);
      this.#noteAll(message, "notify-unconfirmed", { ...this.#way(leg), outcome });
      this.#end(message, "unconfirmed", "answer lost");
      return;
    }
    const [order, mostAttempts] = [this.#order(message), this.#routing.failover.attempts];
    const way = this.#ways.after({ leg, delivery, order, mostAttempts, nowMs: now, random: random() });
    if (leg.attempts === 1 || delivery.lost) this.#noteAll(message, "notify-retrying", { ...this.#way(leg), outcome });
    if (way.type === "next" || way.atMs > message.deadlineMs) {
      at("expired", delivery.lost, null, now);
      this.#next(message, "expired", outcome);
      return;
    }
    at(way.type === "again" ? "sending" : "expired", delivery.lost, null, way.type === "again" ? null : now);
    messages.settle(message.id, { state: "sending", leg: way.leg, nextMs: way.atMs });
  }

  /** The next channel; when there is none, the next person. */
  #next(message: MessageRow, end: MessageEnd, why: string): void {
    const { messages, nowMs } = this.#options;
    const next = this.#order(message)[message.leg + 1];
    if (next === undefined || nowMs() > message.deadlineMs) {
      this.#end(message, end, why);
      return;
    }
    messages.settle(message.id, { state: "sending", leg: message.leg + 1, nextMs: nowMs() });
    this.#noteAll(message, "notify-failed-over", { to: next.name, why });
  }

  #end(message: MessageRow, state: MessageEnd, reason: string | null): void {
    const { messages, nowMs } = this.#options;
    messages.settle(message.id, { state, reason, leg: message.leg, doneMs: nowMs() });
    this.#ways.forget(message.id);
    this.#count(state);
    if (message.template === "reply" || message.template === "resolved" || state === "withdrawn") return;
    if (state === "unconfirmed") return;
    for (const alert of messages.alertsOf(message.id)) {
      this.#note(alert, "unreachable", { officer: message.officer, why: reason, message: message.id });
      this.#unreached.run({ alert, officer: message.officer, nowMs: nowMs() });
    }
  }

  /** What a provider says later. One that is unknown, or was settled before, changes nothing. */
  receipt(channel: string, { receiptId, state, outcome, atMs }: DeliveryReceipt): void {
    const { messages } = this.#options;
    const leg = messages.ofReceipt(channel, receiptId);
    if (leg === undefined || leg.state === "delivered" || leg.state === "undelivered") return;
    const message = messages.get(leg.message);
    if (message === undefined) return;
    messages.settleLeg(leg, { state, outcome, lost: false, receipt: null, doneMs: this.#options.nowMs() });
    this.#noteAll(message, state, {
      channel,
      officer: message.officer,
      outcome,
      at: new Date(atMs).toISOString(),
      message: message.id,
    });
    this.#count(state);
    if (state === "delivered") {
      messages.settle(message.id, { state, leg: message.leg, doneMs: this.#options.nowMs() });
      return;
    }
    // A later channel is on its way already.
    if (message.leg === leg.n) this.#next(message, "undelivered", outcome);
  }

  /** Messages whose receipt did not come go the next way. */
  receiptsMissing(): void {
    const { messages, nowMs } = this.#options;
    for (const message of messages.receiptsDue(nowMs())) {
      const told = this.#told.all(message.id) as ToldRow[];
      // Whoever has acted needs no second message.
      if (message.template !== "digest" && told.every((one) => whyNot(one) !== null)) {
        messages.settle(message.id, { state: "sent", leg: message.leg, doneMs: nowMs() });
        continue;
      }
      this.#noteAll(message, "no-receipt", { officer: message.officer, message: message.id });
      this.#next(message, "undelivered", "no-receipt");
    }
  }

  /** What was sent in the last day and has no receipt yet. */
  awaited(channel: string): AwaitedReceipt[] {
    const now = this.#options.nowMs();
    const rows = this.#options.messages.awaited(channel, now - dayMs);
    return rows.map(({ receiptId, officer, sentMs }) => ({
      ...{ receiptId, sentMs, phone: this.#options.roster.officer(officer, now)?.phone ?? "" },
    }));
  }

  #way({ channel, attempts, message }: LegRow) {
    return { channel, attempts, message };
  }

  #noteAll(message: MessageRow, reason: AlertReason, detail: Readonly<Record<string, unknown>>): void {
    const { officer, template } = message;
    for (const alert of this.#options.messages.alertsOf(message.id))
      this.#note(alert, reason, { officer, template, ...detail });
  }

  #note(alert: string, reason: AlertReason, detail: Readonly<Record<string, unknown>>): void {
    this.#options.alerts.change(alert, { reason, atMs: this.#options.nowMs(), detail });
  }

  #count(state: string): void {
    this.#ended.set(state, (this.#ended.get(state) ?? 0) + 1);
  }
}
