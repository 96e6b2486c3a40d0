import type { Statement } from "better-sqlite3";
import type { SqliteDatabase } from "../store/database.ts";
import type { Alert } from "./alert.ts";

/** Why an alert is not told now. `detail` goes into its history. */
export interface Suppressed {
  readonly reason: "inhibited" | "silenced";
  readonly detail: Readonly<Record<string, unknown>>;
}

interface OpenRow {
  readonly id: string;
  readonly labels: string;
}

interface SilenceRow {
  readonly id: number;
  readonly matchers: string;
  readonly by: string;
  readonly toMs: number;
}

const named = ({ rule, gw, dev, site, severity, labels }: Alert): Readonly<Record<string, string>> => ({
  ...labels,
  ...{ rule, gateway: gw, device: dev, site, severity },
});

/** Tells whether an alert is inhibited by another one, or silenced by somebody. Reads only. */
export class Suppression {
  readonly #firing: Statement<unknown[]>;
  readonly #silences: Statement<unknown[]>;

  constructor(database: SqliteDatabase) {
    this.#firing = database.prepare(
      `SELECT id, labels FROM alert WHERE rule = ? AND ended_ms IS NULL AND fired_ms IS NOT NULL AND dry = 0 AND id <> ?`,
    );
    this.#silences = database.prepare(
      `SELECT id, matchers, by, to_ms AS toMs FROM silence
       WHERE to_ms > @nowMs AND from_ms <= @nowMs AND ended_ms IS NULL ORDER BY id`,
    );
  }

  /** Why it is not told at `nowMs`; undefined: it is. */
  find(alert: Alert, nowMs: number): Suppressed | undefined {
    return this.#inhibition(alert) ?? this.#silence(alert, nowMs);
  }

  #inhibition({ id, labels, inhibitedBy }: Alert): Suppressed | undefined {
    for (const { rule, equal } of inhibitedBy) {
      const source = (this.#firing.all(rule, id) as OpenRow[]).find((row) => {
        const others = JSON.parse(row.labels) as Record<string, string>;
        return equal.every((name) => (labels[name] ?? "") !== "" && labels[name] === others[name]);
      });
      if (source !== undefined) return { reason: "inhibited", detail: { rule, alert: source.id } };
    }
    return undefined;
  }

  #silence(alert: Alert, nowMs: number): Suppressed | undefined {
    const labels = named(alert);
    const found = (this.#silences.all({ nowMs }) as SilenceRow[]).find(({ matchers }) =>
      Object.entries(JSON.parse(matchers) as Record<string, string>).every(([name, value]) => labels[name] === value),
    );
    if (found === undefined) return undefined;
    const { id, by, toMs } = found;
    return { reason: "silenced", detail: { silence: id, by, until: new Date(toMs).toISOString() } };
  }
}
