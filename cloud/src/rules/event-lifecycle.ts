import type { Statement } from "better-sqlite3";
import type { AlertStore } from "../alerts/alert-store.ts";
import type { SqliteDatabase } from "../store/database.ts";
import type { Observation } from "./observation.ts";
import { isLate, openAlert } from "./open-alert.ts";
import type { AlertRule } from "./rule.ts";

/** Where an observation stands and when it is judged. */
export interface Judging {
  /** Ids of line and boot in `alerts.db`. */
  readonly line: number;
  readonly boot: number;
  readonly nowMs: number;
  /** True: nobody is notified, because the ledger's past is being gone through again. */
  readonly quiet: boolean;
  /** True when the line was disputed until now. */
  readonly kept: boolean;
  /** True where observations come in their order by themselves: what was gathered, what the centre's clock found. */
  readonly ordered?: boolean;
}

interface MatchRow {
  readonly rule: string;
  readonly identity: string;
  readonly alert: string;
  readonly observation: string;
}

/** Event rules: every fact once, an open alert per group, closed by a person. All in the caller's transaction. */
export class EventLifecycle {
  readonly #store: AlertStore;
  readonly #known: Statement<unknown[]>;
  readonly #insert: Statement<unknown[]>;
  readonly #count: Statement<unknown[]>;
  readonly #ofLine: Statement<unknown[]>;
  readonly #ofBoot: Statement<unknown[]>;
  readonly #remove: Statement<unknown[]>;
  readonly #retime: Statement<unknown[]>;
  readonly #ofAlert: Statement<unknown[]>;

  constructor(database: SqliteDatabase, store: AlertStore) {
    this.#store = store;
    this.#known = database.prepare("SELECT 1 FROM match WHERE rule = ? AND identity = ?").pluck();
    this.#insert = database.prepare("INSERT INTO match VALUES (?, ?, ?, ?, ?, ?, ?)");
    this.#count = database.prepare("SELECT count(*) FROM match WHERE alert = ?").pluck();
    const columns = "rule, identity, alert, observation";
    this.#ofLine = database.prepare(`SELECT ${columns} FROM match WHERE line = ? ORDER BY lsn`);
    this.#ofBoot = database.prepare(`SELECT ${columns} FROM match WHERE boot = ? ORDER BY lsn`);
    this.#ofAlert = database.prepare("SELECT observation FROM match WHERE alert = ? ORDER BY lsn").pluck();
    this.#remove = database.prepare("DELETE FROM match WHERE rule = ? AND identity = ?");
    this.#retime = database.prepare("UPDATE match SET observation = ? WHERE rule = ? AND identity = ?");
  }

  /** Takes an observation of a line that counts. */
  observe(rule: AlertRule, observation: Observation, { line, boot, nowMs, quiet, kept }: Judging): void {
    if (!observation.holds || rule.lifecycle.type !== "event") return;
    if (this.#known.get(rule.id, observation.identity) !== undefined) return;
    const late = isLate(rule, observation);
    if (late && rule.lifecycle.late === "ignore") return;
    const { lsn } = observation;
    const present = this.#store.openAlert(rule.id, observation.groupKey);
    const alert =
      present?.id ??
      openAlert(this.#store, rule, observation, {
        to: "firing",
        reason: kept ? "line-kept" : late ? "condition-met-late" : "condition-met",
        late,
        startedMs: Math.min(observation.atMs, nowMs),
        nowMs,
        quiet,
      });
    if (present !== undefined) {
      this.#store.change(alert, { reason: "matched-again", atMs: nowMs, lsn, detail: { late } });
    }
    this.#insert.run(rule.id, observation.identity, alert, lsn, line, boot, JSON.stringify(observation));
    this.#store.setMatches(alert, this.#count.get(alert) as number);
  }

  /** Takes back what stands on a line that became disputed, and returns its observations. */
  withdraw(line: number, nowMs: number): Observation[] {
    const rows = this.#ofLine.all(line) as MatchRow[];
    for (const { rule, identity, alert } of rows) {
      this.#remove.run(rule, identity);
      const left = this.#count.get(alert) as number;
      this.#store.setMatches(alert, left);
      const present = this.#store.alert(alert);
      if (left > 0 || present === undefined || present.endedMs !== null) continue;
      this.#store.change(alert, { to: "resolved", reason: "line-disputed", atMs: nowMs });
    }
    return rows.map(({ observation }) => JSON.parse(observation) as Observation);
  }

  /** Brings observations of a boot to the times that are known now. */
  retime(
    rules: ReadonlyMap<string, AlertRule>,
    boot: number,
    atOf: (observation: Observation) => number,
    nowMs: number,
  ): void {
    const touched = new Set<string>();
    for (const row of this.#ofBoot.all(boot) as MatchRow[]) {
      const observation = JSON.parse(row.observation) as Observation;
      const atMs = atOf(observation);
      if (atMs === observation.atMs) continue;
      this.#retime.run(JSON.stringify({ ...observation, atMs }), row.rule, row.identity);
      touched.add(row.alert);
    }
    for (const id of touched) this.#retimeAlert(rules, id, nowMs);
  }

  #retimeAlert(rules: ReadonlyMap<string, AlertRule>, id: string, nowMs: number): void {
    const alert = this.#store.alert(id);
    const rule = alert === undefined ? undefined : rules.get(alert.rule);
    const observations = (this.#ofAlert.all(id) as string[]).map((text) => JSON.parse(text) as Observation);
    const opener = observations.find(({ lsn }) => lsn === alert?.lsn) ?? observations[0];
    if (alert === undefined || rule === undefined || opener === undefined) return;
    const startedMs = Math.min(opener.atMs, nowMs);
    const late = isLate(rule, opener);
    if (startedMs === alert.startedMs && late === alert.late) return;
    this.#store.retime(id, startedMs, late);
    const detail = { from: alert.startedMs, to: startedMs, late };
    this.#store.change(id, { reason: "time-corrected", atMs: nowMs, lsn: opener.lsn, detail });
  }
}
