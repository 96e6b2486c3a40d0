import { type CameraBody, type CameraEventView, type CameraView, cameraBody, decodeRecord } from "@mingcheng/protocols";
import { z } from "zod";
import { ViewingStore } from "../../media/viewing-store.ts";
import type { SqliteDatabase } from "../../store/database.ts";
import { type GatewaysAsked, gatewaySummaries } from "./gateway-query.ts";
import { isoTime } from "./read-stores.ts";

/** What cameras are asked for with. */
export interface CamerasAsked extends GatewaysAsked {
  readonly ledger: SqliteDatabase;
}

/** Which camera, and when: milliseconds since 1970. */
export interface CameraSpan {
  readonly gw: string;
  readonly channel: string;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly limit: number;
}

const named = z.object({ gw: z.string(), dev: z.string() });
const recordRow = z.object({ lsn: z.number(), at_ms: z.number() });

/** A state is looked for among so many of a camera's newest records. */
const lookedAt = 50;

const bodyOf = (ledger: SqliteDatabase, lsn: number): CameraBody | undefined => {
  const bytes = ledger.prepare("SELECT bytes FROM record WHERE lsn = ?").pluck().get(lsn) as Buffer | undefined;
  const decoded = bytes === undefined ? undefined : decodeRecord(bytes);
  const read = cameraBody.safeParse(decoded?.ok === true ? decoded.record.body : undefined);
  return read.success ? read.data : undefined;
};

/** Its records of a span, the newest first, one after the other as they are asked for. */
function* cameraRecords(
  { projections, ledger }: Pick<CamerasAsked, "projections" | "ledger">,
  { gw, channel, fromMs, untilMs, limit }: CameraSpan,
): Generator<{ readonly lsn: number; readonly atMs: number; readonly body: CameraBody }> {
  const rows = projections
    .prepare(
      `SELECT record.lsn, record.at_ms FROM record JOIN device ON device.id = record.device
       WHERE device.gw = ? AND device.dev = ? AND record.kind = 'camera' AND at_ms >= ? AND at_ms < ?
       ORDER BY at_ms DESC, record.lsn DESC LIMIT ?`,
    )
    .all(gw, channel, fromMs, untilMs, limit);
  for (const row of rows) {
    const { lsn, at_ms: atMs } = recordRow.parse(row);
    const body = bodyOf(ledger, lsn);
    if (body !== undefined) yield { lsn, atMs, body };
  }
}

const reportedState = (asked: CamerasAsked, gw: string, channel: string): CameraView["reported"] => {
  const span = { gw, channel, fromMs: 0, untilMs: asked.nowMs + 86_400_000, limit: lookedAt };
  for (const { atMs, body } of cameraRecords(asked, span)) {
    const { event, state, zone, reason } = body;
    if (event === "state") return { state, zone, reason, at: isoTime(atMs) };
  }
  return null;
};

/** Cameras of the register, and those that sent records without being in it, as far as the asking person sees them now. */
export const cameraViews = (asked: CamerasAsked): CameraView[] => {
  const { register, projections, places, cover, nowMs } = asked;
  const registered = register
    .prepare("SELECT DISTINCT gw, dev FROM device WHERE class = 'camera' AND until_change IS NULL")
    .all();
  const heard = projections.prepare("SELECT gw, dev FROM device WHERE class = 'camera'").all();
  const all = new Map(
    [...registered, ...heard].map((row) => named.parse(row)).map((one) => [`${one.gw}/${one.dev}`, one]),
  );
  const gateways = new Map(gatewaySummaries(asked).map((gateway) => [gateway.gw, gateway]));
  const viewing = new ViewingStore(register);
  return [...all.values()]
    .filter(({ gw, dev }) => places.sees(cover, gw, dev, nowMs))
    .map(({ gw, dev: channel }): CameraView => {
      const gateway = gateways.get(gw);
      const place = places.view(gw, channel, nowMs);
      return {
        ...{ gw, channel, site: place?.site?.name ?? gateway?.site ?? gw, place, viewing: viewing.of(gw, channel) },
        ...{ online: gateway?.online ?? null, reported: reportedState(asked, gw, channel) },
      };
    })
    .sort((one, other) =>
      `${one.site}\n${one.gw}\n${one.channel}`.localeCompare(`${other.site}\n${other.gw}\n${other.channel}`),
    );
};

/** What happened to a camera and its recording, the newest first; only of times when the asking person sees it. */
export const cameraEvents = (asked: CamerasAsked, span: CameraSpan): CameraEventView[] => {
  const { places, cover } = asked;
  const { gw, channel } = span;
  return [...cameraRecords(asked, span)]
    .filter(({ atMs }) => places.sees(cover, gw, channel, atMs))
    .map(({ lsn, atMs, body }) => ({
      ...{ lsn, at: isoTime(atMs), event: body.event, state: body.state, previous: body.previous, reason: body.reason },
      ...{ from: body.from ?? null, until: body.until ?? null, cause: body.cause ?? null },
    }));
};
