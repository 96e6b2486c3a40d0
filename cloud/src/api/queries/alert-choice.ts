import type { Alert } from "../../alerts/alert.ts";
import {
  type AlertListQuery,
  type AlertPlace,
  AlertReader,
  type AlertRow,
  alertColumns,
  alertOf,
  placeOf,
} from "../../alerts/alert-reader.ts";
import type { SqliteDatabase } from "../../store/database.ts";
import type { Seen } from "./seen.ts";

/** What is needed to know whose an alert is. */
type Row = Pick<Alert, "id" | "gw" | "dev" | "startedMs" | "state" | "firedMs" | "endedMs">;

/** Which alerts are asked for. */
export interface AlertChoice {
  readonly which: AlertListQuery["which"];
  /** Null: of every gateway. */
  readonly gw: string | null;
  /** Only these; null: any. */
  readonly ids: ReadonlySet<string> | null;
  readonly limit: number;
  /** Behind this place; null: from the beginning. */
  readonly after: AlertPlace | null;
}

/** Numbers of open alerts by state. */
export type AlertCounts = Readonly<Record<"firing" | "acknowledged" | "handled", number>>;

/** Ended alerts of one gateway, or of some areas, are picked out of so many. */
const lookedEnded = 10_000;

const fired = "fired_ms IS NOT NULL AND dry";
const columns = "id, gw, dev, started_ms AS startedMs, state, fired_ms AS firedMs, ended_ms AS endedMs";
const selects = {
  open: (dry: 0 | 1) =>
    `SELECT ${columns} FROM alert WHERE ended_ms IS NULL AND ${fired} = ${dry} ORDER BY fired_ms DESC, id`,
  ended: (dry: 0 | 1) =>
    `SELECT ${columns} FROM alert WHERE ended_ms IS NOT NULL AND ${fired} = ${dry} ORDER BY ended_ms DESC, id LIMIT ${lookedEnded}`,
} as const;

const isBehind = (row: Row, after: AlertPlace): boolean => {
  const { ended, ms, id } = placeOf(row);
  if (ended !== after.ended) return ended;
  return ms < after.ms || (ms === after.ms && id > after.id);
};

/**
 * Alerts that fired, as somebody may see them: open ones first, then the latest ended; and how many are open, exactly. Whole
 * rows are read only of those that are listed: in a flood that is what keeps phones and screens fed.
 */
export const chooseAlerts = (
  alerts: SqliteDatabase,
  { cover, places }: Seen,
  { which, gw, ids, limit, after }: AlertChoice,
): { readonly counts: AlertCounts; readonly alerts: readonly Alert[] } => {
  const reader = new AlertReader(alerts);
  if (cover.whole && gw === null && ids === null)
    return { counts: reader.counts(), alerts: reader.list({ which, limit, after }) };
  const isSeen = ({ gw: of, dev, startedMs }: Row): boolean => places.sees(cover, of, dev, startedMs);
  const isAsked = (row: Row): boolean =>
    (gw === null || row.gw === gw) && (ids === null || ids.has(row.id)) && (after === null || isBehind(row, after));
  const open = (alerts.prepare(selects.open(0)).all() as Row[]).filter(isSeen);
  const dry = which === "dry-run" ? 1 : 0;
  const asked = dry === 0 ? open : (alerts.prepare(selects.open(dry)).all() as Row[]).filter(isSeen);
  const count = (state: Alert["state"]): number => open.filter((row) => row.state === state).length;
  const listed = asked.filter(isAsked).slice(0, limit);
  if (which !== "open" && ids === null) {
    for (const row of alerts.prepare(selects.ended(dry)).iterate() as Iterable<Row>) {
      if (listed.length >= limit) break;
      if (isAsked(row) && isSeen(row)) listed.push(row);
    }
  }
  const one = alerts.prepare(`SELECT ${alertColumns} FROM alert WHERE id = ?`);
  return {
    counts: { firing: count("firing"), acknowledged: count("acknowledged"), handled: count("handled") },
    alerts: listed.map(({ id }) => alertOf(one.get(id) as AlertRow)),
  };
};
