import type { Statement } from "better-sqlite3";
import { NotificationQueue } from "../channels/notification-queue.ts";
import type { SqliteDatabase } from "../store/database.ts";
import type { Alert, AlertReason, AlertState } from "./alert.ts";
import { type AlertRow, alertColumns, alertOf } from "./alert-reader.ts";
import { Suppression } from "./suppression.ts";

/** States in which an alert is open. */
export type OpenState = "pending" | "firing" | "acknowledged" | "handled";

/** What an alert gets in the course of its life. */
type Later =
  | ("state" | "matches" | "firedMs" | "endedMs" | "group" | "untold")
  | ("acknowledgedBy" | "acknowledgedMs" | "handledBy" | "handledMs");

/** What most alerts do without. */
type Optional = "site" | "tier" | "dry" | "inhibitedBy" | "repeatMs";

/** A new alert, before its first entry. */
export type NewAlert = Omit<Alert, Later | Optional> & Partial<Pick<Alert, Optional>> & { readonly groupKey: string };

/** An entry to be added; `to` left out: the state stays. */
export interface Transition {
  readonly to?: AlertState;
  readonly reason: AlertReason;
  readonly atMs: number;
  /** Left out: `system`. */
  readonly actor?: string;
  readonly lsn?: number | null;
  readonly detail?: Readonly<Record<string, unknown>>;
  /** True: nobody is notified, because the ledger's past is being gone through again. */
  readonly quiet?: boolean;
}

/**
 * Writes alerts and their history. Every method belongs into the caller's transaction, so that a change of state, its
 * entry and its notifications happen together or not at all. Holds nothing in memory: several connections may write.
 */
export class AlertStore {
  readonly #insert: Statement<unknown[]>;
  readonly #entry: Statement<unknown[]>;
  readonly #byId: Statement<unknown[]>;
  readonly #openOf: Statement<unknown[]>;
  readonly #openRules: Statement<unknown[]>;
  readonly #openOfRule: Statement<unknown[]>;
  readonly #setDry: Statement<unknown[]>;
  readonly #move: Statement<unknown[]>;
  readonly #acknowledge: Statement<unknown[]>;
  readonly #handle: Statement<unknown[]>;
  readonly #untell: Statement<unknown[]>;
  readonly #suppression: Suppression;
  readonly #retime: Statement<unknown[]>;
  readonly #matches: Statement<unknown[]>;
  readonly #notifications: NotificationQueue;
  readonly #look: Statement<unknown[]>;
  readonly #rearm: Statement<unknown[]>;
  readonly #arrival: Statement<unknown[]>;
  readonly #place: Statement<unknown[]>;
  readonly #arrive: Statement<unknown[]>;

  constructor(database: SqliteDatabase) {
    this.#notifications = new NotificationQueue(database);
    this.#suppression = new Suppression(database);
    this.#untell = database.prepare("UPDATE alert SET untold = ?, again_ms = ? WHERE id = ?");
    this.#insert = database.prepare(
      `INSERT INTO alert (id, rule, group_key, labels, state, severity, title, next, runbook, owner, owner_reason, gw, dev,
         lsn, matches, late, started_ms, opened_ms, site, tier, dry, inhibited_by, repeat_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#entry = database.prepare("INSERT INTO history VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)");
    this.#byId = database.prepare(`SELECT ${alertColumns} FROM alert WHERE id = ?`);
    this.#openOf = database.prepare(
      `SELECT ${alertColumns} FROM alert WHERE rule = ? AND group_key = ? AND ended_ms IS NULL`,
    );
    this.#openRules = database.prepare("SELECT DISTINCT rule FROM alert WHERE ended_ms IS NULL").pluck();
    this.#openOfRule = database
      .prepare("SELECT id FROM alert WHERE rule = ? AND ended_ms IS NULL AND dry = coalesce(?, dry)")
      .pluck();
    this.#setDry = database.prepare("UPDATE alert SET dry = ? WHERE id = ?");
    this.#move = database.prepare(
      "UPDATE alert SET state = ?, fired_ms = coalesce(fired_ms, ?), ended_ms = ? WHERE id = ?",
    );
    this.#acknowledge = database.prepare("UPDATE alert SET acknowledged_by = ?, acknowledged_ms = ? WHERE id = ?");
    this.#handle = database.prepare("UPDATE alert SET handled_by = ?, handled_ms = ? WHERE id = ?");
    this.#retime = database.prepare("UPDATE alert SET started_ms = ?, late = ? WHERE id = ?");
    this.#matches = database.prepare("UPDATE alert SET matches = ? WHERE id = ?");
    this.#look = database.prepare(
      `INSERT INTO care (alert, due_ms, asked) VALUES (@id, @atMs, @asked)
       ON CONFLICT DO UPDATE SET due_ms = @atMs, asked = asked + @asked`,
    );
    this.#place = database.prepare("UPDATE alert SET site = ? WHERE id = ? AND site = ''");
    this.#arrival = database.prepare(
      `SELECT arrived_by AS "by", arrived_ms AS atMs FROM care WHERE alert = ? AND arrived_ms IS NOT NULL`,
    );
    this.#arrive = database.prepare("UPDATE care SET arrived_by = ?, arrived_ms = ?, due_ms = ? WHERE alert = ?");
    this.#rearm = database.prepare(
      `UPDATE alert SET acknowledged_by = NULL, acknowledged_ms = NULL, handled_by = NULL, handled_ms = NULL WHERE id = ?`,
    );
  }

  /** The open alert of a group, if there is one. */
  openAlert(rule: string, groupKey: string): Alert | undefined {
    const row = this.#openOf.get(rule, groupKey) as AlertRow | undefined;
    return row === undefined ? undefined : alertOf(row);
  }

  /** An alert by its id. */
  alert(id: string): Alert | undefined {
    const row = this.#byId.get(id) as AlertRow | undefined;
    return row === undefined ? undefined : alertOf(row);
  }

  /** Rules that have open alerts. */
  openRules(): string[] {
    return this.#openRules.all() as string[];
  }

  /** Ids of a rule's open alerts; `dry`: only those that are tried out, or only the others. */
  openAlertsOf(rule: string, dry?: boolean): string[] {
    return this.#openOfRule.all(rule, dry === undefined ? null : dry ? 1 : 0) as string[];
  }

  /** An alert that was tried out is one like any other from now on: where it fires, it is told. */
  goLive(id: string, atMs: number): void {
    this.#setDry.run(0, id);
    const change = { reason: "released", atMs, detail: { was: "dry-run" } } as const;
    this.change(id, change);
    if (this.alert(id)?.firedMs !== null) this.#tell(id, change);
  }

  /** A pending alert will be told to nobody. */
  tryOut(id: string): void {
    this.#setDry.run(1, id);
  }

  /** Opens an alert in the state of its first entry. */
  open(alert: NewAlert, first: Transition & { readonly to: OpenState }): void {
    const { id, rule, groupKey, labels, severity, title, next, runbook, owner, ownerReason, gw, dev, lsn } = alert;
    this.#insert.run(
      ...[id, rule, groupKey, JSON.stringify(labels), first.to, severity, JSON.stringify(title), JSON.stringify(next)],
      ...[runbook, owner, ownerReason, gw, dev, lsn, alert.late ? 1 : 0, alert.startedMs, alert.openedMs],
      ...[alert.site ?? "", alert.tier ?? null, alert.dry === true ? 1 : 0],
      ...[JSON.stringify(alert.inhibitedBy ?? []), alert.repeatMs ?? null],
    );
    this.#write(id, null, first.to, first);
  }

  /** Adds an entry to an alert's history and brings it into the entry's state. */
  change(id: string, transition: Transition): void {
    const row = this.#byId.get(id) as AlertRow | undefined;
    if (row !== undefined) this.#write(id, row.state, transition.to ?? row.state, transition);
  }

  #write(id: string, from: AlertState | null, to: AlertState, transition: Transition): void {
    const { reason, atMs, actor = "system", lsn = null, detail = {} } = transition;
    if (from !== to) {
      const ended = to === "resolved" || to === "closed";
      this.#move.run(to, to === "firing" ? atMs : null, ended ? atMs : null, id);
      if (to === "acknowledged") this.#acknowledge.run(actor, atMs, id);
      if (to === "handled") this.#handle.run(actor, atMs, id);
      // Who took it over did not act in time, or it was over: it is there to be taken over, and handled, again.
      if (from !== null && to === "firing") this.#rearm.run(id);
      if (to === "firing" && from !== null) this.#arrive.run(null, null, atMs, id);
    }
    this.#entry.run(id, atMs, from, to, reason, actor, lsn, JSON.stringify(detail));
    if (from !== to && transition.quiet !== true) this.#tell(id, transition);
  }

  /** Queues what a change of state has to tell, unless the alert is only tried out, inhibited or silenced. */
  #tell(id: string, change: Transition): void {
    const alert = this.alert(id);
    if (alert === undefined || alert.dry) return;
    if (alert.firedMs !== null) this.#look.run({ id, atMs: change.atMs, asked: 0 });
    if (alert.state !== "firing") {
      this.#untell.run(null, null, id);
      // Who was never told of the beginning is not told of the end.
      this.#notifications.add(alert, change);
      return;
    }
    const found = this.#suppression.find(alert, change.atMs);
    if (found !== undefined) {
      this.#untell.run(found.reason, null, id);
      const { reason, detail } = found;
      this.#entry.run(id, change.atMs, "firing", "firing", reason, "system", null, JSON.stringify(detail));
      return;
    }
    this.tellFiring(alert, change);
  }

  /** Tells that an alert is firing, and when that is to be told again. */
  tellFiring(alert: Alert, change: Pick<Transition, "reason" | "atMs">): void {
    this.#untell.run(null, alert.repeatMs === null ? null : change.atMs + alert.repeatMs, alert.id);
    this.#look.run({ id: alert.id, atMs: change.atMs, asked: 1 });
    this.#notifications.add(alert, change);
  }

  /** Tells rooms alone: people are told by who called. */
  tellRooms(alert: Alert, change: Pick<Transition, "reason" | "atMs">): void {
    this.#notifications.add(alert, change);
  }

  /** Says where an alert belongs that nobody knew the place of. */
  place(id: string, site: string): void {
    this.#place.run(site, id);
  }

  /** Who is on the spot; undefined: nobody has said so. */
  arrival(id: string): { readonly by: string; readonly atMs: number } | undefined {
    return this.#arrival.get(id) as { by: string; atMs: number } | undefined;
  }

  /** Somebody is on the spot. */
  arrive(id: string, by: string, atMs: number): void {
    this.#look.run({ id, atMs, asked: 0 });
    this.#arrive.run(by, atMs, atMs, id);
    this.change(id, { reason: "arrived", atMs, actor: by });
  }

  /** Sets how many records stand behind an alert. */
  setMatches(id: string, matches: number): void {
    this.#matches.run(matches, id);
  }

  /** Brings an alert to the time of its record, after that became known better. */
  retime(id: string, startedMs: number, late: boolean): void {
    this.#retime.run(startedMs, late ? 1 : 0, id);
  }
}
