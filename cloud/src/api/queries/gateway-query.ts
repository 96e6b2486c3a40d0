import {
  decodeRecord,
  epochBody,
  type GapView,
  type GatewaySummary,
  type GatewayView,
  gatewayHealthSchema,
  type LineView,
  type RestoreView,
} from "@mingcheng/protocols";
import { GatewayRegister } from "../../register/gateway-register.ts";
import type { SqliteDatabase } from "../../store/database.ts";
import { isoTime, isoTimeOrNull } from "./read-stores.ts";
import type { Seen } from "./seen.ts";

interface HintRow {
  gw: string;
  online: number;
  since_ms: number;
  seen_ms: number;
  alarms: string;
}

interface LineTotals {
  gw: string;
  lines: number;
  disputed: number;
  absent: number;
}

interface GapTotals {
  gw: string;
  gaps: number;
  given_up: number;
}

/** Reasons of holes that will not fill any more, unless somebody finds the records. */
const givenUp = "reason IN ('freed', 'lost', 'digest-only')";
const shown = 100;

const byGateway = <Row extends { readonly gw: string }>(rows: unknown[]): Map<string, Row> =>
  new Map((rows as Row[]).map((row) => [row.gw, row]));

const alarmsOf = (hint: HintRow | undefined): GatewaySummary["alarms"] =>
  hint === undefined ? [] : (JSON.parse(hint.alarms) as GatewaySummary["alarms"]);

const later = (one: number | null, other: number | null): number | null =>
  one === null ? other : other === null ? one : Math.max(one, other);

/** What gateways are asked for. `register` and `projections` are reading connections. */
export interface GatewaysAsked extends Seen {
  readonly register: SqliteDatabase;
  readonly projections: SqliteDatabase;
  readonly nowMs: number;
}

/** Those of all gateways that the asking person sees now. */
export const seenGateways = <Gateway extends { readonly gw: string }>(
  gateways: readonly Gateway[],
  { cover, places, nowMs }: Pick<GatewaysAsked, "cover" | "places" | "nowMs">,
): Gateway[] => gateways.filter(({ gw }) => places.seesGateway(cover, gw, nowMs));

/**
 * Gateways by id, whoever sees them: the registered ones, and what connections, lines and records say of them.
 */
export const gatewaySummaries = ({ register, projections, places, nowMs }: GatewaysAsked): GatewaySummary[] => {
  const hints = byGateway<HintRow>(projections.prepare("SELECT * FROM gateway_hint").all());
  const heard = byGateway<{ gw: string; at_ms: number | null }>(
    projections.prepare("SELECT gw, max(last_received_ms) AS at_ms FROM device GROUP BY gw").all(),
  );
  const lines = byGateway<LineTotals>(
    projections
      .prepare(
        `SELECT gw, count(*) AS lines, sum(status = 'disputed') AS disputed,
           sum(max(heard_head - stored, 0)) AS absent FROM ledger_line GROUP BY gw`,
      )
      .all(),
  );
  const gaps = byGateway<GapTotals>(
    projections
      .prepare(
        `SELECT gw, count(*) AS gaps,
           sum(CASE WHEN ${givenUp} AND to_seq IS NOT NULL THEN to_seq - from_seq + 1 ELSE 0 END) AS given_up
         FROM ledger_gap GROUP BY gw`,
      )
      .all(),
  );
  return new GatewayRegister(register).gateways().map(({ gw, site, enrolledAt, disabledAt }) => {
    const hint = hints.get(gw);
    const line = lines.get(gw);
    const gap = gaps.get(gw);
    const place = places.view(gw, gw, nowMs);
    return {
      ...{
        gw,
        site: place?.site?.name ?? site,
        place,
        enrolledAt,
        disabledAt,
        online: hint === undefined ? null : hint.online === 1,
      },
      since: isoTimeOrNull(hint?.since_ms ?? null),
      lastHeardAt: isoTimeOrNull(later(hint?.seen_ms ?? null, heard.get(gw)?.at_ms ?? null)),
      pending: Math.max(0, (line?.absent ?? 0) - (gap?.given_up ?? 0)),
      gaps: gap?.gaps ?? 0,
      disputedLines: line?.disputed ?? 0,
      alarms: alarmsOf(hint),
    };
  });
};

/** When the centre was restored from a copy, the newest first. `ledger` is a reading connection. */
export const restoreViews = (ledger: SqliteDatabase): RestoreView[] => {
  const rows = ledger.prepare(`SELECT from_ms, to_ms FROM restore ORDER BY id DESC LIMIT ${shown}`).all();
  return (rows as { from_ms: number; to_ms: number }[]).map(({ from_ms, to_ms }) => ({
    from: isoTime(from_ms),
    to: isoTime(to_ms),
  }));
};

/** What a gateway says of itself when a line begins, by the newest of its lines. `ledger` is a reading connection. */
const softwareOf = (ledger: SqliteDatabase): ((gw: string) => GatewayView["software"]) => {
  const first = ledger
    .prepare(
      `SELECT record.bytes FROM line JOIN record ON record.line = line.id AND record.seq = 1
       WHERE line.gw = ? AND line.status = 'ok' ORDER BY line.first_seen_ms DESC, line.ep DESC LIMIT 1`,
    )
    .pluck();
  return (gw) => {
    const bytes = first.get(gw) as Buffer | undefined;
    const decoded = bytes && decodeRecord(bytes);
    const body =
      decoded?.ok === true && decoded.record.kind === "epoch" ? epochBody.safeParse(decoded.record.body) : null;
    return body?.success === true ? body.data.software : null;
  };
};

/** Those that the asking person sees, with the newest lines and holes of each. `ledger` is a reading connection. */
export const gatewayViews = (asked: GatewaysAsked & { readonly ledger: SqliteDatabase }): GatewayView[] => {
  const { projections } = asked;
  const software = softwareOf(asked.ledger);
  const health = projections.prepare("SELECT health FROM gateway_hint WHERE gw = ?").pluck();
  const healthOf = (gw: string): GatewayView["health"] =>
    gatewayHealthSchema.nullable().parse(JSON.parse((health.get(gw) as string | null | undefined) ?? "null"));
  const lines = projections.prepare(
    `SELECT ep, eid, status, heard_head AS heardHead, contiguous_head AS contiguousHead, stored,
       first_seen_at AS firstSeenAt FROM ledger_line WHERE gw = ? ORDER BY first_seen_at DESC, ep DESC LIMIT ${shown}`,
  );
  const lineTotal = projections.prepare("SELECT count(*) FROM ledger_line WHERE gw = ?").pluck();
  const gaps = projections.prepare(
    `SELECT ep, eid, from_seq AS "from", to_seq AS "to", reason, at FROM ledger_gap WHERE gw = ?
     ORDER BY at DESC, ep DESC, from_seq LIMIT ${shown}`,
  );
  return seenGateways(gatewaySummaries(asked), asked).map((summary) => ({
    ...summary,
    software: software(summary.gw),
    health: healthOf(summary.gw),
    lines: { total: lineTotal.get(summary.gw) as number, newest: lines.all(summary.gw) as LineView[] },
    openGaps: { total: summary.gaps, newest: gaps.all(summary.gw) as GapView[] },
  }));
};
