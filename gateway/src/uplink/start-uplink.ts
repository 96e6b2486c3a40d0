import { setTimeout as delay } from "node:timers/promises";
import { explain, isCode, type LineOfGateway, MingchengError, topics } from "@mingcheng/protocols";
import { MachineDriver } from "./machine-driver.ts";
import { type MqttConnection, openMqttConnection } from "./mqtt-connection.ts";
import { ReconnectSchedule, reconnectLimits } from "./reconnect-schedule.ts";
import { openSecureSocket } from "./secure-socket.ts";
import { type CentreAccess, trustFaults, type Uplink, type UplinkOptions, type UplinkStats } from "./uplink.ts";

const connectWithinMs = 10_000;
const keepaliveSeconds = 20;
/** Unsettled values are small; the centre drops larger ones. */
const maxLiveBytes = 4 * 1024;
const farewellWithinMs = 2_000;
const endWithinMs = 500;
/** An operator hears of a certificate of the centre so long before it ends. */
const warnBeforeMs = 30 * 24 * 3_600_000;

/** Resolves when `task` has, or after `ms`. */
const within = async (task: Promise<unknown>, ms: number): Promise<void> => {
  const late = new AbortController();
  const timer = delay(ms, undefined, { signal: late.signal }).catch(() => undefined);
  await Promise.race([task, timer]);
  late.abort();
};

class RunningUplink implements Uplink {
  private readonly options: UplinkOptions;
  private readonly driver: MachineDriver;
  private readonly schedule: ReconnectSchedule;
  private readonly stopping = new AbortController();
  private readonly loop: Promise<void>;
  private connection: MqttConnection | null = null;
  private connections = 0;
  private liveSent = 0;
  private liveDropped = 0;
  private lastError: MingchengError | null = null;
  private isLineNew = false;
  private closing: Promise<void> | undefined;

  constructor(options: UplinkOptions) {
    this.options = options;
    this.driver = new MachineDriver(options);
    this.schedule = new ReconnectSchedule(options.reconnect ?? reconnectLimits, options.random ?? Math.random);
    this.driver.onLineChanged = () => {
      this.isLineNew = true;
      this.connection?.disconnect();
    };
    this.loop = this.run();
  }

  get line(): Uplink["line"] {
    return this.driver.line;
  }

  publishLive(device: string, payload: Readonly<Record<string, unknown>>): void {
    const bytes = Buffer.from(JSON.stringify(payload));
    const topic = topics.live(this.options.identity.gw, device);
    const isSent = bytes.length <= maxLiveBytes && this.connection?.publishLossy(topic, bytes) === true;
    if (isSent) this.liveSent++;
    else this.liveDropped++;
  }

  send(topic: string, payload: Uint8Array): boolean {
    return this.connection !== null && this.driver.send(topic, payload);
  }

  isReceipted(line: LineOfGateway, seq: number): boolean {
    return this.driver.isReceipted(line, seq);
  }

  factsChanged(): void {
    this.driver.changed();
  }

  setAlarm(code: string, detail: string): void {
    this.driver.setAlarm(code, detail);
  }

  clearAlarm(code: string): void {
    this.driver.clearAlarm(code);
  }

  stats(): UplinkStats {
    const { connected, ready, pending, inFlight } = this.driver.machineStats();
    return {
      ...this.driver.counts,
      connected,
      ready,
      pending,
      inFlight,
      lastReceiptAt: this.driver.lastReceiptAt,
      reconnects: Math.max(0, this.connections - 1),
      liveSent: this.liveSent,
      liveDropped: this.liveDropped,
      lastError: this.lastError,
    };
  }

  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  private async shutDown(): Promise<void> {
    const { connection, driver } = this;
    this.stopping.abort();
    if (connection !== null) {
      const topic = topics.state(this.options.identity.gw, driver.line.eid);
      const farewell = connection.publish(topic, driver.offlineState(), true).catch(() => undefined);
      await within(farewell, farewellWithinMs);
      connection.disconnect();
      await within(connection.ended, endWithinMs);
      connection.destroy();
    }
    await this.loop;
    driver.stop();
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      this.isLineNew = false;
      const servedMs = await this.serve();
      if (signal.aborted || this.isLineNew) continue;
      await this.options.clock.sleep(this.schedule.nextDelayMs(servedMs), signal);
    }
  }

  /** One connection from its first byte to its end; returns for how long the centre answered on it. */
  private async serve(): Promise<number> {
    const { clock, log } = this.options;
    let servedMs = 0;
    let error: MingchengError | null;
    try {
      const connection = await this.connect();
      this.connections++;
      this.connection = connection;
      this.lastError = null;
      for (const code of trustFaults) this.options.alarms?.clear(code);
      log.info({ line: this.line, connections: this.connections }, "uplink: connected");
      // The outbox opened another line on the way: this connection bears the wrong name.
      if (this.isLineNew) connection.disconnect();
      else this.driver.connected(connection);
      error = await connection.ended;
      const { readySinceMs } = this.driver;
      servedMs = readySinceMs === null ? 0 : clock.nowMs() - readySinceMs;
    } catch (cause) {
      error =
        cause instanceof MingchengError ? cause : new MingchengError("CENTRE_UNREACHABLE", String(cause), { cause });
    }
    if (this.connection !== null) {
      this.connection = null;
      this.driver.disconnected();
    }
    this.note(error);
    return servedMs;
  }

  private async connect(): Promise<MqttConnection> {
    const { identity, clock, centre, onCommand, onMedia } = this.options;
    const { gw } = identity;
    const [commandTopic, mediaTopic] = [topics.command(gw), topics.media(gw)];
    const { mqtt, credential, authorities } = await this.access();
    const { host, port } = centre ?? mqtt;
    const { signal } = this.stopping;
    const socket = await openSecureSocket({
      host,
      port,
      authorities,
      clock,
      withinMs: connectWithinMs,
      signal,
      onCertificate: (endsMs) => this.noteEnd(endsMs),
    });
    return openMqttConnection({
      socket,
      clientId: `${gw}-${this.line.eid}`,
      user: gw,
      password: credential,
      will: { topic: topics.state(gw, this.line.eid), payload: this.driver.offlineState() },
      subscribeTo: [
        topics.receipt(gw),
        ...(onCommand === undefined ? [] : [commandTopic]),
        ...(onMedia === undefined ? [] : [mediaTopic]),
      ],
      keepaliveSeconds,
      withinMs: connectWithinMs,
      signal,
      onMessage: (topic, payload) => {
        if (topic === commandTopic) onCommand?.(payload);
        else if (topic === mediaTopic) onMedia?.(payload);
        else this.driver.receive(payload);
      },
    });
  }

  private async access(): Promise<CentreAccess> {
    const { access, identity } = this.options;
    if (access !== undefined) return access();
    return { mqtt: identity.mqtt, credential: identity.credential, authorities: [identity.caPem] };
  }

  private noteEnd(endsMs: number | null): void {
    const { alarms, clock } = this.options;
    if (endsMs === null) return;
    const isSoon = endsMs - Date.parse(clock.wall()) < warnBeforeMs;
    if (isSoon) alarms?.raise("CERTIFICATE_ENDS_SOON", new Date(endsMs).toISOString());
    else alarms?.clear("CERTIFICATE_ENDS_SOON");
  }

  /** Says every new reason once: a market without a network for a week must not fill its disk with it. */
  private note(error: MingchengError | null): void {
    if (error === null || this.stopping.signal.aborted) return;
    const isKnown = this.lastError !== null && isCode(error, this.lastError.code);
    this.lastError = error;
    const trust = trustFaults.find((code) => code === error.code);
    if (trust !== undefined) {
      for (const code of trustFaults) if (code !== trust) this.options.alarms?.clear(code);
      this.options.alarms?.raise(trust, error.message);
    }
    if (isKnown) return;
    this.options.log.warn({ code: error.code, error: explain(error, "en") }, "uplink: not connected");
  }
}

/**
 * Starts the gateway's way to the centre: connects at once and for ever again, sends what the outbox holds, and lets it
 * free what the centre has receipted. Never throws, never blocks capturing; faults show in `stats` and in the log.
 */
export const startUplink = (options: UplinkOptions): Uplink => new RunningUplink(options);
