import type { Statement } from "better-sqlite3";
import type { Alert, AlertReason } from "../alerts/alert.ts";
import type { SqliteDatabase } from "../store/database.ts";
import { type NotificationEvent, notificationBody, notificationId } from "./notification.ts";

/** A notification that waits to be sent. */
export interface QueuedNotification {
  readonly id: string;
  readonly alert: string;
  readonly channel: string;
  readonly event: NotificationEvent;
  /** The JSON to be sent, fixed when the alert changed. */
  readonly body: string;
  /** Attempts begun so far. */
  readonly attempts: number;
  readonly deadlineMs: number;
}

/** How the sending of a notification ended. */
export type FinalState = "sent" | "refused" | "expired" | "dropped";

/** After this long a notification is given up: the alert stays on the screens, a message a day old helps nobody. */
const deadlineAfterMs = 24 * 3_600_000;

/**
 * The durable queue of notifications in `alerts.db`. Rows are made in the transaction of the alert's change, one for each
 * channel in use, and leave the queue only when the channel's answer is committed: at least once, under a stable id.
 */
export class NotificationQueue {
  readonly #channels: Statement<unknown[]>;
  readonly #told: Statement<unknown[]>;
  readonly #insert: Statement<unknown[]>;
  readonly #due: Statement<unknown[]>;
  readonly #nextDue: Statement<unknown[]>;
  readonly #begin: Statement<unknown[]>;
  readonly #again: Statement<unknown[]>;
  readonly #end: Statement<unknown[]>;
  readonly #orphans: Statement<unknown[]>;
  readonly #queued: Statement<unknown[]>;
  readonly #database: SqliteDatabase;

  constructor(database: SqliteDatabase) {
    this.#database = database;
    const columns = "id, alert, channel, event, body, attempts, deadline_ms AS deadlineMs";
    this.#channels = database.prepare("SELECT name FROM channel ORDER BY name").pluck();
    this.#told = database
      .prepare("SELECT count(*) FROM notification WHERE alert = ? AND channel = ? AND event = ?")
      .pluck();
    this.#insert = database.prepare(
      `INSERT INTO notification VALUES (?, ?, ?, ?, ?, 'queued', 0, '',
         (SELECT coalesce(max(position), 0) + 1 FROM notification), ?, ?, ?, NULL) ON CONFLICT DO NOTHING`,
    );
    // Of one alert on one channel the end is never told before the beginning.
    this.#due = database.prepare(
      `SELECT ${columns} FROM notification AS this WHERE state = 'queued' AND channel = ? AND next_ms <= ?
       AND NOT EXISTS (SELECT 1 FROM notification AS earlier WHERE earlier.alert = this.alert
         AND earlier.channel = this.channel AND earlier.state = 'queued' AND earlier.position < this.position)
       ORDER BY next_ms, position LIMIT ?`,
    );
    this.#nextDue = database
      .prepare("SELECT min(next_ms) FROM notification WHERE state = 'queued' AND channel = ?")
      .pluck();
    this.#begin = database.prepare("UPDATE notification SET attempts = attempts + 1 WHERE id = ?");
    this.#again = database.prepare("UPDATE notification SET next_ms = ?, outcome = ? WHERE id = ?");
    this.#end = database.prepare("UPDATE notification SET state = ?, outcome = ?, done_ms = ? WHERE id = ?");
    this.#orphans = database.prepare(
      `SELECT ${columns} FROM notification
       WHERE state = 'queued' AND channel NOT IN (SELECT name FROM channel) ORDER BY position`,
    );
    this.#queued = database.prepare("SELECT count(*) FROM notification WHERE state = 'queued'").pluck();
  }

  /** Says which channels are in use from now on. Call in a transaction. */
  useChannels(names: readonly string[]): void {
    this.#database.exec("DELETE FROM channel");
    const insert = this.#database.prepare("INSERT INTO channel VALUES (?)");
    for (const name of names) insert.run(name);
  }

  /** Queues what an alert's change of state has to tell. Call in the transaction of the change. */
  add(alert: Alert, change: { readonly reason: AlertReason; readonly atMs: number }): void {
    const event = alert.state === "firing" ? "firing" : alert.endedMs === null ? undefined : "resolved";
    if (event === undefined) return;
    for (const channel of this.#channels.all() as string[]) {
      const told = (of: NotificationEvent): number => this.#told.get(alert.id, channel, of) as number;
      if (event === "resolved" && told("firing") === 0) continue;
      const id = notificationId(alert.id, event, channel, told(event));
      const body = JSON.stringify(notificationBody(id, event, alert, change));
      this.#insert.run(id, alert.id, channel, event, body, change.atMs, change.atMs, change.atMs + deadlineAfterMs);
    }
  }

  /** Notifications of a channel that may be sent now, the longest waiting first. */
  due(channel: string, nowMs: number, limit: number): QueuedNotification[] {
    return this.#due.all(channel, nowMs, limit) as QueuedNotification[];
  }

  /** When the next one of a channel may be sent; null when nothing waits. */
  nextDueMs(channel: string): number | null {
    return this.#nextDue.get(channel) as number | null;
  }

  /** Counts an attempt, before it is made: one that a crash cut off is counted too. */
  begin(id: string): void {
    this.#begin.run(id);
  }

  /** Puts it back until `nextMs`. */
  again(id: string, nextMs: number, outcome: string): void {
    this.#again.run(nextMs, outcome.slice(0, 256), id);
  }

  /** Takes it out of the queue. */
  end(id: string, state: FinalState, outcome: string, nowMs: number): void {
    this.#end.run(state, outcome.slice(0, 256), nowMs, id);
  }

  /** Notifications for channels that are no longer in use. */
  orphans(): QueuedNotification[] {
    return this.#orphans.all() as QueuedNotification[];
  }

  /** How many wait. */
  queued(): number {
    return this.#queued.get() as number;
  }
}
