import { monitorEventLoopDelay } from "node:perf_hooks";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { GatewayStatus, StatusDevice } from "../health/status-schema.ts";

/** The gateway's metrics in Prometheus' text form. */
export interface GatewayMetrics {
  readonly contentType: string;
  /** A reading became durable after so many milliseconds. */
  observeDurable(ms: number): void;
  text(): Promise<string>;
  close(): void;
}

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [Labels, number];
type Read = (status: GatewayStatus) => readonly Sample[];

interface Figure {
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
  readonly labels: readonly string[];
  readonly read: Read;
}

const prefix = "mingcheng_gateway_";
const nanosecondsPerSecond = 1e9;
const microsecondsPerSecond = 1e6;
const lagResolutionMs = 50;

const one = (value: number): readonly Sample[] => [[{}, value]];
const flag = (value: boolean): readonly Sample[] => one(value ? 1 : 0);

const perDevice =
  (value: (device: StatusDevice) => number): Read =>
  ({ devices }) =>
    devices.map((device) => [{ device: device.id }, value(device)]);

const perReason =
  (label: string, values: (device: StatusDevice) => Readonly<Record<string, number>>): Read =>
  ({ devices }) =>
    devices.flatMap((device) =>
      Object.entries(values(device)).map(([reason, value]): Sample => [{ device: device.id, [label]: reason }, value]),
    );

const gauge = (name: string, help: string, read: Read, labels: readonly string[] = []): Figure => ({
  name,
  type: "gauge",
  help,
  labels,
  read,
});
const counter = (name: string, help: string, read: Read, labels: readonly string[] = []): Figure => ({
  name,
  type: "counter",
  help,
  labels,
  read,
});

const deviceFigures: readonly Figure[] = [
  gauge(
    "device_online",
    "1 while the device is heard",
    perDevice(({ state }) => (state === "online" ? 1 : 0)),
    ["device"],
  ),
  counter(
    "device_connections_total",
    "Times the line was opened",
    perDevice(({ connections }) => connections),
    ["device"],
  ),
  counter(
    "device_frames_total",
    "Valid frames heard",
    perDevice(({ frames }) => frames),
    ["device"],
  ),
  counter(
    "device_missed_total",
    "Readings the disk did not take",
    perDevice(({ missed }) => missed),
    ["device"],
  ),
  counter(
    "device_quarantined_total",
    "Readings that could not become records",
    perDevice((d) => d.quarantined),
    ["device"],
  ),
  counter(
    "captured_total",
    "Durable records",
    perReason("kind", ({ captured }) => captured),
    ["device", "kind"],
  ),
  counter(
    "discarded_bytes_total",
    "Bytes that belong to no frame",
    perReason("reason", (d) => d.discardedBytes),
    ["device", "reason"],
  ),
  counter(
    "device_events_total",
    "What else the driver counts",
    perReason("event", ({ counters }) => counters),
    ["device", "event"],
  ),
];

const outboxFigures: readonly Figure[] = [
  gauge("outbox_ok", "1 while captures are taken", ({ outbox }) => flag(outbox.state === "ok")),
  gauge("outbox_records", "Records on disk", ({ outbox }) => one(outbox.bufferedRecords)),
  gauge("outbox_bytes", "Bytes on disk", ({ outbox }) => one(outbox.bufferedBytes)),
  gauge("outbox_segments", "Segment files", ({ outbox }) => one(outbox.segments)),
  gauge("outbox_free_bytes", "Free bytes of the file system", ({ outbox }) => one(outbox.freeBytes)),
  gauge("outbox_pending_bytes", "Bytes that are not durable yet", ({ outbox }) => one(outbox.pendingBytes)),
  counter("outbox_commits_total", "Durable commits", ({ outbox }) => one(outbox.commits)),
  counter("outbox_faults_total", "Disk faults", ({ outbox }) => one(outbox.faults)),
  gauge("quarantine_files", "Files in the quarantine", ({ capture }) => one(capture.quarantine.files)),
  gauge("gaps_waiting", "Gaps not yet told", ({ capture }) => one(capture.gapsWaiting)),
];

const uplinkFigures: readonly Figure[] = [
  gauge("uplink_connected", "1 while connected to the centre", ({ uplink }) => flag(uplink.state !== "down")),
  gauge("uplink_ready", "1 once the centre has said what it holds", ({ uplink }) => flag(uplink.state === "ready")),
  gauge("uplink_pending_records", "Records without a receipt", ({ uplink }) => one(uplink.pending)),
  gauge("uplink_batches_in_flight", "Batches under way", ({ uplink }) => one(uplink.inFlight)),
  counter("uplink_reconnects_total", "Connections after the first", ({ uplink }) => one(uplink.reconnects)),
  counter("uplink_batches_sent_total", "Batches sent", ({ uplink }) => one(uplink.batchesSent)),
  counter("uplink_records_sent_total", "Records sent, repeats included", ({ uplink }) => one(uplink.recordsSent)),
  counter("uplink_bytes_sent_total", "Bytes of batches sent", ({ uplink }) => one(uplink.bytesSent)),
  counter("uplink_freed_records_total", "Records freed on a receipt", ({ uplink }) => one(uplink.freedRecords)),
  counter("uplink_live_sent_total", "Unsettled values sent", ({ uplink }) => one(uplink.liveSent)),
  counter("uplink_live_dropped_total", "Unsettled values dropped", ({ uplink }) => one(uplink.liveDropped)),
  counter("uplink_refused_answers_total", "Answers not verified", ({ uplink }) => one(uplink.refusedDownlinks)),
];

const ofIntake =
  (label: string, values: readonly (readonly [string, keyof NonNullable<GatewayStatus["intake"]>])[]): Read =>
  ({ intake }) =>
    intake === null ? [] : values.map(([name, key]): Sample => [{ [label]: name }, Number(intake[key])]);

const intakeFigures: readonly Figure[] = [
  counter(
    "intake_messages_total",
    "Messages of intake devices, by what became of them",
    ofIntake("result", [
      ["captured", "captured"],
      ["repeated", "repeated"],
      ["heard", "heartbeats"],
      ["refused", "refused"],
      ["failed", "failed"],
    ]),
    ["result"],
  ),
  counter(
    "intake_refused_total",
    "What the intake did not let in",
    ofIntake("what", [
      ["connection", "refusedConnections"],
      ["login", "refusedLogins"],
      ["topic", "refusedTopics"],
      ["stream", "cutStreams"],
    ]),
    ["what"],
  ),
  counter("intake_mismatches_total", "Sales with an amount that does not fit", ({ intake }) =>
    one(intake?.flagged ?? 0),
  ),
  gauge("intake_connections", "Connections of intake devices", ({ intake }) =>
    one((intake?.listeners ?? []).reduce((sum, { connections }) => sum + connections, 0)),
  ),
];

const processFigures: readonly Figure[] = [
  gauge("alarms", "Alarms in force", ({ alarms }) => alarms.map(({ code }): Sample => [{ code }, 1]), ["code"]),
  gauge("clock_synchronised", "1 unless the clock was never set", ({ clock }) => flag(clock.sync !== "none")),
  gauge("clock_error_seconds", "Bound of the clock's error; NaN: unknown", ({ clock }) =>
    one(clock.errMs === null ? Number.NaN : clock.errMs / 1000),
  ),
  counter("clock_steps_total", "Jumps of the system clock", ({ clock }) => one(clock.steps)),
  counter("cpu_seconds_total", "Processor time of the process, its threads counted", () => {
    const { user, system } = process.cpuUsage();
    return one((user + system) / microsecondsPerSecond);
  }),
  gauge("build_info", "1; the version is its label", ({ software }) => [[{ version: software.version }, 1]], [
    "version",
  ]),
  gauge("resident_memory_bytes", "Resident memory of the process", ({ rssBytes }) => one(rssBytes)),
  gauge("uptime_seconds", "Seconds since the start", ({ uptimeMs }) => one(uptimeMs / 1000)),
];

const register = (
  registry: Registry,
  { name, type, help, labels, read }: Figure,
  status: () => GatewayStatus,
): void => {
  const base = { name: `${prefix}${name}`, help, labelNames: [...labels], registers: [registry] };
  if (type === "gauge") {
    new Gauge({
      ...base,
      collect() {
        this.reset();
        for (const [sample, value] of read(status())) this.set(sample, value);
      },
    });
    return;
  }
  new Counter({
    ...base,
    collect() {
      this.reset();
      for (const [sample, value] of read(status())) this.inc(sample, value);
    },
  });
};

/** Every metric of the gateway; names and labels in `docs/health.md`. */
export const createGatewayMetrics = (status: () => GatewayStatus): GatewayMetrics => {
  const registry = new Registry();
  const lag = monitorEventLoopDelay({ resolution: lagResolutionMs });
  lag.enable();
  // One report per scrape, not one per figure.
  let report: GatewayStatus | undefined;
  const current = (): GatewayStatus => {
    report ??= status();
    return report;
  };
  for (const figures of [deviceFigures, outboxFigures, uplinkFigures, intakeFigures, processFigures]) {
    for (const figure of figures) register(registry, figure, current);
  }
  const durable = new Histogram({
    name: `${prefix}durable_seconds`,
    help: "From a reading to its record on disk",
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [registry],
  });
  new Gauge({
    name: `${prefix}event_loop_lag_seconds`,
    help: "99th percentile since the last scrape",
    registers: [registry],
    collect() {
      const p99 = lag.percentile(99) - lagResolutionMs * 1e6;
      this.set(Math.max(0, p99) / nanosecondsPerSecond);
      lag.reset();
    },
  });
  return {
    contentType: registry.contentType,
    observeDurable: (ms) => durable.observe(ms / 1000),
    text: async () => {
      report = undefined;
      try {
        return await registry.metrics();
      } finally {
        report = undefined;
      }
    },
    close: () => lag.disable(),
  };
};
