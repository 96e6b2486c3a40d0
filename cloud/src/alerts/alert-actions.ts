import type { SqliteDatabase } from "../store/database.ts";
import type { Alert, AlertState } from "./alert.ts";
import { AlertStore } from "./alert-store.ts";

/**
 * What became of an act. `already`: somebody else was first, `by` says who. `ended`: the alert is over. `unfit`: the
 * alert has not fired yet, or is not over where it is to be reopened. `unknown`: there is no such alert.
 */
export type ActOutcome =
  | { readonly outcome: "done" }
  | { readonly outcome: "already"; readonly by: string; readonly atMs: number }
  | { readonly outcome: "ended" | "unfit" | "unknown" };

/** Who does it, when. */
export interface Act {
  readonly id: string;
  /** The user's name. */
  readonly by: string;
  /** Centre's clock, milliseconds since 1970. */
  readonly nowMs: number;
}

/** How an alert ended, by the person who ended it. */
export interface Closing extends Act {
  /** What was found and done. */
  readonly result: string;
  /** Where the proof is: record numbers, report, document. */
  readonly evidence: string;
}

const isOver = (state: AlertState): boolean => state === "resolved" || state === "closed";

const act = (database: SqliteDatabase, id: string, body: (store: AlertStore, alert: Alert) => ActOutcome): ActOutcome =>
  database
    .transaction((): ActOutcome => {
      const store = new AlertStore(database);
      const alert = store.alert(id);
      if (alert === undefined) return { outcome: "unknown" };
      if (isOver(alert.state)) return { outcome: "ended" };
      if (alert.state === "pending") return { outcome: "unfit" };
      return body(store, alert);
    })
    .immediate();

/**
 * Takes an alert over: from now on this person acts. Of two at once one wins and the other is told. Runs in a transaction
 * of its own on a writing connection of `alerts.db`, from any thread.
 * @throws SqliteError when the store is busy for long, full or failing; nothing has changed then
 */
export const acknowledgeAlert = (database: SqliteDatabase, { id, by, nowMs }: Act): ActOutcome =>
  act(database, id, (store, { state, acknowledgedBy, acknowledgedMs }) => {
    // Handled by somebody who never took it over: that was the one who acted.
    if (state !== "firing") return { outcome: "already", by: acknowledgedBy ?? "", atMs: acknowledgedMs ?? nowMs };
    store.change(id, { to: "acknowledged", reason: "acknowledged", atMs: nowMs, actor: by });
    return { outcome: "done" };
  });

/**
 * Says that somebody is on the spot (到场). Who arrives without having taken it over takes it over with that. `already`:
 * somebody is there.
 * @throws SqliteError as {@link acknowledgeAlert}
 */
export const arriveAt = (database: SqliteDatabase, { id, by, nowMs }: Act): ActOutcome =>
  act(database, id, (store, { state, acknowledgedBy, acknowledgedMs }) => {
    if (state === "handled") return { outcome: "already", by: acknowledgedBy ?? "", atMs: acknowledgedMs ?? nowMs };
    const there = store.arrival(id);
    if (there !== undefined) return { outcome: "already", ...there };
    if (state === "firing") store.change(id, { to: "acknowledged", reason: "acknowledged", atMs: nowMs, actor: by });
    store.arrive(id, by, nowMs);
    return { outcome: "done" };
  });

/** What somebody did about an alert. */
export interface Handling extends Act {
  readonly result: string;
}

/**
 * Says that something was done on the spot: the alert waits to be closed by whoever looks at it. Who handles without
 * having taken it over takes it over with that.
 * @throws SqliteError as {@link acknowledgeAlert}
 */
export const handleAlert = (database: SqliteDatabase, { id, by, nowMs, result }: Handling): ActOutcome =>
  act(database, id, (store, { state, handledBy, handledMs }) => {
    if (state === "handled") return { outcome: "already", by: handledBy ?? "", atMs: handledMs ?? nowMs };
    if (state === "firing") store.change(id, { to: "acknowledged", reason: "acknowledged", atMs: nowMs, actor: by });
    store.change(id, { to: "handled", reason: "handled", atMs: nowMs, actor: by, detail: { result } });
    return { outcome: "done" };
  });

/** Why an alert that was over is not. */
export interface Reopening extends Act {
  readonly comment: string;
}

/**
 * Opens an alert again that a person closed or that ended by itself. Its history goes on. `already`: a newer one of the
 * same rule and group is open, or this one is.
 * @throws SqliteError as {@link acknowledgeAlert}
 */
export const reopenAlert = (database: SqliteDatabase, { id, by, nowMs, comment }: Reopening): ActOutcome =>
  database
    .transaction((): ActOutcome => {
      const store = new AlertStore(database);
      const alert = store.alert(id);
      if (alert === undefined) return { outcome: "unknown" };
      if (alert.firedMs === null) return { outcome: "unfit" };
      const open = store.openAlert(alert.rule, JSON.stringify(alert.group));
      if (open !== undefined) return { outcome: "already", by: open.acknowledgedBy ?? "system", atMs: open.openedMs };
      store.change(id, { to: "firing", reason: "reopened", atMs: nowMs, actor: by, detail: { comment } });
      return { outcome: "done" };
    })
    .immediate();

/**
 * Ends an alert with result, evidence and the name of who says so; a later match opens a new one.
 * @throws SqliteError as {@link acknowledgeAlert}
 */
export const closeAlert = (database: SqliteDatabase, { id, by, nowMs, result, evidence }: Closing): ActOutcome =>
  act(database, id, (store) => {
    store.change(id, { to: "closed", reason: "closed", atMs: nowMs, actor: by, detail: { result, evidence } });
    return { outcome: "done" };
  });
