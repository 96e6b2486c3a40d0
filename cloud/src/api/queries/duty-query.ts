import type { AlertDuty, AlertMessage, AlertView, DutyOfficer, DutyStep, MessageLeg } from "@mingcheng/protocols";
import type { Statement } from "better-sqlite3";
import type { People } from "../../duty/people.ts";
import type { Roster } from "../../duty/roster.ts";
import type { SqliteDatabase } from "../../store/database.ts";
import { isoTime, isoTimeOrNull } from "./read-stores.ts";

interface CareRow {
  readonly route: string | null;
  readonly level: string | null;
  readonly tier: AlertDuty["tier"] | null;
  readonly officer: string | null;
  readonly groupKey: string;
  readonly state: string;
  readonly receiptDueMs: number | null;
  readonly arrivalDueMs: number | null;
  readonly handlingDueMs: number | null;
  readonly arrivedBy: string | null;
  readonly arrivedMs: number | null;
  readonly escalations: number;
  readonly overdue: number;
}

interface StepRow {
  readonly atMs: number;
  readonly tier: DutyStep["tier"];
  readonly officer: string | null;
  readonly role: string | null;
  readonly reason: DutyStep["reason"];
  readonly insteadOf: string | null;
}

interface ToldRow {
  readonly officer: string;
  readonly tier: AlertMessage["tier"];
  readonly event: AlertMessage["event"];
  readonly state: string;
  readonly reason: string | null;
  readonly message: string | null;
  readonly messageState: AlertMessage["state"] | null;
  readonly messageReason: string | null;
  readonly alerts: number | null;
  readonly madeMs: number;
}

const mostMessages = 200;
const held = new Set(["quiet", "quota", "budget", "interval", "sending"]);

const tellingState = ({ state, reason, messageState }: ToldRow): AlertMessage["state"] => {
  if (messageState !== null) return messageState;
  if (state === "waiting") return reason !== null && held.has(reason) ? "held" : "waiting";
  return state as AlertMessage["state"];
};

/** The ways of a message through its channels. */
export const legsOf = (legs: Statement<unknown[]>, message: string): MessageLeg[] =>
  (
    legs.all(message) as (Omit<MessageLeg, "sentAt" | "doneAt" | "answersLost"> & {
      lost: number;
      sentMs: number | null;
      doneMs: number | null;
    })[]
  ).map(({ channel, state, attempts, lost, outcome, sentMs, doneMs }) => ({
    ...{ channel, state, attempts, answersLost: lost, outcome },
    ...{ sentAt: isoTimeOrNull(sentMs), doneAt: isoTimeOrNull(doneMs) },
  }));

/** What {@link legsOf} asks. */
export const legsStatement = (alerts: SqliteDatabase): Statement<unknown[]> =>
  alerts.prepare(
    `SELECT channel, state, attempts, lost, outcome, sent_ms AS sentMs, done_ms AS doneMs FROM leg WHERE message = ? ORDER BY n`,
  );

/** Reads who has alerts, until when, and what they were told. `alerts` may be a reading connection. */
export class DutyQuery {
  readonly #roster: Roster;
  readonly #people: People;
  readonly #nowMs: number;
  readonly #care: Statement<unknown[]>;
  readonly #steps: Statement<unknown[]>;
  readonly #told: Statement<unknown[]>;
  readonly #legs: Statement<unknown[]>;

  constructor(
    alerts: SqliteDatabase,
    { roster, people }: { readonly roster: Roster; readonly people: People },
    nowMs: number,
  ) {
    this.#roster = roster;
    this.#people = people;
    this.#nowMs = nowMs;
    this.#care = alerts.prepare(
      `SELECT route, level, tier, officer, group_key AS groupKey, state, receipt_due_ms AS receiptDueMs,
         arrival_due_ms AS arrivalDueMs, handling_due_ms AS handlingDueMs, arrived_by AS arrivedBy, arrived_ms AS arrivedMs,
         escalations, overdue FROM care WHERE alert = ?`,
    );
    this.#steps = alerts.prepare(
      `SELECT at_ms AS atMs, tier, officer, role, reason, instead_of AS insteadOf FROM duty_step WHERE alert = ? ORDER BY id`,
    );
    this.#told = alerts.prepare(
      `SELECT t.officer, t.tier, t.event, t.state, t.reason, t.message, m.state AS messageState, m.reason AS messageReason,
         m.alerts, t.made_ms AS madeMs FROM told AS t LEFT JOIN message AS m ON m.id = t.message
       WHERE t.alert = ? ORDER BY t.id DESC LIMIT ${mostMessages}`,
    );
    this.#legs = legsStatement(alerts);
  }

  officer(code: string): DutyOfficer {
    return { code, name: this.#roster.officer(code, this.#nowMs)?.name ?? code };
  }

  #officerOrNull(code: string | null): DutyOfficer | null {
    return code === null ? null : this.officer(code);
  }

  /** What a view of an alert says of its duty; all left out before it is routed. */
  view(alert: string, state: AlertView["state"]): Partial<AlertView> {
    const care = this.#care.get(alert) as CareRow | undefined;
    if (care === undefined || care.route === null || care.tier === null) return {};
    const { route, tier, level, groupKey, escalations, receiptDueMs, arrivalDueMs, handlingDueMs } = care;
    const isOpen = state === "firing" || state === "acknowledged";
    const due = (ms: number | null, isAsked: boolean): string | null => (isAsked ? isoTimeOrNull(ms) : null);
    const runs = state === "firing" ? receiptDueMs : (arrivalDueMs ?? handlingDueMs);
    const words = JSON.parse(level ?? "{}") as Partial<AlertDuty["level"]>;
    return {
      receiptDueAt: due(receiptDueMs, state === "firing"),
      arrivalDueAt: due(arrivalDueMs, state === "acknowledged"),
      handlingDueAt: due(handlingDueMs, isOpen),
      overdue: care.overdue === 1 || (isOpen && runs !== null && runs < this.#nowMs),
      duty: {
        ...{
          route,
          level: { zh: words.zh ?? "", en: words.en ?? "" },
          tier,
          officers: this.#holders(alert, care.officer),
        },
        ...{ stage: this.#stage(state, care), arrived: this.#arrived(care), escalations, group: groupKey },
      },
    };
  }

  #arrived({ arrivedBy: by, arrivedMs }: CareRow): AlertDuty["arrived"] {
    if (by === null || arrivedMs === null) return null;
    const name = this.#people.nameOf(by, arrivedMs);
    return { by, ...(name === undefined ? {} : { name }), at: isoTime(arrivedMs) };
  }

  #stage(state: AlertView["state"], { arrivedMs, arrivalDueMs }: CareRow): AlertDuty["stage"] {
    if (state === "firing") return "receipt";
    if (state !== "acknowledged") return "done";
    return arrivedMs === null && arrivalDueMs !== null ? "arrival" : "handling";
  }

  #holders(alert: string, owner: string | null): DutyOfficer[] {
    const steps = this.#steps.all(alert) as StepRow[];
    const codes = [owner, ...steps.map(({ officer }) => officer)].filter((code) => code !== null);
    return [...new Set(codes)].map((code) => this.officer(code));
  }

  /** Its way through the tiers. */
  steps(alert: string): DutyStep[] {
    return (this.#steps.all(alert) as StepRow[]).map(({ atMs, tier, officer, role, reason, insteadOf }) => ({
      ...{ at: isoTime(atMs), tier, role, reason },
      ...{ officer: this.#officerOrNull(officer), insteadOf: this.#officerOrNull(insteadOf) },
    }));
  }

  /** What each officer was told of it, the latest first. */
  messages(alert: string): AlertMessage[] {
    return (this.#told.all(alert, ...[]) as ToldRow[]).map((row) => ({
      ...{ officer: this.officer(row.officer), tier: row.tier, event: row.event, state: tellingState(row) },
      ...{ reason: row.messageReason ?? row.reason, message: row.message, alerts: row.alerts ?? 1 },
      ...{ legs: row.message === null ? [] : legsOf(this.#legs, row.message), madeAt: isoTime(row.madeMs) },
    }));
  }
}
