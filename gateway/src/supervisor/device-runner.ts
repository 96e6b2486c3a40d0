import { type DeviceBody, MingchengError } from "@mingcheng/protocols";
import type { DeviceConfig } from "../config/parse-config.ts";
import {
  classOf,
  type DeviceKey,
  type DriverSession,
  type KeyPress,
  type SessionClock,
  type SessionContext,
  type SessionLog,
} from "../drivers/define-driver.ts";
import type { ByteStream, SerialSettings } from "../transports/byte-stream.ts";
import { DeviceMeter } from "./device-meter.ts";
import type { DeviceState, DeviceStatus } from "./device-status.ts";
import { type RetryLimits, RetrySchedule } from "./retry-schedule.ts";

/** Time as the supervisor needs it. */
export interface SupervisorClock extends SessionClock {
  wall(): string;
  after(delayMs: number, task: () => void): () => void;
}

/** What a device needs of the gateway around it. */
export interface DevicePorts extends Pick<SessionContext, "capture" | "recall" | "marks" | "live"> {
  readonly clock: SupervisorClock;
  readonly log: SessionLog;
  readonly retry: RetryLimits;
  /** Uniform in [0, 1), for jitter. */
  readonly random: () => number;
  /** Opens the line. @throws {MingchengError} DEVICE_OPEN_FAILED, CONFIG_INVALID */
  open(address: string, serial: SerialSettings, signal: AbortSignal): Promise<ByteStream>;
  /** Every change of state that concerns the centre. */
  record(body: DeviceBody): void;
}

const maxReasonChars = 256;
/** A session that has not ended so long after the abort loses its line; the stop does not wait longer than this twice. */
const graceMs = 450;

const asFault = (error: unknown): MingchengError =>
  error instanceof MingchengError
    ? error
    : new MingchengError("DEVICE_DISCONNECTED", `driver: ${String(error)}`, { cause: error });

/** One device: opens its line, runs its session, opens it again, and says how it stands. */
export class DeviceRunner {
  private readonly config: DeviceConfig;
  private readonly ports: DevicePorts;
  private readonly meter = new DeviceMeter();
  private readonly schedule: RetrySchedule;
  private session: DriverSession | undefined;
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  private state: DeviceState = "opening";
  private since: string;
  private reason = "";
  private fault: MingchengError | null = null;
  private recorded: DeviceBody["status"] | null = null;
  private lastFrameMs: number | null = null;
  private quietSinceMs = 0;
  private connections = 0;
  private cancelSilence: (() => void) | undefined;
  private waiting: AbortController | undefined;

  constructor(config: DeviceConfig, ports: DevicePorts) {
    this.config = config;
    this.ports = ports;
    this.schedule = new RetrySchedule(ports.retry, ports.random);
    this.since = ports.clock.wall();
  }

  start(): void {
    this.running ??= this.run();
  }

  /** Does not wait any longer before the line is opened again: its adapter has just been plugged in. */
  retryNow(): void {
    this.waiting?.abort();
  }

  /** What it runs with. */
  get device(): DeviceConfig {
    return this.config;
  }

  /** Presses a key of the device; undefined when its protocol documents none. Nothing but a command may ask for it. */
  press(key: DeviceKey): Promise<KeyPress> | undefined {
    if (this.config.driver.keys?.[key] === undefined) return undefined;
    const offline: KeyPress = { outcome: "offline", said: "the line is not open" };
    return this.session?.press?.(key) ?? Promise.resolve(offline);
  }

  /** Ends the session and frees the port, within one second. */
  async stop(): Promise<void> {
    this.stopping.abort();
    if (this.running !== undefined && !(await this.endsWithin(this.running, 2 * graceMs))) {
      this.ports.log.error("the session did not end in time");
    }
  }

  status(): DeviceStatus {
    const { id, driver, address, insecureTransport, unidentified } = this.config;
    const { state, since, reason, connections, meter, lastFrameMs } = this;
    return {
      id,
      protocol: driver.protocol,
      address,
      insecureTransport,
      state,
      since,
      reason,
      fault: this.fault?.code ?? null,
      quietForMs: lastFrameMs === null ? null : this.ports.clock.nowMs() - lastFrameMs,
      connections,
      meter,
      ...(unidentified === undefined ? {} : { unidentified }),
    };
  }

  /** Kept from connection to connection: it knows what must outlive a broken line. */
  private createSession(): DriverSession {
    const { clock, log, capture, recall, marks, live } = this.ports;
    const { id, driver, options } = this.config;
    const count: SessionContext["count"] = (metric, reason, by) => {
      this.meter.add(metric, reason, by);
      if (metric === "frames") this.heard();
    };
    const wall = () => clock.wall();
    return driver.createSession({ deviceId: id, clock, wall, log, capture, recall, marks, live, count }, options);
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const servedMs = await this.serve(signal);
      if (signal.aborted || this.state === "parked") return;
      this.waiting = new AbortController();
      await this.ports.clock.sleep(this.schedule.next(servedMs), AbortSignal.any([signal, this.waiting.signal]));
    }
  }

  /** One connection from opening to its end. Returns how long it served, in milliseconds. */
  private async serve(signal: AbortSignal): Promise<number> {
    const { clock } = this.ports;
    let beganMs: number | undefined;
    let stream: ByteStream | undefined;
    try {
      stream = await this.ports.open(this.config.address, this.config.serial, signal);
      beganMs = clock.nowMs();
      this.opened();
      await this.runSession(stream, signal);
      if (!signal.aborted) this.broken(new MingchengError("DEVICE_DISCONNECTED", `${stream.name}: the session ended`));
    } catch (error) {
      if (!signal.aborted) this.broken(asFault(error));
    } finally {
      this.cancelSilence?.();
      await stream?.close();
    }
    return beganMs === undefined ? 0 : clock.nowMs() - beganMs;
  }

  /** A session that ignores the abort loses its line, and then its say. */
  private async runSession(stream: ByteStream, signal: AbortSignal): Promise<void> {
    this.session ??= this.createSession();
    const ended = this.session.run(stream, signal);
    let abort = (): void => undefined;
    const aborted = new Promise<void>((resolve) => {
      abort = resolve;
      if (signal.aborted) resolve();
      else signal.addEventListener("abort", abort);
    });
    try {
      await Promise.race([ended, aborted]);
    } finally {
      signal.removeEventListener("abort", abort);
    }
    if (!signal.aborted) return ended;
    if (!(await this.endsWithin(ended, graceMs))) await stream.close();
  }

  private async endsWithin(work: Promise<void>, withinMs: number): Promise<boolean> {
    const timer = new AbortController();
    const inTime = work.then(
      () => true,
      () => true,
    );
    const late = this.ports.clock.sleep(withinMs, timer.signal).then(() => false);
    const ended = await Promise.race([inTime, late]);
    timer.abort();
    return ended;
  }

  private opened(): void {
    this.connections += 1;
    this.fault = null;
    const speaksByItself = classOf(this.config.driver, this.config.options) === "scale";
    if (speaksByItself) this.enter("connected", "the line is open");
    else this.enter("online", "the line is open");
    this.quietSinceMs = this.ports.clock.nowMs();
    this.watch();
  }

  private heard(): void {
    this.lastFrameMs = this.ports.clock.nowMs();
    this.quietSinceMs = this.lastFrameMs;
    if (this.state === "connected") this.enter("online", "the device sends");
    else if (this.state === "silent") {
      this.enter("online", "the device sends again");
      this.watch();
    }
  }

  /** Looks when the silence could have become too long, and again then. */
  private watch(): void {
    const { silentAfterMs } = this.config;
    this.cancelSilence?.();
    if (silentAfterMs === null) return;
    const { clock } = this.ports;
    const quietMs = clock.nowMs() - this.quietSinceMs;
    this.cancelSilence = clock.after(silentAfterMs - quietMs, () => {
      if (clock.nowMs() - this.quietSinceMs < silentAfterMs) this.watch();
      else this.enter("silent", `nothing heard for ${silentAfterMs} ms`);
    });
  }

  private broken(fault: MingchengError): void {
    const { log } = this.ports;
    const isNews = this.fault?.message !== fault.message;
    this.fault = fault;
    if (isNews) log.warn("the device cannot be heard", { code: fault.code, reason: fault.message });
    // What the outbox refuses is no fault of the device and passes.
    const isLasting = !fault.retryable && !fault.code.startsWith("OUTBOX_");
    this.enter(isLasting ? "parked" : "offline", `${fault.code}: ${fault.message}`);
  }

  private enter(state: DeviceState, reason: string): void {
    const before = this.state;
    this.reason = reason.slice(0, maxReasonChars);
    if (state === before) return;
    this.state = state;
    this.since = this.ports.clock.wall();
    if (state === "opening" || state === "connected") return;
    if (state === this.recorded) return;
    const previous = this.recorded;
    this.recorded = state;
    const { driver, insecureTransport, unidentified } = this.config;
    this.ports.log.info("device state", { state, previous, reason: this.reason });
    this.ports.record({
      status: state,
      previous,
      reason: this.reason,
      driver: driver.protocol,
      insecureTransport,
      ...(unidentified === undefined ? {} : { unidentified: { ...unidentified, mayBe: [...unidentified.mayBe] } }),
    });
  }
}
