import type { Statement } from "better-sqlite3";
import { acknowledgeAlert } from "../alerts/alert-actions.ts";
import { AlertStore } from "../alerts/alert-store.ts";
import type { Audit } from "../audit/audit-event.ts";
import type { Reply } from "../channels/channel.ts";
import { shortMessage } from "../channels/message.ts";
import type { SqliteDatabase } from "../store/database.ts";
import type { MessageStore } from "./message-store.ts";
import { type KnownCode, type ReplyCodes, readReply } from "./reply-codes.ts";
import type { Roster } from "./roster.ts";

/** What takes replies works with. */
export interface RepliesOptions {
  readonly database: SqliteDatabase;
  readonly messages: MessageStore;
  readonly codes: ReplyCodes;
  readonly roster: Roster;
  readonly audit: Audit;
  readonly nowMs: () => number;
}

const hourMs = 3_600_000;
/** Answers that a number gets in an hour, whatever it sends. */
const mostAnswers = 5;
const answerWithinMs = 600_000;

/** Takes alerts over by text message, and says what became of it. In the caller's transaction. */
export class Replies {
  readonly #options: RepliesOptions;
  readonly #alerts: AlertStore;
  readonly #insert: Statement<unknown[]>;
  readonly #known: Statement<unknown[]>;
  readonly #answers: Statement<unknown[]>;

  constructor(options: RepliesOptions) {
    const { database } = options;
    this.#options = options;
    this.#alerts = new AlertStore(database);
    this.#insert = database.prepare("INSERT INTO reply VALUES (?, ?, ?, ?, ?, ?)");
    this.#known = database.prepare("SELECT 1 FROM reply WHERE channel = ? AND id = ?").pluck();
    this.#answers = database
      .prepare("SELECT count(*) FROM reply WHERE phone_digest = ? AND at_ms > ? AND answered = 1")
      .pluck();
  }

  /**
   * Takes a reply; the same one again changes nothing. True when alerts changed or an answer is to be sent.
   * @throws SqliteError when it cannot be noted; nothing has happened then
   */
  take(channel: string, reply: Reply): boolean {
    if (this.#known.get(channel, reply.id) !== undefined) return false;
    const { nowMs, codes } = this.#options;
    const said = readReply(reply.text);
    const digest = codes.phoneDigest(reply.phone);
    const { outcome, code, officer } = said === undefined ? unsaid : this.#act(said, reply);
    const isAnswered = outcome !== "" && (this.#answers.get(digest, nowMs() - hourMs) as number) < mostAnswers;
    this.#insert.run(channel, reply.id, digest, nowMs(), outcome === "" ? "unread" : outcome, isAnswered ? 1 : 0);
    if (isAnswered) this.#answer(channel, reply, { outcome, code, officer });
    return outcome !== "";
  }

  #act(said: { readonly code: string } | "word", reply: Reply): { outcome: string; code: string; officer: string } {
    const { codes, nowMs } = this.#options;
    const known = said === "word" ? this.#only(reply.phone) : codes.find(said.code, reply.phone);
    if (known === undefined) {
      this.#note("-", "", "unknown code");
      // It may be good for another number: it is not repeated, here or in what is kept of the answer.
      return { outcome: said === "word" ? "请回复短信中的编号" : "编号无效", code: "", officer: "" };
    }
    const { code, officer } = known;
    if (known.expiresMs <= nowMs()) {
      this.#note(officer, known.alert, "expired code");
      return { outcome: "编号已过期", code, officer };
    }
    return { outcome: this.#takeOver(known), code, officer };
  }

  #takeOver({ id, alert, officer, usedMs }: KnownCode): string {
    const { database, codes, roster, audit, nowMs } = this.#options;
    const now = nowMs();
    const known = roster.officer(officer, now);
    if (known === undefined) {
      this.#note(officer, alert, "no officer any more");
      return "编号无效";
    }
    const by = known.login === "" ? officer : known.login;
    // It took this alert over once: what became of it since is not undone by the same message.
    if (usedMs !== null && this.#alerts.alert(alert)?.state === "firing") {
      this.#note(by, alert, "used code");
      return "编号已用过";
    }
    const outcome = acknowledgeAlert(database, { id: alert, by, nowMs: now });
    switch (outcome.outcome) {
      case "done":
        codes.use(id, now);
        audit.append({
          actor: by,
          action: "alert.acknowledged",
          subject: `alert:${alert}`,
          detail: { by: "sms", officer },
        });
        return "已签收，请及时处置";
      case "already": {
        if (outcome.by === by) return "您已签收";
        this.#note(by, alert, "somebody was first");
        const first = roster.ofLogin(outcome.by, now) ?? roster.officer(outcome.by, now);
        return `已由${first?.name ?? "他人"}签收`;
      }
      case "ended":
        return usedMs === null ? "预警已结束" : "编号已用过";
      case "unfit":
      case "unknown":
        return "编号无效";
    }
  }

  /** The one alert that a number can answer about now: of those that are not over, else of all; undefined: none or several. */
  #only(phone: string): KnownCode | undefined {
    const live = this.#options.codes.liveOf(phone, this.#options.nowMs());
    const open = live.filter(({ alert }) => this.#alerts.alert(alert)?.endedMs === null);
    const among = open.length > 0 ? open : live;
    return new Set(among.map(({ alert }) => alert)).size === 1 ? among[0] : undefined;
  }

  #note(officer: string, alert: string, why: string): void {
    const subject = alert === "" ? "alert" : `alert:${alert}`;
    const actor = officer === "" ? "-" : officer;
    const detail = { by: "sms", why };
    this.#options.audit.append({ actor, action: "alert.acknowledged", subject, outcome: "refused", detail });
  }

  #answer(
    channel: string,
    reply: Reply,
    { outcome, code, officer }: { outcome: string; code: string; officer: string },
  ): void {
    const nowMs = this.#options.nowMs();
    this.#options.messages.make(
      {
        ...{ officer, phone: reply.phone, said: shortMessage("reply", { code: code === "" ? "提示" : code, outcome }) },
        ...{ code: "", urgent: 1, groupKey: "reply", alerts: 0, about: `reply ${channel} ${reply.id}` },
        ...{ nowMs, deadlineMs: nowMs + answerWithinMs },
      },
      [],
    );
  }
}

const unsaid = { outcome: "", code: "", officer: "" } as const;
