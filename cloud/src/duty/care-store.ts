import type { Statement } from "better-sqlite3";
import type { SqliteDatabase } from "../store/database.ts";

/** Tiers of a step; `last-resort`: whom the routing names for when nobody is on duty. */
export type CareTier = "operator" | "station" | "district" | "city" | "last-resort";

/** Who has an alert and until when. Times in milliseconds since 1970, by the centre's clock. */
export interface Care {
  readonly alert: string;
  /** How often it was to be told, and how often it was. */
  readonly asked: number;
  readonly answered: number;
  /** State of the alert when it was looked at last; empty: never. */
  readonly state: string;
  readonly route: string | null;
  readonly tier: CareTier | null;
  /** Null: a role has it. */
  readonly officer: string | null;
  readonly groupKey: string;
  readonly receiptDueMs: number | null;
  readonly arrivalDueMs: number | null;
  readonly handlingDueMs: number | null;
  readonly repeatMs: number | null;
  readonly arrivedMs: number | null;
  /** An officer whom no channel reaches. */
  readonly unreached: string | null;
}

/** A step of an alert through the tiers. */
export interface NewStep {
  readonly alert: string;
  readonly atMs: number;
  readonly tier: CareTier;
  readonly officer: string | null;
  readonly role: string | null;
  readonly reason: string;
  readonly insteadOf: string | null;
}

/** What an officer is to hear. */
export interface NewTelling {
  readonly alert: string;
  readonly officer: string;
  readonly tier: CareTier;
  readonly event: "firing" | "escalated" | "repeated" | "resolved";
  /** 2 alarm, 1 attention, 0 notice. */
  readonly urgent: number;
  readonly groupKey: string;
  readonly nowMs: number;
  readonly dueMs: number;
  readonly state: "waiting" | "digest" | "unreachable";
  readonly reason: string | null;
}

const columns = `alert, asked, answered, state, route, tier, officer, group_key AS groupKey,
  receipt_due_ms AS receiptDueMs, arrival_due_ms AS arrivalDueMs, handling_due_ms AS handlingDueMs, repeat_ms AS repeatMs,
  arrived_ms AS arrivedMs, unreached`;

/** Rows of who has what. Every method belongs into the caller's transaction. */
export class CareStore {
  readonly #due: Statement<unknown[]>;
  readonly #nextDue: Statement<unknown[]>;
  readonly #save: Statement<unknown[]>;
  readonly #step: Statement<unknown[]>;
  readonly #steps: Statement<unknown[]>;
  readonly #tell: Statement<unknown[]>;
  readonly #withdraw: Statement<unknown[]>;
  readonly #toldAlone: Statement<unknown[]>;
  readonly #moved: Statement<unknown[]>;
  readonly #informed: Statement<unknown[]>;
  readonly #unreached: Statement<unknown[]>;

  constructor(database: SqliteDatabase) {
    this.#due = database.prepare(`SELECT ${columns} FROM care WHERE due_ms <= ? ORDER BY due_ms LIMIT ?`);
    this.#nextDue = database.prepare("SELECT min(due_ms) FROM care WHERE due_ms IS NOT NULL").pluck();
    this.#save = database.prepare(
      `UPDATE care SET due_ms = @dueMs, answered = @answered, state = @state, route = @route, level = @level, tier = @tier,
         officer = @officer, group_key = @groupKey, receipt_due_ms = @receiptDueMs, arrival_due_ms = @arrivalDueMs,
         handling_due_ms = @handlingDueMs, repeat_ms = @repeatMs, unreached = NULL WHERE alert = @alert`,
    );
    this.#step = database.prepare(
      `INSERT INTO duty_step (alert, at_ms, tier, officer, role, reason, instead_of)
       VALUES (@alert, @atMs, @tier, @officer, @role, @reason, @insteadOf)`,
    );
    this.#steps = database
      .prepare(
        "SELECT DISTINCT officer FROM duty_step WHERE alert = ? AND officer IS NOT NULL AND reason <> 'informed'",
      )
      .pluck();
    this.#tell = database.prepare(
      `INSERT INTO told (alert, officer, tier, event, urgent, group_key, made_ms, due_ms, state, reason)
       VALUES (@alert, @officer, @tier, @event, @urgent, @groupKey, @nowMs, @dueMs, @state, @reason)`,
    );
    this.#withdraw = database.prepare(
      `UPDATE told SET state = 'withdrawn', reason = @reason
       WHERE alert = @alert AND state IN ('waiting', 'digest') AND event <> @but`,
    );
    this.#toldAlone = database.prepare(
      `SELECT DISTINCT t.officer, t.tier FROM told AS t JOIN message AS m ON m.id = t.message
       WHERE t.alert = ? AND m.alerts = 1 AND t.event <> 'resolved' AND m.state IN ('sent', 'delivered', 'unconfirmed')`,
    );
    this.#informed = database.prepare("SELECT 1 FROM duty_step WHERE alert = ? AND reason = 'informed'").pluck();
    this.#unreached = database.prepare(
      "UPDATE care SET unreached = @officer, due_ms = @nowMs WHERE alert = @alert AND officer = @officer",
    );
    this.#moved = database.prepare(
      "UPDATE care SET escalations = escalations + 1, overdue = max(overdue, ?) WHERE alert = ?",
    );
  }

  /** What is to be looked at, the longest waiting first. */
  due(nowMs: number, limit: number): Care[] {
    return this.#due.all(nowMs, limit) as Care[];
  }

  /** When the next one is; null: nothing runs. */
  nextDueMs(): number | null {
    return this.#nextDue.get() as number | null;
  }

  save(
    care: Omit<Care, "asked" | "arrivedMs" | "unreached"> & {
      readonly dueMs: number | null;
      readonly level: string | null;
    },
  ): void {
    this.#save.run(care);
  }

  step(step: NewStep): void {
    this.#step.run(step);
  }

  /** Everybody who had an alert. */
  officersOf(alert: string): ReadonlySet<string> {
    return new Set(this.#steps.all(alert) as string[]);
  }

  tell(telling: NewTelling): void {
    this.#tell.run(telling);
  }

  /** Takes back what is not sent yet; `but`: an event that stays. True when there was something. */
  withdraw(alert: string, reason: string, but: NewTelling["event"] | "" = ""): boolean {
    return this.#withdraw.run({ alert, reason, but }).changes > 0;
  }

  /** Who heard of this alert in a message of its own. */
  toldAlone(alert: string): { readonly officer: string; readonly tier: CareTier }[] {
    return this.#toldAlone.all(alert) as { officer: string; tier: CareTier }[];
  }

  /** Whether other tiers heard of it beside its owner. */
  wasInformed(alert: string): boolean {
    return this.#informed.get(alert) !== undefined;
  }

  /** No channel reaches an officer: where this is who has the alert, it is looked at at once. */
  unreached(alert: string, officer: string, nowMs: number): void {
    this.#unreached.run({ alert, officer, nowMs });
  }

  /** It was moved up. */
  moved(alert: string, isOverdue: boolean): void {
    this.#moved.run(isOverdue ? 1 : 0, alert);
  }
}
