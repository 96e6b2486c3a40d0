import type { Statement } from "better-sqlite3";
import type { SqliteDatabase } from "../store/database.ts";
import type { Alert } from "./alert.ts";

/** Why an alert is not told now. `detail` goes into its history. */
export interface Suppressed {
  readonly reason: "inhibited" | "silenced";
  readonly detail: Readonly<Record<string, unknown>>;
}

/** What of an alert tells whether something covers it. */
export type Covered = Pick<Alert, "id" | "rule" | "labels" | "severity" | "inhibitedBy" | "gw" | "dev" | "site">;

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

/** Open alerts of a rule by their labels of some names; those that lack one of them cover nothing. */
type Sources = ReadonlyMap<string, readonly string[]>;

/** What was read already, for many questions at one moment. */
interface Moment {
  readonly sources: Map<string, Sources>;
  silences: readonly SilenceRow[] | undefined;
}

const named = ({ rule, gw, dev, site, severity, labels }: Covered): Readonly<Record<string, string>> => ({
  ...labels,
  ...{ rule, gateway: gw, device: dev, site, severity },
});

const keyOf = (labels: Readonly<Record<string, string>>, equal: readonly string[]): string | undefined => {
  const values = equal.map((name) => labels[name] ?? "");
  return values.includes("") ? undefined : JSON.stringify(values);
};

/** Tells whether an alert is inhibited by another one, or silenced by somebody. Reads only. */
export class Suppression {
  readonly #firing: Statement<unknown[]>;
  readonly #silences: Statement<unknown[]>;

  constructor(database: SqliteDatabase) {
    this.#firing = database.prepare(
      `SELECT id, labels FROM alert WHERE rule = ? AND ended_ms IS NULL AND fired_ms IS NOT NULL AND dry = 0`,
    );
    this.#silences = database.prepare(
      `SELECT id, matchers, by, to_ms AS toMs FROM silence
       WHERE to_ms > @nowMs AND from_ms <= @nowMs AND ended_ms IS NULL ORDER BY id`,
    );
  }

  /** Why it is not told at `nowMs`; undefined: it is. */
  find(alert: Covered, nowMs: number): Suppressed | undefined {
    return this.at(nowMs)(alert);
  }

  /** The same for many alerts at one moment: what covers them is read once. */
  at(nowMs: number): (alert: Covered) => Suppressed | undefined {
    const moment: Moment = { sources: new Map(), silences: undefined };
    return (alert) => this.#inhibition(alert, moment) ?? this.#silence(alert, moment, nowMs);
  }

  #inhibition({ id, labels, inhibitedBy }: Covered, moment: Moment): Suppressed | undefined {
    for (const { rule, equal } of inhibitedBy) {
      const key = keyOf(labels, equal);
      if (key === undefined) continue;
      const source = this.#sources(rule, equal, moment)
        .get(key)
        ?.find((other) => other !== id);
      if (source !== undefined) return { reason: "inhibited", detail: { rule, alert: source } };
    }
    return undefined;
  }

  #sources(rule: string, equal: readonly string[], { sources }: Moment): Sources {
    const name = JSON.stringify([rule, equal]);
    const known = sources.get(name);
    if (known !== undefined) return known;
    const byKey = new Map<string, string[]>();
    for (const { id, labels } of this.#firing.all(rule) as OpenRow[]) {
      const key = keyOf(JSON.parse(labels) as Record<string, string>, equal);
      const same = key === undefined ? undefined : byKey.get(key);
      if (same !== undefined) same.push(id);
      else if (key !== undefined) byKey.set(key, [id]);
    }
    sources.set(name, byKey);
    return byKey;
  }

  #silence(alert: Covered, moment: Moment, nowMs: number): Suppressed | undefined {
    moment.silences ??= this.#silences.all({ nowMs }) as SilenceRow[];
    if (moment.silences.length === 0) return undefined;
    const labels = named(alert);
    const found = moment.silences.find(({ matchers }) =>
      Object.entries(JSON.parse(matchers) as Record<string, string>).every(([name, value]) => labels[name] === value),
    );
    if (found === undefined) return undefined;
    const { id, by, toMs } = found;
    return { reason: "silenced", detail: { silence: id, by, until: new Date(toMs).toISOString() } };
  }
}
