import type { Wall, WallAlert } from "@mingcheng/protocols";
import type { SqliteDatabase } from "../../store/database.ts";
import { isoTime } from "../queries/read-stores.ts";
import type { Seen } from "../queries/seen.ts";

/** So many are listed; the others are counted. */
const listed = 40;

interface Row {
  readonly id: string;
  readonly severity: WallAlert["severity"];
  readonly state: WallAlert["state"];
  readonly title: string;
  readonly owner: string;
  readonly gw: string;
  readonly dev: string;
  readonly startedMs: number;
  readonly firedMs: number;
  readonly tier: WallAlert["tier"];
  readonly receiptDueMs: number | null;
  readonly arrivalDueMs: number | null;
  readonly arrivedMs: number | null;
  readonly handlingDueMs: number | null;
}

const openAlerts = `SELECT alert.id, severity, alert.state, title, alert.owner, gw, dev, started_ms AS startedMs,
    fired_ms AS firedMs, care.tier, receipt_due_ms AS receiptDueMs, arrival_due_ms AS arrivalDueMs,
    arrived_ms AS arrivedMs, handling_due_ms AS handlingDueMs
  FROM alert LEFT JOIN care ON care.alert = alert.id
  WHERE ended_ms IS NULL AND fired_ms IS NOT NULL AND dry = 0
  ORDER BY CASE alert.state WHEN 'firing' THEN 0 WHEN 'acknowledged' THEN 1 ELSE 2 END, fired_ms, alert.id`;

/** The deadline that runs. */
const dueOf = ({ state, receiptDueMs, arrivalDueMs, arrivedMs, handlingDueMs }: Row): WallAlert["due"] => {
  const due = (act: "receipt" | "arrival" | "handling", ms: number) => ({ act, at: isoTime(ms) });
  if (state === "firing" && receiptDueMs !== null) return due("receipt", receiptDueMs);
  if (state === "acknowledged" && arrivalDueMs !== null && arrivedMs === null) return due("arrival", arrivalDueMs);
  return state !== "handled" && handlingDueMs !== null ? due("handling", handlingDueMs) : null;
};

const viewOf = (row: Row, { places }: Seen, siteName: (gw: string) => string): WallAlert => {
  const { id, severity, state, gw, dev, tier, owner } = row;
  const place = places.view(gw, dev, row.startedMs);
  return {
    ...{ id, severity, state, gw, dev, tier },
    title: JSON.parse(row.title) as WallAlert["title"],
    site: { code: place?.site?.code ?? null, name: place?.site?.name ?? siteName(gw) },
    stall: place?.stall?.label ?? null,
    firedAt: isoTime(row.firedMs),
    // A user's name is nobody's business in the hall.
    role: owner.startsWith("role:") ? owner.slice("role:".length) : "inspector",
    due: dueOf(row),
  };
};

/** Open alerts of one site. */
export interface SiteAlerts {
  open: number;
  firing: number;
  alarm: number;
}

/** What is open, and how much of it at each site (key null: nowhere in the register). */
export interface OpenAlerts {
  readonly view: NonNullable<Wall["alerts"]>;
  readonly bySite: ReadonlyMap<string | null, SiteAlerts>;
}

/** Reads every open alert that somebody sees. `alerts` is a reading connection. */
export const readOpenAlerts = (alerts: SqliteDatabase, seen: Seen, siteName: (gw: string) => string): OpenAlerts => {
  const { cover, places } = seen;
  const bySite = new Map<string | null, SiteAlerts>();
  const counts = { firing: 0, acknowledged: 0, handled: 0 };
  const first: WallAlert[] = [];
  for (const row of alerts.prepare(openAlerts).iterate() as Iterable<Row>) {
    if (!places.sees(cover, row.gw, row.dev, row.startedMs)) continue;
    const { site } = places.attribution(row.gw, row.dev, row.startedMs);
    const tally = bySite.get(site) ?? { open: 0, firing: 0, alarm: 0 };
    bySite.set(site, tally);
    tally.open++;
    if (row.state === "firing") tally.firing++;
    if (row.severity === "alarm") tally.alarm++;
    counts[row.state]++;
    if (first.length < listed) first.push(viewOf(row, seen, siteName));
  }
  return { view: { ...counts, first }, bySite };
};
