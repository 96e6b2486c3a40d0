import { createHash } from "node:crypto";
import type { Statement } from "better-sqlite3";
import type { ShortMessage } from "../channels/message.ts";
import type { SqliteDatabase } from "../store/database.ts";

/** A message that is to be sent, or was. */
export interface MessageRow {
  readonly id: string;
  /** Empty: for a number that is nobody's. */
  readonly officer: string;
  /** Only for a number that is nobody's, until it is sent. */
  readonly phone: string;
  readonly template: ShortMessage["template"];
  readonly variables: string;
  readonly text: string;
  readonly code: string;
  readonly urgent: number;
  readonly alerts: number;
  readonly leg: number;
  readonly deadlineMs: number;
}

/** A message on its way through one channel. */
export interface LegRow {
  readonly message: string;
  readonly n: number;
  readonly channel: string;
  readonly attempts: number;
  readonly lost: number;
  readonly sentMs: number | null;
}

/** A message to be made. */
export interface NewMessage {
  readonly officer: string;
  readonly phone: string;
  readonly said: ShortMessage;
  readonly code: string;
  readonly urgent: number;
  readonly groupKey: string;
  readonly alerts: number;
  /** What tells it apart from every other one. */
  readonly about: string;
  readonly nowMs: number;
  readonly deadlineMs: number;
}

/** How the way of a message ended. */
export type MessageEnd = "sent" | "unconfirmed" | "refused" | "expired" | "undelivered" | "withdrawn";

const columns = `id, officer, phone, template, variables, text, code, urgent, alerts, leg, deadline_ms AS deadlineMs`;
const legColumns = "message, n, channel, attempts, lost, sent_ms AS sentMs";

/** Rows of messages to people. Every method belongs into the caller's transaction. */
export class MessageStore {
  readonly #insert: Statement<unknown[]>;
  readonly #attach: Statement<unknown[]>;
  readonly #due: Statement<unknown[]>;
  readonly #one: Statement<unknown[]>;
  readonly #leg: Statement<unknown[]>;
  readonly #lost: Statement<unknown[]>;
  readonly #legStates: Statement<unknown[]>;
  readonly #newLeg: Statement<unknown[]>;
  readonly #say: Statement<unknown[]>;
  readonly #begin: Statement<unknown[]>;
  readonly #beginLeg: Statement<unknown[]>;
  readonly #nextDue: Statement<unknown[]>;
  readonly #sentTo: Statement<unknown[]>;
  readonly #lastOfGroup: Statement<unknown[]>;
  readonly #sendingTo: Statement<unknown[]>;
  readonly #today: Statement<unknown[]>;
  readonly #settleLeg: Statement<unknown[]>;
  readonly #settle: Statement<unknown[]>;
  readonly #underWay: Statement<unknown[]>;
  readonly #ofReceipt: Statement<unknown[]>;
  readonly #alerts: Statement<unknown[]>;
  readonly #receiptsDue: Statement<unknown[]>;
  readonly #awaited: Statement<unknown[]>;

  constructor(database: SqliteDatabase) {
    this.#insert = database.prepare(
      `INSERT INTO message (id, position, officer, phone, template, variables, text, code, urgent, group_key, alerts, state, leg,
         next_ms, deadline_ms, created_ms)
       VALUES (@id, (SELECT coalesce(max(position), 0) + 1 FROM message), @officer, @phone, @template, @variables, @text,
         @code, @urgent, @groupKey, @alerts, 'sending', 0, @nowMs, @deadlineMs, @nowMs)`,
    );
    this.#attach = database.prepare("UPDATE told SET state = 'message', message = ? WHERE id = ?");
    this.#due = database.prepare(
      `SELECT ${columns} FROM message WHERE next_ms <= ? ORDER BY urgent DESC, position LIMIT ?`,
    );
    this.#one = database.prepare(`SELECT ${columns} FROM message WHERE id = ?`);
    this.#leg = database.prepare(`SELECT ${legColumns} FROM leg WHERE message = ? AND n = ?`);
    this.#lost = database.prepare("SELECT coalesce(sum(lost), 0) FROM leg WHERE message = ?").pluck();
    this.#legStates = database.prepare("SELECT n, state FROM leg WHERE message = ? ORDER BY n").raw();
    this.#newLeg = database.prepare("INSERT INTO leg VALUES (?, ?, ?, 'sending', 0, 0, 0, '', NULL, NULL, NULL)");
    this.#say = database.prepare("UPDATE message SET template = ?, variables = ?, text = ?, alerts = ? WHERE id = ?");
    this.#begin = database.prepare("UPDATE message SET first_ms = coalesce(first_ms, ?), next_ms = NULL WHERE id = ?");
    this.#beginLeg = database.prepare(
      "UPDATE leg SET attempts = attempts + 1, under_way = 1, sent_ms = coalesce(sent_ms, ?) WHERE message = ? AND n = ?",
    );
    this.#nextDue = database
      .prepare(
        `SELECT min(ms) FROM (SELECT min(next_ms) AS ms FROM message WHERE next_ms IS NOT NULL
         UNION ALL SELECT min(receipt_due_ms) FROM message WHERE receipt_due_ms IS NOT NULL)`,
      )
      .pluck();
    this.#sentTo = database
      .prepare(
        `SELECT created_ms FROM message WHERE officer = @officer AND created_ms > @afterMs AND template <> 'reply'
           AND (urgent = 2) = @alarm AND NOT (state = 'withdrawn' AND first_ms IS NULL) ORDER BY created_ms`,
      )
      .pluck();
    this.#lastOfGroup = database
      .prepare(
        "SELECT max(created_ms) FROM message WHERE officer = ? AND created_ms > ? AND group_key = ? AND urgent < 2 AND state <> 'withdrawn'",
      )
      .pluck();
    this.#sendingTo = database
      .prepare(
        "SELECT 1 FROM message WHERE officer = ? AND created_ms > ? AND state = 'sending' AND urgent < 2 AND template <> 'reply'",
      )
      .pluck();
    this.#today = database
      .prepare("SELECT count(*) FROM message WHERE created_ms >= ? AND NOT (state = 'withdrawn' AND first_ms IS NULL)")
      .pluck();
    this.#settleLeg = database.prepare(
      `UPDATE leg SET state = @state, outcome = @outcome, lost = lost + @lost, under_way = 0,
         receipt = coalesce(@receipt, receipt), done_ms = @doneMs WHERE message = @message AND n = @n`,
    );
    this.#settle = database.prepare(
      `UPDATE message SET state = @state, reason = @reason, leg = @leg, next_ms = @nextMs, receipt_due_ms = @receiptDueMs,
         done_ms = @doneMs, phone = CASE WHEN @state = 'sending' THEN phone ELSE '' END WHERE id = @id`,
    );
    this.#underWay = database.prepare(`SELECT ${legColumns} FROM leg WHERE under_way = 1`);
    this.#ofReceipt = database.prepare(
      `SELECT ${legColumns}, state FROM leg WHERE channel = ? AND receipt = ? ORDER BY n DESC LIMIT 1`,
    );
    this.#alerts = database.prepare("SELECT DISTINCT alert FROM told WHERE message = ? ORDER BY id").pluck();
    this.#awaited = database.prepare(
      `SELECT l.receipt AS receiptId, m.officer, l.sent_ms AS sentMs FROM leg AS l JOIN message AS m ON m.id = l.message
       WHERE l.channel = ? AND l.receipt IS NOT NULL AND l.state = 'sent' AND l.sent_ms > ?`,
    );
    this.#receiptsDue = database.prepare(
      `SELECT ${columns} FROM message WHERE receipt_due_ms <= ? ORDER BY receipt_due_ms LIMIT 200`,
    );
  }

  /** Makes a message of what was to be told. Returns its id, stable over all attempts. */
  make(message: NewMessage, told: readonly number[]): string {
    const { said, about, ...rest } = message;
    const id = createHash("sha256").update(`mc-message-v1\0${message.officer}\0${about}`).digest("hex").slice(0, 32);
    const { template, variables, text } = said;
    this.#insert.run({ ...rest, id, template, variables: JSON.stringify(variables), text });
    for (const one of told) this.#attach.run(id, one);
    return id;
  }

  due(nowMs: number, limit: number): MessageRow[] {
    return this.#due.all(nowMs, limit) as MessageRow[];
  }

  get(id: string): MessageRow | undefined {
    return this.#one.get(id) as MessageRow | undefined;
  }

  /** The way through a channel; made when the message comes to it. */
  leg(message: string, n: number, channel: string): LegRow {
    const known = this.#leg.get(message, n) as LegRow | undefined;
    if (known !== undefined) return known;
    this.#newLeg.run(message, n, channel);
    return { message, n, channel, attempts: 0, lost: 0, sentMs: null };
  }

  /** How it stands with each channel that it came to. */
  legStates(message: string): ReadonlyMap<number, string> {
    return new Map(this.#legStates.all(message) as [number, string][]);
  }

  /** How many of its answers were lost, on every channel: so often the officer may have it. */
  lostOf(message: string): number {
    return this.#lost.get(message) as number;
  }

  /** What it says now. */
  say(id: string, { template, variables, text }: ShortMessage, alerts: number): void {
    this.#say.run(template, JSON.stringify(variables), text, alerts, id);
  }

  /** Counts an attempt, before it is made. */
  begin({ message, n }: LegRow, nowMs: number): void {
    this.#begin.run(nowMs, message);
    this.#beginLeg.run(nowMs, message, n);
  }

  nextDueMs(): number | null {
    return this.#nextDue.get() as number | null;
  }

  /** When messages went to somebody, ascending. */
  sentTo(officer: string, afterMs: number, alarm: boolean): number[] {
    return this.#sentTo.all({ officer, afterMs, alarm: alarm ? 1 : 0 }) as number[];
  }

  lastOfGroupMs(officer: string, groupKey: string, afterMs: number): number | null {
    return this.#lastOfGroup.get(officer, afterMs, groupKey) as number | null;
  }

  isSendingTo(officer: string, afterMs: number): boolean {
    return this.#sendingTo.get(officer, afterMs) !== undefined;
  }

  /** How many messages there were since `fromMs`. */
  countSince(fromMs: number): number {
    return this.#today.get(fromMs) as number;
  }

  settleLeg(
    leg: Pick<LegRow, "message" | "n">,
    settled: {
      readonly state: string;
      readonly outcome: string;
      readonly lost: boolean;
      readonly receipt: string | null;
      readonly doneMs: number | null;
    },
  ): void {
    const { message, n } = leg;
    this.#settleLeg.run({ ...settled, outcome: settled.outcome.slice(0, 256), message, n, lost: settled.lost ? 1 : 0 });
  }

  settle(
    id: string,
    settled: {
      readonly state: MessageEnd | "sending" | "delivered";
      readonly reason?: string | null;
      readonly leg: number;
      readonly nextMs?: number | null;
      readonly receiptDueMs?: number | null;
      readonly doneMs?: number | null;
    },
  ): void {
    this.#settle.run({ reason: null, nextMs: null, receiptDueMs: null, doneMs: null, ...settled, id });
  }

  /** Attempts that nobody knows the outcome of, after a start. */
  underWay(): LegRow[] {
    return this.#underWay.all() as LegRow[];
  }

  ofReceipt(channel: string, receipt: string): (LegRow & { readonly state: string }) | undefined {
    return this.#ofReceipt.get(channel, receipt) as (LegRow & { state: string }) | undefined;
  }

  /** Alerts that a message tells. */
  alertsOf(message: string): string[] {
    return this.#alerts.all(message) as string[];
  }

  /** Messages whose receipt should have come. */
  receiptsDue(nowMs: number): MessageRow[] {
    return this.#receiptsDue.all(nowMs) as MessageRow[];
  }

  /** What a channel took since then and has no receipt of yet. */
  awaited(
    channel: string,
    sinceMs: number,
  ): { readonly receiptId: string; readonly officer: string; readonly sentMs: number }[] {
    return this.#awaited.all(channel, sinceMs) as { receiptId: string; officer: string; sentMs: number }[];
  }
}
