import type { SqliteDatabase } from "../store/database.ts";
import type { AlertState } from "./alert.ts";
import { AlertStore } from "./alert-store.ts";

/**
 * What became of an act. `already`: somebody else was first, `by` says who. `ended`: the alert is over. `unfit`: the
 * alert has not fired yet. `unknown`: there is no such alert.
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

const act = (
  database: SqliteDatabase,
  id: string,
  body: (store: AlertStore, state: "firing" | "acknowledged", by: string, atMs: number) => ActOutcome,
): ActOutcome =>
  database
    .transaction((): ActOutcome => {
      const store = new AlertStore(database);
      const alert = store.alert(id);
      if (alert === undefined) return { outcome: "unknown" };
      if (isOver(alert.state)) return { outcome: "ended" };
      if (alert.state === "pending") return { outcome: "unfit" };
      const state = alert.state === "acknowledged" ? "acknowledged" : "firing";
      return body(store, state, alert.acknowledgedBy ?? "", alert.acknowledgedMs ?? 0);
    })
    .immediate();

/**
 * Takes an alert over: from now on this person acts. Of two at once one wins and the other is told. Runs in a transaction
 * of its own on a writing connection of `alerts.db`, from any thread.
 * @throws SqliteError when the store is busy for long, full or failing; nothing has changed then
 */
export const acknowledgeAlert = (database: SqliteDatabase, { id, by, nowMs }: Act): ActOutcome =>
  act(database, id, (store, state, holder, atMs) => {
    if (state === "acknowledged") return { outcome: "already", by: holder, atMs };
    store.change(id, { to: "acknowledged", reason: "acknowledged", atMs: nowMs, actor: by });
    return { outcome: "done" };
  });

/**
 * Ends an alert with result, evidence and the name of who says so; a later match opens a new one.
 * @throws SqliteError as {@link acknowledgeAlert}
 */
export const closeAlert = (database: SqliteDatabase, { id, by, nowMs, result, evidence }: Closing): ActOutcome =>
  act(database, id, (store) => {
    store.change(id, { to: "closed", reason: "closed", atMs: nowMs, actor: by, detail: { result, evidence } });
    return { outcome: "done" };
  });
