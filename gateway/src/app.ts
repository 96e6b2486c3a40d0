import { randomBytes } from "node:crypto";
import { OptionalCameras } from "./camera/optional-cameras.ts";
import type { Capture } from "./capture/capture.ts";
import { openCapture, quarantineDirectory } from "./capture/open-capture.ts";
import type { GatewayClock } from "./clock/gateway-clock.ts";
import { openGatewayClock } from "./clock/open-clock.ts";
import { wallText } from "./clock/wall-text.ts";
import { Commanding, type CommandingParts, reachedCseq } from "./commanding/commanding.ts";
import type { GatewayConfig } from "./config/parse-config.ts";
import type { DevicePlaces } from "./device-identity/device-places.ts";
import type { PortFinder } from "./device-identity/port-finder.ts";
import { systemPlaces } from "./device-identity/usb-adapter.ts";
import type { GatewayReady, StartOptions } from "./gateway-ready.ts";
import { Alarms } from "./health/alarms.ts";
import { HealthTeller } from "./health/gateway-health.ts";
import { type HealthServer, openHealthServer, type Routes } from "./health/health-server.ts";
import { OutboxWatch } from "./health/outbox-watch.ts";
import type { ServiceOptions } from "./health/service-manager.ts";
import { stateRoutes } from "./health/state-routes.ts";
import { statusReport } from "./health/status-report.ts";
import type { GatewayStatus } from "./health/status-schema.ts";
import { openAccess } from "./identity/centre-access.ts";
import { type GatewayIdentity, identityDirectory, loadIdentity } from "./identity/identity.ts";
import { watchKeys } from "./identity/key-watch.ts";
import { ConfiguredIntake } from "./intake/configured-intake.ts";
import { createLog, type GatewayLog, RecentLines } from "./log.ts";
import { ConfiguredMarketScreen } from "./market-screen/configured-market-screen.ts";
import { createGatewayMetrics, type GatewayMetrics } from "./metrics/gateway-metrics.ts";
import { software } from "./software.ts";
import { openPortFinder, RunningDevices } from "./supervisor/running-devices.ts";
import { startUplink } from "./uplink/start-uplink.ts";
import type { Uplink } from "./uplink/uplink.ts";
import { ConfiguredWeb } from "./web/configured-web.ts";
import type { WebParts } from "./web/web-parts.ts";

/** The running gateway: everything is wired here and nowhere else. */
export class Gateway {
  private config: GatewayConfig;
  private readonly written: StartOptions;
  private readonly recent: RecentLines;
  private readonly places: DevicePlaces;
  private readonly identity: GatewayIdentity;
  private readonly clock: GatewayClock;
  private readonly log: GatewayLog;
  private readonly alarms: Alarms;
  private readonly watch: OutboxWatch;
  private readonly metrics: GatewayMetrics;
  private readonly startedAt: string;
  private readonly startedMs: number;
  private readonly stopping = new AbortController();
  private ending: Promise<void> | undefined;
  private readonly unwatch: (() => void)[] = [];
  private health: HealthServer | undefined;
  private capture: Capture | undefined;
  private uplink: Uplink | undefined;
  private devices: RunningDevices | undefined;
  private readonly intake = new ConfiguredIntake();
  private readonly web = new ConfiguredWeb();
  private readonly marketScreen = new ConfiguredMarketScreen();
  private readonly cameras = new OptionalCameras();
  private commanding: Commanding | undefined;

  private constructor(
    config: GatewayConfig,
    identity: GatewayIdentity,
    clock: GatewayClock,
    log: GatewayLog,
    places: DevicePlaces,
    parts: { readonly written: StartOptions; readonly recent: RecentLines },
  ) {
    this.places = places;
    this.written = parts.written;
    this.recent = parts.recent;
    this.config = config;
    this.identity = identity;
    this.clock = clock;
    this.log = log;
    this.alarms = new Alarms(() => clock.wall());
    this.watch = new OutboxWatch(this.alarms);
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
    written: StartOptions = { local: { config, written: {} }, version: 0 },
  ): Promise<Gateway> {
    const identity = await loadIdentity(config.data);
    const recent = new RecentLines();
    const log = logOf(config.log.level, identity.gw, recent);
    const clock = await openGatewayClock({ dataDirectory: config.data, notBefore: identity.enrolledAt, log });
    const gateway = new Gateway(config, identity, clock, log, places, { written, recent });
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
   * @throws {MingchengError} OUTBOX_LOCKED, OUTBOX_FOREIGN, OUTBOX_TOO_NEW
   */
  async start(): Promise<GatewayReady | undefined> {
    const { config, identity, clock, log, alarms, metrics } = this;
    const finder = await openPortFinder(config.data, this.places, log);
    const opened = await openCapture({
      config,
      identity,
      clock,
      log,
      random: randomBytes,
      observe: (durableMs) => metrics.observeDurable(durableMs),
      onCaptured: (device, draft, at) => this.cameras.event(device, draft, at),
      onUnusable: (state, error) => {
        log.error({ state, err: error }, "outbox: cannot be opened, tried again every second");
        this.watch.unusable(state, error.message);
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
    this.capture = capture;
    this.watch.watch(outbox);
    this.unwatch.push(clock.onChange((body) => capture.record("clock", body)));
    const access = await openAccess(identity, { directory: identityDirectory(config.data), log });
    const reached = await reachedCseq(config.data);
    const health = new HealthTeller(clock, () => this.status());
    this.uplink = startUplink({
      onCommand: (message) => this.commanding?.receive(message),
      ...(config.cameras === undefined ? {} : { onMedia: (message: Uint8Array) => this.hearOfVideo(message) }),
      facts: () => this.commanding?.facts() ?? { cseq: reached, config: this.written.version },
      health: () => health.report(),
      ...{ identity, outbox, clock, log, centre: config.centre, alarms },
      access: () => access.current(),
      onAuthorities: (payload, message) => access.authorities.learn(payload, message),
    });
    alarms.attach(this.uplink);
    this.unwatch.push(
      watchKeys({ directory: identityDirectory(config.data), keys: identity.signer, clock, log }),
      health.keepTelling(this.uplink),
    );
    this.devices = this.createDevices(capture, this.uplink, finder);
    this.devices.start();
    this.commanding = this.createCommanding({ capture, uplink: this.uplink, outbox, finder, reached }, this.devices);
    this.commanding.open();
    await this.intake.open(config.intake, { dataDirectory: config.data, ...{ capture, outbox, clock, log } });
    await this.web.open(config.web, this.webParts(this.devices, this.commanding, finder));
    await this.cameras.open(config.cameras, {
      ...{ gw: identity.gw, dataDirectory: config.data, clock, log, names: () => this.config.web?.names ?? [] },
      ...{ records: capture, signer: identity.signer, alarms },
      holdsSession: (token) => this.web.holds(token) || this.marketScreen.holds(token),
      access: async () => {
        const { mqtt, ...known } = await access.current();
        return { ...known, host: (this.config.centre ?? mqtt).host };
      },
    });
    await this.marketScreen.open(config.marketScreen, {
      ...{ dataDirectory: config.data, clock, log, outbox, status: () => this.status() },
      view: () => this.cameras.view,
    });
    log.info({ line: outbox.line, devices: config.devices.length, software }, "gateway: captures");
    const { ep, eid } = outbox.line;
    const intake = this.intake.addresses();
    const { url } = this.web;
    const { url: marketScreen } = this.marketScreen;
    return {
      ...{ pid: process.pid, health: this.address, line: { ep, eid } },
      ...(intake.length === 0 ? {} : { intake }),
      ...(url === undefined ? {} : { web: url }),
      ...(marketScreen === undefined ? {} : { marketScreen }),
    };
  }

  /** Ends sessions, commits and closes the outbox, publishes the offline state. Within 5 s, idempotent. */
  stop(): Promise<void> {
    this.ending ??= this.shutDown();
    return this.ending;
  }

  /** What a service manager wants to hear of. */
  serviceOptions(): ServiceOptions {
    return { subject: () => this.watch, nowMs: () => this.clock.nowMs(), log: this.log };
  }

  private async shutDown(): Promise<void> {
    this.stopping.abort();
    this.log.info({}, "gateway: stops");
    for (const unwatch of this.unwatch) unwatch();
    await this.marketScreen.close();
    await this.cameras.close();
    await this.web.close();
    await this.commanding?.stop();
    await this.intake.close();
    await this.devices?.stop();
    await this.capture?.close();
    await this.uplink?.close();
    await this.watch.outbox?.close();
    await this.clock.close();
    this.metrics.close();
    await this.health?.close();
    this.log.info({}, "gateway: stopped");
  }

  private createDevices(capture: Capture, uplink: Uplink, finder: PortFinder): RunningDevices {
    const { clock, log, config, web } = this;
    return new RunningDevices({
      ...{ devices: config.devices, dataDirectory: config.data, finder, clock, log, records: capture },
      capture: async (device, draft) => {
        await capture.capture(device, draft);
        web.captured(device, draft.kind, draft.body);
      },
      live: (device, payload) => {
        uplink.publishLive(device, payload);
        web.live(device, payload);
      },
    });
  }

  private createCommanding(
    parts: Pick<CommandingParts, "capture" | "uplink" | "outbox" | "finder" | "reached">,
    devices: RunningDevices,
  ): Commanding {
    const { identity, clock, log, places, written, metrics, recent, cameras } = this;
    return new Commanding({
      ...parts,
      ...{ identity, clock, log, places, cameras, supervisor: devices.supervisor, local: written.local },
      started: { config: this.config, version: written.version },
      config: () => this.config,
      status: () => this.status(),
      metricsText: () => metrics.text(),
      recentLog: () => recent.all(),
      apply: (config) => this.runWith(config, devices),
    });
  }

  private hearOfVideo(message: Uint8Array): void {
    this.cameras.hint(message);
    this.marketScreen.hear(message);
  }

  private async runWith(config: GatewayConfig, devices: RunningDevices): Promise<void> {
    this.config = config;
    this.log.level = config.log.level;
    await devices.reconfigure(config.devices);
    await this.intake.reconfigure(config.intake);
    await this.cameras.reconfigure(config.cameras);
    await this.marketScreen.reconfigure(config.marketScreen);
  }

  private webParts(devices: RunningDevices, commanding: Commanding, finder: PortFinder): WebParts {
    const { clock, log, places, written, config } = this;
    return {
      ...{ clock, log, places, supervisor: devices.supervisor, finder, dataDirectory: config.data },
      file: written.file ?? null,
      config: () => this.config,
      status: () => this.status(),
      version: () => commanding.facts().config,
      apply: async (own) => {
        commanding.ownChanged(own);
        await this.runWith(own.config, devices);
      },
      pausePorts: () => devices.pausePorts(),
    };
  }

  private routes(): Routes {
    const standing = () => ({ isOpen: this.devices !== undefined, outbox: this.watch.state });
    return stateRoutes({ standing, status: () => this.status(), metrics: this.metrics });
  }

  private status(): GatewayStatus {
    const { identity, startedAt, startedMs, watch, capture, uplink, clock } = this;
    return statusReport({
      identity,
      software,
      startedAt,
      startedMs,
      quarantineDirectory: quarantineDirectory(this.config.data),
      nowMs: () => clock.nowMs(),
      wallBefore: (ms) => wallText(Date.parse(clock.wall()) - ms),
      clock: () => clock.status(),
      ...{ outbox: watch.outbox, head: watch.head, opening: watch.opening, outboxFaults: watch.faults },
      capture,
      uplink,
      devices: () => [...(this.devices?.supervisor.status() ?? []), ...this.intake.devices()],
      intake: () => this.intake.status(),
      facts: () => this.commanding?.facts() ?? { cseq: 0, config: this.written.version },
      alarms: () => this.alarms.list(),
    });
  }
}
