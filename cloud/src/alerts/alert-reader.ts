import type { Statement } from "better-sqlite3";
import type { SqliteDatabase } from "../store/database.ts";
import type { Alert, AlertEntry, AlertState, AlertWithHistory, NotificationView } from "./alert.ts";

/** Columns of `alert` under the names of {@link AlertRow}. */
export const alertColumns = `id, rule, group_key AS groupKey, labels, state, severity, title, next, runbook, owner,
  owner_reason AS ownerReason, gw, dev, lsn, matches, late, started_ms AS startedMs, opened_ms AS openedMs,
  fired_ms AS firedMs, ended_ms AS endedMs, acknowledged_by AS acknowledgedBy, acknowledged_ms AS acknowledgedMs, site,
  tier, dry, untold, inhibited_by AS inhibitedBy, repeat_ms AS repeatMs, handled_by AS handledBy, handled_ms AS handledMs`;

/** A stored alert. */
export interface AlertRow extends Omit<Alert, "group" | "labels" | "title" | "next" | "late" | "dry" | "inhibitedBy"> {
  readonly groupKey: string;
  readonly labels: string;
  readonly title: string;
  readonly next: string;
  readonly late: number;
  readonly dry: number;
  readonly inhibitedBy: string;
}

/** The alert of a row. */
export const alertOf = ({ groupKey, labels, title, next, late, dry, inhibitedBy, ...row }: AlertRow): Alert => ({
  ...row,
  group: JSON.parse(groupKey) as Alert["group"],
  labels: JSON.parse(labels) as Alert["labels"],
  title: JSON.parse(title) as Alert["title"],
  next: JSON.parse(next) as Alert["next"],
  late: late === 1,
  dry: dry === 1,
  inhibitedBy: JSON.parse(inhibitedBy) as Alert["inhibitedBy"],
});

/** What {@link AlertReader.list} returns. */
export interface AlertListQuery {
  /**
   * `open`: firing, acknowledged, handled. `all`: also those that ended after firing, the latest first behind the open ones.
   * `dry-run`: as `all`, of rules that are only tried out.
   */
  readonly which: "open" | "all" | "dry-run";
  readonly limit: number;
  /** Behind this place; null: from the beginning. */
  readonly after: AlertPlace | null;
}

/** Where an alert stands in the list: open ones by when they fired, ended ones by when they ended, the latest first. */
export interface AlertPlace {
  readonly ended: boolean;
  readonly ms: number;
  readonly id: string;
}

/** Where an alert stands that fired. */
export const placeOf = ({ id, firedMs, endedMs }: Pick<Alert, "id" | "firedMs" | "endedMs">): AlertPlace => ({
  ...{ ended: endedMs !== null, ms: endedMs ?? firedMs ?? 0, id },
});

/** In front of every alert. */
const front: Omit<AlertPlace, "ended"> = { ms: Number.MAX_SAFE_INTEGER, id: "" };

/** What stands behind a place of a list, with `@ms` and `@id` of the place, and `@limit`. */
const behind = (time: string): string =>
  `(${time} < @ms OR ${time} = @ms AND id > @id) ORDER BY ${time} DESC, id LIMIT @limit`;

/** Reads alerts from `alerts.db`, on any connection. Alerts that never fired are told only by id. */
export class AlertReader {
  readonly #open: readonly [live: Statement<unknown[]>, tried: Statement<unknown[]>];
  readonly #ended: readonly [live: Statement<unknown[]>, tried: Statement<unknown[]>];
  readonly #one: Statement<unknown[]>;
  readonly #history: Statement<unknown[]>;
  readonly #notifications: Statement<unknown[]>;
  readonly #counts: Statement<unknown[]>;
  readonly #lastEntry: Statement<unknown[]>;

  constructor(database: SqliteDatabase) {
    const open = (dry: 0 | 1): Statement<unknown[]> =>
      database.prepare(
        `SELECT ${alertColumns} FROM alert WHERE ended_ms IS NULL AND fired_ms IS NOT NULL AND dry = ${dry}
         AND ${behind("fired_ms")}`,
      );
    const ended = (dry: 0 | 1): Statement<unknown[]> =>
      database.prepare(
        `SELECT ${alertColumns} FROM alert WHERE ended_ms IS NOT NULL AND fired_ms IS NOT NULL AND dry = ${dry}
         AND ${behind("ended_ms")}`,
      );
    this.#open = [open(0), open(1)];
    this.#ended = [ended(0), ended(1)];
    this.#one = database.prepare(`SELECT ${alertColumns} FROM alert WHERE id = ?`);
    this.#history = database.prepare(
      `SELECT id, at_ms AS atMs, from_state AS "from", to_state AS "to", reason, actor, lsn, detail
       FROM history WHERE alert = ? ORDER BY id`,
    );
    this.#notifications = database.prepare(
      `SELECT id, channel, event, state, attempts, outcome, created_ms AS createdMs, done_ms AS doneMs
       FROM notification WHERE alert = ? ORDER BY position`,
    );
    this.#counts = database.prepare(
      "SELECT state, count(*) AS n FROM alert WHERE ended_ms IS NULL AND dry = 0 GROUP BY state",
    );
    this.#lastEntry = database.prepare("SELECT max(id) FROM history").pluck();
  }

  /** Alerts that fired: open ones first, then the latest ended, at most `limit`. */
  list({ which, limit, after }: AlertListQuery): Alert[] {
    const { ms, id } = after ?? front;
    const mode = which === "dry-run" ? 1 : 0;
    const open = after?.ended === true ? [] : (this.#open[mode].all({ ms, id, limit }) as AlertRow[]);
    const left = which === "open" ? 0 : limit - open.length;
    const from = after?.ended === true ? { ms, id } : front;
    const ended = left > 0 ? (this.#ended[mode].all({ ...from, limit: left }) as AlertRow[]) : [];
    return [...open, ...ended].map(alertOf);
  }

  /** One alert with its history and notifications; undefined when there is none. */
  get(id: string): AlertWithHistory | undefined {
    const row = this.#one.get(id) as AlertRow | undefined;
    if (row === undefined) return undefined;
    const entries = this.#history.all(id) as (Omit<AlertEntry, "detail"> & { detail: string })[];
    const history = entries.map((entry) => ({ ...entry, detail: JSON.parse(entry.detail) as AlertEntry["detail"] }));
    return { ...alertOf(row), history, notifications: this.#notifications.all(id) as NotificationView[] };
  }

  /** Number of the newest entry of all histories; 0 when there is none. It grows with every change. */
  lastEntryId(): number {
    return (this.#lastEntry.get() as number | null) ?? 0;
  }

  /** How many alerts are open, by state. */
  counts(): Readonly<Record<Exclude<AlertState, "resolved" | "closed">, number>> {
    const counts = { pending: 0, firing: 0, acknowledged: 0, handled: 0 };
    const rows = this.#counts.all() as { state: keyof typeof counts; n: number }[];
    for (const { state, n } of rows) counts[state] = n;
    return counts;
  }
}
