import { alertSeverities, type GatewayHealth, seriesLayout } from "@mingcheng/protocols";
import { deviceState } from "../api/queries/device-query.ts";
import { minuteOf } from "../register/model/validity.ts";
import type { SqliteDatabase } from "../store/database.ts";
import { placeOfAlert } from "./alert-points.ts";
import { type FieldValue, fieldsText, lineOf, seriesPrefix, type Tags } from "./line-protocol.ts";
import type { PlaceTags } from "./place-tags.ts";

/** What samples are taken from: connections that read. */
export interface SampleSources {
  readonly projections: SqliteDatabase;
  readonly register: SqliteDatabase;
  readonly alerts: SqliteDatabase | undefined;
  /** The feed's own database: what cameras said last. */
  readonly feed: SqliteDatabase;
  readonly places: PlaceTags;
}

/** The measurements that are sampled. */
export type SampleName = "gateway" | "fleet" | "camera_fleet" | "alert_open" | "ingest";

/** A look at something: its measurement, tags and the values of the layout's fields in their order. */
export interface Sample {
  readonly name: SampleName;
  readonly tags: Tags;
  readonly fields: readonly FieldValue[];
}

/** The line of a sample. */
export const sampleLine = ({ name, tags, fields }: Sample, atMs: number): string =>
  lineOf(seriesPrefix(name, tags), fieldsText(name, fields), atMs, 0);

interface HintRow {
  readonly gw: string;
  readonly online: number;
  readonly seenMs: number;
  readonly alarms: string;
  readonly health: string | null;
}

const round = (value: number | null | undefined): number | null =>
  value === null || value === undefined ? null : Math.round(value);

const gatewayFields = ({ online, seenMs, alarms, health }: HintRow, nowMs: number): FieldValue[] => {
  const said = health === null ? undefined : (JSON.parse(health) as GatewayHealth);
  // What it said of itself before it went is not how it is now.
  const now = online === 1 ? said : undefined;
  return [
    online,
    ...[round(now?.outboxRecords), round(now?.pendingRecords), round(now?.outboxBytes), round(now?.diskFreeBytes)],
    ...[round(now?.rssBytes), now?.cpuPercent ?? null, now?.clockErrorMs ?? null, now?.aheadOfCentreMs ?? null],
    ...[round(now?.reconnects), round(now?.receiptWaitMs), round(now?.devices), round(now?.devicesOnline)],
    ...[(JSON.parse(alarms) as unknown[]).length, online === 1 ? 0 : Math.max(0, nowMs - seenMs)],
  ];
};

const gatewaySamples = (hints: readonly HintRow[], places: PlaceTags, nowMs: number): Sample[] =>
  hints.map((row) => {
    const tags: Tags = [...places.ofGateway(row.gw, nowMs).place, ["gw", row.gw]];
    return { name: "gateway", tags, fields: gatewayFields(row, nowMs) };
  });

interface FleetDevice {
  readonly gw: string;
  readonly dev: string;
  readonly class: string;
  readonly status: Parameters<typeof deviceState>[0];
}

/** Devices that the register has now, and others that were heard within the last days. */
const heardMs = 7 * 86_400_000;
const devicesSql = `SELECT gw, dev, class, status, last_received_ms AS heardMs FROM device WHERE class <> 'gateway'`;
const registeredSql = `SELECT gw, dev, class FROM device
  WHERE class <> 'gateway' AND until_change IS NULL AND valid_from <= @minute AND @minute < valid_to`;

const fleetOf = ({ projections, register }: SampleSources, nowMs: number): FleetDevice[] => {
  const heard = projections.prepare(devicesSql).all() as (FleetDevice & { heardMs: number | null })[];
  const registered = register.prepare(registeredSql).all({ minute: minuteOf(nowMs) }) as FleetDevice[];
  const devices = new Map(
    registered.map((one) => [`${one.gw} ${one.dev}`, { ...one, status: null as FleetDevice["status"] }]),
  );
  for (const { heardMs: lastMs, ...one } of heard) {
    const key = `${one.gw} ${one.dev}`;
    const known = devices.get(key);
    if (known !== undefined) devices.set(key, { ...known, status: one.status });
    else if (lastMs !== null && lastMs >= nowMs - heardMs) devices.set(key, one);
  }
  return [...devices.values()];
};

/** Adds up by tags; the order of first sight. */
class Tally {
  readonly #rows = new Map<string, { readonly tags: Tags; readonly counts: Map<string, number> }>();

  add(tags: Tags, ...names: readonly string[]): void {
    const key = JSON.stringify(tags);
    const row = this.#rows.get(key) ?? { tags, counts: new Map<string, number>() };
    this.#rows.set(key, row);
    for (const name of names) row.counts.set(name, (row.counts.get(name) ?? 0) + 1);
  }

  samples(name: "fleet" | "camera_fleet"): Sample[] {
    const fields = Object.keys(seriesLayout[name].fields);
    return [...this.#rows.values()].map(({ tags, counts }) => ({
      ...{ name, tags },
      fields: fields.map((field) => counts.get(field) ?? 0),
    }));
  }
}

const fleetSamples = (sources: SampleSources, hints: readonly HintRow[], nowMs: number): Sample[] => {
  const { places, feed } = sources;
  const online = new Map(hints.map((hint) => [hint.gw, hint.online === 1]));
  const cameraStates = new Map(
    (feed.prepare("SELECT gw, dev, state FROM camera").all() as { gw: string; dev: string; state: string }[]).map(
      ({ gw, dev, state }) => [`${gw} ${dev}`, state.replaceAll("-", "_")],
    ),
  );
  const fleet = new Tally();
  const cameras = new Tally();
  for (const { gw, dev, class: kind, status } of fleetOf(sources, nowMs)) {
    const { place } = places.ofDevice(gw, dev, nowMs);
    const isHeard = online.get(gw) ?? null;
    const camera = cameraStates.get(`${gw} ${dev}`);
    const isCamera = kind === "camera" || camera !== undefined;
    // A camera has its states; it is online while it does not fail to answer.
    const stated = isCamera && camera !== undefined ? (camera === "disconnected" ? "offline" : "online") : status;
    fleet.add([...place, ["class", isCamera ? "camera" : kind]], "total", deviceState(stated, isHeard));
    if (isCamera) cameras.add(place, "total", isHeard === true && camera !== undefined ? camera : "unknown");
  }
  return [...fleet.samples("fleet"), ...cameras.samples("camera_fleet")];
};

interface OpenAlert {
  readonly site: string;
  readonly gw: string;
  readonly severity: string;
  readonly state: string;
  readonly firedMs: number;
}

const openAlerts = `SELECT site, gw, severity, state, fired_ms AS firedMs FROM alert
  WHERE ended_ms IS NULL AND fired_ms IS NOT NULL AND dry = 0`;

const sitesSql = "SELECT code FROM site WHERE until_change IS NULL AND valid_from <= @minute AND @minute < valid_to";

const alertOpenSamples = ({ alerts, places, register }: SampleSources, nowMs: number): Sample[] => {
  if (alerts === undefined) return [];
  interface Sum {
    readonly tags: Tags;
    open: number;
    firing: number;
    acknowledged: number;
    handled: number;
    oldest: number;
  }
  const sums = new Map<string, Sum>();
  const sumOf = (tags: Tags): Sum => {
    const key = JSON.stringify(tags);
    const sum = sums.get(key) ?? { tags, open: 0, firing: 0, acknowledged: 0, handled: 0, oldest: 0 };
    sums.set(key, sum);
    return sum;
  };
  for (const row of alerts.prepare(openAlerts).all() as OpenAlert[]) {
    const { place } = placeOfAlert(places, { ...row, atMs: nowMs });
    const sum = sumOf([...place, ["severity", row.severity]]);
    sum.open++;
    if (row.state === "firing") {
      sum.firing++;
      sum.oldest = Math.max(sum.oldest, nowMs - row.firedMs);
    } else if (row.state === "acknowledged") sum.acknowledged++;
    else if (row.state === "handled") sum.handled++;
  }
  // Where nothing is open that is a zero, not nothing: a wall tells it from a centre that says nothing.
  for (const site of [
    "",
    ...(register
      .prepare(sitesSql)
      .pluck()
      .all({ minute: minuteOf(nowMs) }) as string[]),
  ]) {
    for (const severity of alertSeverities) sumOf([...places.ofSite(site, nowMs).place, ["severity", severity]]);
  }
  return [...sums.values()].map(({ tags, open, firing, acknowledged, handled, oldest }) => ({
    ...({ name: "alert_open", tags } as const),
    fields: [open, firing, acknowledged, handled, oldest],
  }));
};

/** How everything stands now. */
export const standing = (sources: SampleSources, nowMs: number): Sample[] => {
  const hints = sources.projections
    .prepare("SELECT gw, online, seen_ms AS seenMs, alarms, health FROM gateway_hint ORDER BY gw")
    .all() as HintRow[];
  return [
    ...gatewaySamples(hints, sources.places, nowMs),
    ...fleetSamples(sources, hints, nowMs),
    ...alertOpenSamples(sources, nowMs),
  ];
};
