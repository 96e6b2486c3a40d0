import { type ErrorCode, errorCatalogue } from "@mingcheng/protocols";
import type { Capture } from "../capture/capture.ts";
import type { ClockStatus } from "../clock/gateway-clock.ts";
import type { GatewayIdentity } from "../identity/identity.ts";
import type { Outbox, OutboxCondition } from "../outbox/outbox.ts";
import type { DeviceStatus } from "../supervisor/device-status.ts";
import type { Uplink } from "../uplink/uplink.ts";
import type { Alarm } from "./alarms.ts";
import { clockStep, codeOfCondition, nextOf, nextOfDevice, quarantineStep, spaceStep } from "./next-steps.ts";
import type { GatewayStatus, StatusDevice } from "./status-schema.ts";

/** Everything the status is made from. What is not there yet is undefined. */
export interface StatusSources {
  readonly identity: GatewayIdentity;
  readonly software: { readonly name: string; readonly version: string };
  /** Local time of the start; its monotonic milliseconds. */
  readonly startedAt: string;
  readonly startedMs: number;
  readonly quarantineDirectory: string;
  nowMs(): number;
  /** Local time so many milliseconds ago. */
  wallBefore(ms: number): string;
  clock(): ClockStatus;
  readonly outbox: Outbox | undefined;
  /** Last durable record of the running line. */
  readonly head: number;
  /** While there is no outbox: why. */
  readonly opening: { readonly state: Exclude<OutboxCondition, "ok"> | "opening"; readonly detail: string };
  readonly outboxFaults: number;
  readonly capture: Capture | undefined;
  readonly uplink: Uplink | undefined;
  devices(): readonly DeviceStatus[];
  intake(): GatewayStatus["intake"];
  /** What the state says of commands and configurations. */
  facts(): { readonly cseq: number; readonly config: number };
  alarms(): readonly Alarm[];
}

const noOutbox = {
  bufferedRecords: 0,
  bufferedBytes: 0,
  segments: 0,
  freeBytes: 0,
  commits: 0,
  pendingBytes: 0,
  nextSegmentReady: false,
  verified: false,
};

const outboxStatus = ({ outbox, opening, startedAt, outboxFaults }: StatusSources): GatewayStatus["outbox"] => {
  if (outbox === undefined) {
    const { state, detail } = opening;
    const next = state === "opening" ? null : nextOf(codeOfCondition[state]);
    return { state, since: startedAt, detail, ...noOutbox, faults: outboxFaults, next };
  }
  const { health, ...figures } = outbox.stats();
  const room = figures.nextSegmentReady ? null : spaceStep;
  const next = health.state === "ok" ? room : nextOf(codeOfCondition[health.state]);
  return { state: health.state, since: health.since, detail: health.detail, ...figures, faults: outboxFaults, next };
};

const uplinkStatus = ({ uplink }: StatusSources): GatewayStatus["uplink"] => {
  const stats = uplink?.stats();
  const error = stats?.lastError ?? null;
  return {
    state: stats?.ready === true ? "ready" : stats?.connected === true ? "connected" : "down",
    pending: stats?.pending ?? 0,
    inFlight: stats?.inFlight ?? 0,
    lastReceiptAt: stats?.lastReceiptAt ?? null,
    reconnects: stats?.reconnects ?? 0,
    batchesSent: stats?.batchesSent ?? 0,
    recordsSent: stats?.recordsSent ?? 0,
    bytesSent: stats?.bytesSent ?? 0,
    freedRecords: stats?.freedRecords ?? 0,
    liveSent: stats?.liveSent ?? 0,
    liveDropped: stats?.liveDropped ?? 0,
    refusedDownlinks: stats?.refusedDownlinks ?? 0,
    error: error === null ? null : { code: error.code, message: error.message },
    next: error === null ? null : nextOf(error.code),
  };
};

const deviceStatus = (sources: StatusSources, device: DeviceStatus): StatusDevice => {
  const { id, protocol, address, insecureTransport, state, since, reason, connections, quietForMs, meter } = device;
  const discardedBytes: Record<string, number> = {};
  const counters: Record<string, number> = {};
  for (const { metric, reason: why, value } of meter.all()) {
    if (metric === "discarded_bytes") discardedBytes[why] = value;
    else if (metric !== "frames") counters[why === "" ? metric : `${metric}:${why}`] = value;
  }
  const tally = sources.capture?.tally.read(id);
  return {
    id,
    protocol,
    address,
    insecureTransport,
    state,
    since,
    reason,
    connections,
    lastFrameAt: quietForMs === null ? null : sources.wallBefore(quietForMs),
    lastCapturedAt: tally?.lastCapturedAt ?? null,
    captured: tally?.captured ?? {},
    missed: tally?.missed ?? 0,
    quarantined: tally?.quarantined ?? 0,
    frames: meter.total("frames"),
    discardedBytes,
    counters,
    next: device.next === undefined ? nextOfDevice(device) : device.next,
  };
};

const captureStatus = ({ capture, quarantineDirectory: directory }: StatusSources): GatewayStatus["capture"] => {
  const stats = capture?.stats();
  const quarantine = stats?.quarantine ?? { files: 0, bytes: 0, kept: 0, deleted: 0 };
  return {
    gapsWaiting: stats?.gapsWaiting ?? 0,
    recordsWaiting: stats?.recordsWaiting ?? 0,
    recordsDiscarded: stats?.recordsDiscarded ?? 0,
    quarantine: { directory, ...quarantine },
    next: quarantine.files === 0 ? null : quarantineStep(directory),
  };
};

const alarmStatus = ({ code, since, detail }: Alarm): GatewayStatus["alarms"][number] => {
  const { zh, en } = errorCatalogue[code satisfies ErrorCode];
  return { code, since, detail, zh, en };
};

type Parts = Pick<GatewayStatus, "clock" | "outbox" | "capture" | "uplink" | "devices" | "intake">;

const overall = ({ clock, outbox, capture, uplink, devices, intake }: Parts): GatewayStatus["state"] => {
  if (outbox.state === "opening") return "starting";
  if (outbox.state !== "ok") return "failed";
  const steps = [
    clock.next,
    outbox.next,
    capture.next,
    uplink.next,
    intake?.next ?? null,
    ...devices.map((device) => device.next),
  ];
  return steps.every((step) => step === null) ? "ok" : "attention";
};

const lineStatus = (outbox: Outbox | undefined): GatewayStatus["line"] => {
  if (outbox === undefined) return null;
  const { ep, eid } = outbox.line;
  return { ep, eid, head: outbox.inventory().find((line) => line.eid === eid)?.head ?? 0 };
};

/** What `/status` answers now. */
export const statusReport = (sources: StatusSources): GatewayStatus => {
  const { identity, software, startedAt, startedMs, outbox } = sources;
  const clock = sources.clock();
  const parts: Parts = {
    clock: { ...clock, next: clock.sync === "none" || clock.isBehind ? clockStep : null },
    outbox: outboxStatus(sources),
    capture: captureStatus(sources),
    uplink: uplinkStatus(sources),
    devices: sources.devices().map((device) => deviceStatus(sources, device)),
    intake: sources.intake(),
  };
  return {
    v: 1,
    state: overall(parts),
    gw: identity.gw,
    site: identity.site,
    centreName: identity.centreName,
    software,
    pid: process.pid,
    startedAt,
    uptimeMs: sources.nowMs() - startedMs,
    rssBytes: process.memoryUsage.rss(),
    line: lineStatus(outbox),
    kid: identity.signer.kid,
    ...parts,
    centre: { cseq: sources.facts().cseq, configuration: sources.facts().config },
    alarms: sources.alarms().map(alarmStatus),
  };
};
