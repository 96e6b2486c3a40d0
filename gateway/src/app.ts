import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Line } from "@mingcheng/protocols";
import type { Capture } from "./capture/capture.ts";
import { openCapture, quarantineDirectory } from "./capture/open-capture.ts";
import type { GatewayClock } from "./clock/gateway-clock.ts";
import { openGatewayClock } from "./clock/open-clock.ts";
import { wallText } from "./clock/wall-text.ts";
import type { GatewayConfig } from "./config/parse-config.ts";
import { BindingFile } from "./device-identity/binding-file.ts";
import type { DevicePlaces } from "./device-identity/device-places.ts";
import { PortFinder } from "./device-identity/port-finder.ts";
import { PortWatch } from "./device-identity/port-watch.ts";
import { systemPlaces } from "./device-identity/usb-adapter.ts";
import { Alarms } from "./health/alarms.ts";
import { type HealthServer, jsonAnswer, openHealthServer, type Routes } from "./health/health-server.ts";
import { codeOfCondition } from "./health/next-steps.ts";
import { type StatusSources, statusReport } from "./health/status-report.ts";
import type { GatewayStatus } from "./health/status-schema.ts";
import { openAccess } from "./identity/centre-access.ts";
import { type GatewayIdentity, identityDirectory, loadIdentity } from "./identity/identity.ts";
import { watchKeys } from "./identity/key-watch.ts";
import { createLog, deviceLog, type GatewayLog } from "./log.ts";
import { createGatewayMetrics, type GatewayMetrics } from "./metrics/gateway-metrics.ts";
import type { Outbox } from "./outbox/outbox.ts";
import { software } from "./software.ts";
import { Supervisor } from "./supervisor/supervisor.ts";
import { openTransport } from "./transports/open-transport.ts";
import { startUplink } from "./uplink/start-uplink.ts";
import type { Uplink } from "./uplink/uplink.ts";

/** Where the gateway can be reached, once it captures. */
export interface GatewayReady {
  readonly pid: number;
  readonly health: { readonly host: string; readonly port: number };
  readonly line: Omit<Line, "gw">;
}

/** The running gateway: everything is wired here and nowhere else. */
export class Gateway {
  private readonly config: GatewayConfig;
  private readonly places: DevicePlaces;
  private readonly identity: GatewayIdentity;
  private readonly clock: GatewayClock;
  private readonly log: GatewayLog;
  private readonly alarms: Alarms;
  private readonly metrics: GatewayMetrics;
  private readonly startedAt: string;
  private readonly startedMs: number;
  private readonly stopping = new AbortController();
  private opening: StatusSources["opening"] = { state: "opening", detail: "" };
  private outboxFaults = 0;
  private head = 0;
  private ending: Promise<void> | undefined;
  private unwatchClock = (): void => undefined;
  private unwatchKeys = (): void => undefined;
  private health: HealthServer | undefined;
  private outbox: Outbox | undefined;
  private capture: Capture | undefined;
  private uplink: Uplink | undefined;
  private supervisor: Supervisor | undefined;
  private portWatch: PortWatch | undefined;

  private constructor(
    config: GatewayConfig,
    identity: GatewayIdentity,
    clock: GatewayClock,
    log: GatewayLog,
    places: DevicePlaces,
  ) {
    this.places = places;
    this.config = config;
    this.identity = identity;
    this.clock = clock;
    this.log = log;
    this.alarms = new Alarms(() => clock.wall());
    this.startedAt = clock.wall();
    this.startedMs = clock.nowMs();
    this.metrics = createGatewayMetrics(() => this.status());
  }

  /**
   * Loads who this gateway is and serves its local state; captures nothing yet.
   * @throws {MingchengError} NOT_ENROLLED, IDENTITY_DAMAGED, KEY_INVALID, LISTEN_FAILED
   */
  static async open(
    config: GatewayConfig,
    logOf: typeof createLog = createLog,
    places: DevicePlaces = systemPlaces,
  ): Promise<Gateway> {
    const identity = await loadIdentity(config.data);
    const log = logOf(config.log.level, identity.gw);
    const clock = await openGatewayClock({ dataDirectory: config.data, notBefore: identity.enrolledAt, log });
    const gateway = new Gateway(config, identity, clock, log, places);
    gateway.health = await openHealthServer(config.health, gateway.routes(), (error) => {
      log.error({ err: error }, "health: a request could not be answered");
    });
    return gateway;
  }

  /** Where its state is served. */
  get address(): GatewayReady["health"] {
    const { host = "", port = 0 } = this.health ?? {};
    return { host, port };
  }

  /**
   * Begins to capture. Resolves once the outbox is open, however long the disk is unusable; undefined when the gateway was
   * stopped before.
   * @throws {MingchengError} OUTBOX_LOCKED, OUTBOX_FOREIGN
   */
  async start(): Promise<GatewayReady | undefined> {
    const { config, identity, clock, log, alarms, metrics } = this;
    const finder = await this.openPorts();
    const opened = await openCapture({
      config,
      identity,
      clock,
      log,
      random: randomBytes,
      observe: (durableMs) => metrics.observeDurable(durableMs),
      onUnusable: (state, error) => {
        log.error({ state, err: error }, "outbox: cannot be opened, tried again every second");
        this.opening = { state, detail: error.message };
        this.outboxFaults += 1;
        this.raiseOutboxAlarm(state, error.message);
      },
      signal: this.stopping.signal,
    });
    if (opened === undefined) return undefined;
    const { outbox, capture } = opened;
    if (this.stopping.signal.aborted) {
      await capture.close();
      await outbox.close();
      return undefined;
    }
    this.outbox = outbox;
    this.capture = capture;
    this.clearOutboxAlarms();
    this.head = outbox.inventory().at(-1)?.head ?? 0;
    outbox.onCommit(({ last }) => {
      this.head = last;
    });
    outbox.onFault(({ state, detail }) => {
      this.outboxFaults += 1;
      if (state !== "ok") this.raiseOutboxAlarm(state, detail);
    });
    outbox.onRecovered(() => this.clearOutboxAlarms());
    this.unwatchClock = clock.onChange((body) => capture.record("clock", body));
    const access = await openAccess(identity, { directory: identityDirectory(config.data), log });
    this.uplink = startUplink({
      ...{ identity, outbox, clock, log, centre: config.centre, alarms },
      access: () => access.current(),
      onAuthorities: (payload, message) => access.authorities.learn(payload, message),
    });
    alarms.attach(this.uplink);
    this.unwatchKeys = watchKeys({ directory: identityDirectory(config.data), keys: identity.signer, clock, log });
    this.supervisor = this.createSupervisor(capture, this.uplink, finder);
    this.portWatch = new PortWatch({ devices: config.devices, finder, supervised: this.supervisor, clock, log });
    this.supervisor.start();
    this.portWatch.start();
    log.info({ line: outbox.line, devices: config.devices.length, software }, "gateway: captures");
    const { ep, eid } = outbox.line;
    return { pid: process.pid, health: this.address, line: { ep, eid } };
  }

  /** Ends sessions, commits and closes the outbox, publishes the offline state. Within 5 s, idempotent. */
  stop(): Promise<void> {
    this.ending ??= this.shutDown();
    return this.ending;
  }

  private async shutDown(): Promise<void> {
    this.stopping.abort();
    this.log.info({}, "gateway: stops");
    this.unwatchClock();
    this.unwatchKeys();
    await this.portWatch?.stop();
    await this.supervisor?.stop();
    await this.capture?.close();
    await this.uplink?.close();
    await this.outbox?.close();
    await this.clock.close();
    this.metrics.close();
    await this.health?.close();
    this.log.info({}, "gateway: stopped");
  }

  /** Knows which adapter is which device. */
  private async openPorts(): Promise<PortFinder> {
    const { log, places } = this;
    const bindings = new BindingFile(join(this.config.data, "adapters.json"));
    if (!(await bindings.open())) {
      log.warn({}, "ports: the file of known adapters cannot be read; devices are bound to what is plugged in now");
    }
    return new PortFinder({ places, bindings, open: openTransport, log });
  }

  private createSupervisor(capture: Capture, uplink: Uplink, finder: PortFinder): Supervisor {
    return new Supervisor({
      devices: this.config.devices,
      clock: this.clock,
      open: (_address, serial, signal, device) => finder.open(device, serial, signal),
      random: Math.random,
      log: ({ id }) => deviceLog(this.log, id, () => this.clock.nowMs()),
      capture: (device, draft) => capture.capture(device, draft),
      recall: (device, kind, limit) => capture.recall(device, kind, limit),
      marks: async (device) => {
        const { openReadMarks } = await import("./capture/read-marks.ts");
        return openReadMarks(join(this.config.data, "read-marks", `${device}.marks`));
      },
      live: (device, payload) => uplink.publishLive(device, payload),
      record: (device, body) => capture.record("device", body, device),
    });
  }

  private raiseOutboxAlarm(state: keyof typeof codeOfCondition, detail: string): void {
    this.clearOutboxAlarms(codeOfCondition[state]);
    this.alarms.raise(codeOfCondition[state], detail);
  }

  private clearOutboxAlarms(except?: string): void {
    for (const code of Object.values(codeOfCondition)) if (code !== except) this.alarms.clear(code);
  }

  private routes(): Routes {
    return {
      "/healthz": () => jsonAnswer(200, { state: "alive" }),
      "/readyz": () => {
        const isReady = this.supervisor !== undefined && this.outbox?.stats().health.state === "ok";
        const state = this.outbox?.stats().health.state ?? this.opening.state;
        return jsonAnswer(isReady ? 200 : 503, { state: isReady ? "ready" : "not-ready", outbox: state });
      },
      "/status": () => jsonAnswer(200, this.status()),
      "/metrics": async () => ({ status: 200, type: this.metrics.contentType, text: await this.metrics.text() }),
    };
  }

  private status(): GatewayStatus {
    const { identity, startedAt, startedMs, outbox, opening, outboxFaults, capture, uplink, clock } = this;
    return statusReport({
      identity,
      software,
      startedAt,
      startedMs,
      quarantineDirectory: quarantineDirectory(this.config.data),
      nowMs: () => clock.nowMs(),
      wallBefore: (ms) => wallText(Date.parse(clock.wall()) - ms),
      clock: () => clock.status(),
      outbox,
      head: this.head,
      opening,
      outboxFaults,
      capture,
      uplink,
      devices: () => this.supervisor?.status() ?? [],
      alarms: () => this.alarms.list(),
    });
  }
}
