import { readFile, stat } from "node:fs/promises";
import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { type DeviceBody, MingchengError } from "@mingcheng/protocols";
import type { Capture } from "../capture/capture.ts";
import { type IntakeConfig, type IntakeListener, isPlain } from "../config/intake-config.ts";
import type { GatewayLog } from "../log.ts";
import type { Outbox } from "../outbox/outbox.ts";
import type { DeviceStatus } from "../supervisor/device-status.ts";
import { AddressBook } from "./address-book.ts";
import { credentialPath, intakeDirectory } from "./credential-file.ts";
import { DeviceWatch } from "./device-watch.ts";
import { Door } from "./door.ts";
import type { Front, FrontAddress, FrontParts, TlsTexts } from "./front.ts";
import { type IntakeStatus, statusOfIntake } from "./intake-status.ts";
import { LoginGuard, loginLimits } from "./login-guard.ts";
import { MessageDesk } from "./message-desk.ts";
import { Pace } from "./pace.ts";
import { recentMessages } from "./recent-messages.ts";
import { RefusalLog } from "./refusal-log.ts";
import { SeenMessages } from "./seen-messages.ts";

/** Time as the intake needs it. */
export interface IntakeClock {
  nowMs(): number;
  wall(): string;
  after(delayMs: number, task: () => void): () => void;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** What {@link openIntake} needs. */
export interface IntakeOptions {
  readonly config: IntakeConfig;
  readonly dataDirectory: string;
  readonly capture: Pick<Capture, "capture" | "refuse" | "record">;
  readonly outbox: Pick<Outbox, "inventory" | "read">;
  readonly clock: IntakeClock;
  readonly log: GatewayLog;
}

/** The running intake. */
export interface Intake {
  /** Where devices connect now; a listener that could not come up yet is missing. */
  addresses(): readonly FrontAddress[];
  devices(): readonly DeviceStatus[];
  status(): IntakeStatus;
  close(): Promise<void>;
}

const lookEveryMs = 2_000;
const syncEveryMs = 30_000;
const listenAgainMs = 5_000;

/** The address behind the name of an interface: its first IPv4 address, or its first one. */
const addressOfHost = (host: string): string => {
  if (isIP(host) !== 0 || host === "localhost") return host;
  const found = networkInterfaces()[host] ?? [];
  const address = found.find(({ family }) => family === "IPv4") ?? found[0];
  if (address !== undefined) return address.address;
  throw new MingchengError("LISTEN_FAILED", `${host}: there is no such interface, or it has no address`, {
    field: "intake",
  });
};

const readTls = async ({ tls }: IntakeConfig): Promise<TlsTexts> => {
  if (tls === undefined) throw new MingchengError("CONFIG_INVALID", "no certificate", { field: "intake.tls" });
  const { mode } = await stat(tls.keyFile).catch((cause: unknown) => {
    throw new MingchengError("KEY_INVALID", String(cause), { field: "intake.tls.keyFile", cause });
  });
  if ((mode & 0o077) !== 0) {
    throw new MingchengError("KEY_INVALID", `${tls.keyFile} is readable by others`, { field: "intake.tls.keyFile" });
  }
  const [cert, key] = await Promise.all([readFile(tls.certFile, "utf8"), readFile(tls.keyFile, "utf8")]);
  return { cert, key };
};

const openFront = async (listener: IntakeListener, config: IntakeConfig, parts: FrontParts): Promise<Front> => {
  const tls = isPlain(listener) ? undefined : await readTls(config);
  const host = addressOfHost(listener.host);
  // Only what is configured is loaded: the broker library costs memory.
  if (listener.protocol.startsWith("mqtt")) {
    const { openMqttFront } = await import("./mqtt-front.ts");
    return openMqttFront(listener, host, tls, parts);
  }
  const { openHttpFront } = await import("./http-front.ts");
  return openHttpFront(listener, host, tls, parts);
};

/** One configured listener: opened, and opened again while that fails. */
class Listening {
  front: Front | undefined;
  fault: MingchengError | null = null;
  readonly listener: IntakeListener;
  private readonly open: () => Promise<Front>;

  constructor(listener: IntakeListener, open: () => Promise<Front>) {
    this.listener = listener;
    this.open = open;
  }

  async attempt(): Promise<void> {
    try {
      this.front = await this.open();
      this.fault = null;
    } catch (error) {
      const field = "intake";
      this.fault =
        error instanceof MingchengError
          ? error
          : new MingchengError("LISTEN_FAILED", String(error), { field, cause: error });
    }
  }
}

class RunningIntake implements Intake {
  private readonly options: IntakeOptions;
  private readonly watches: ReadonlyMap<string, DeviceWatch>;
  private readonly seen: SeenMessages;
  private readonly guard: LoginGuard;
  private readonly door: Door;
  private readonly desk: MessageDesk;
  private readonly parts: FrontParts;
  private readonly listening: readonly Listening[];
  private readonly stopping = new AbortController();
  private readonly loops: Promise<void>[] = [];

  constructor(options: IntakeOptions) {
    const { config, dataDirectory, capture, clock, log } = options;
    this.options = options;
    const record = (device: string, body: DeviceBody): void => capture.record("device", body, device);
    this.watches = new Map(config.devices.map((device) => [device.id, new DeviceWatch(device, { clock, record })]));
    const nowMs = (): number => clock.nowMs();
    const refusals = new RefusalLog(log, nowMs);
    this.seen = new SeenMessages(join(intakeDirectory(dataDirectory), "seen"), (error) =>
      refusals.write(
        "seen",
        { error: String(error) },
        "intake: what was seen cannot be noted; the outbox remembers it",
      ),
    );
    this.guard = new LoginGuard(loginLimits, nowMs);
    this.door = new Door({
      devices: config.devices,
      credentialPath: credentialPath(dataDirectory),
      guard: this.guard,
      refusals,
    });
    this.desk = new MessageDesk({
      seen: this.seen,
      wall: () => clock.wall(),
      capture: (device, draft) => capture.capture(device, draft),
      refuse: (device, kind, detail, raw) => capture.refuse(device, kind, detail, raw),
      log,
    });
    this.parts = {
      door: this.door,
      desk: this.desk,
      pace: new Pace(nowMs),
      addresses: new AddressBook(),
      refusals,
      counts: { connections: 0, refusedConnections: 0, refusedTopics: 0, cutStreams: 0 },
      watchOf: (device) => this.watchOf(device),
      clock,
      log,
    };
    this.listening = config.listeners.map(
      (listener) => new Listening(listener, () => openFront(listener, config, this.parts)),
    );
  }

  /** Learns what is on disk already, then lets devices in; while that cannot be read it is tried again. */
  async start(): Promise<void> {
    const { log } = this.options;
    await this.door.refresh().catch((error: unknown) => log.error({ err: error }, "intake: nobody can sign in"));
    if (await this.learned()) await this.letIn();
    else {
      let isOpen = false;
      const again = async (): Promise<void> => {
        if (isOpen || !(await this.learned())) return;
        isOpen = true;
        await this.letIn();
      };
      this.loops.push(this.every(listenAgainMs, again));
    }
  }

  /** True once everything that is a record already is known: before that, a repeated message could be taken for a new one. */
  private async learned(): Promise<boolean> {
    const { log, outbox } = this.options;
    try {
      for await (const { device, ref } of recentMessages(outbox)) {
        if (this.watches.has(device)) await this.seen.add(device, ref);
      }
      return true;
    } catch (error) {
      log.error({ err: error }, "intake: what was captured cannot be read, tried again every 5 s");
      return false;
    }
  }

  private async letIn(): Promise<void> {
    const { log } = this.options;
    await Promise.all(this.listening.map((listening) => this.listen(listening)));
    this.loops.push(
      this.every(lookEveryMs, () => this.look()),
      this.every(syncEveryMs, () => this.seen.sync()),
    );
    for (const { address } of this.fronts()) log.info({ ...address, devices: this.watches.size }, "intake: listens");
  }

  addresses(): readonly FrontAddress[] {
    return this.fronts().map(({ address }) => address);
  }

  devices(): readonly DeviceStatus[] {
    return Array.from(this.watches.values(), (watch) => watch.status());
  }

  status(): IntakeStatus {
    return statusOfIntake({
      listeners: this.listening.map(({ listener, front, fault }) => ({ listener, front, fault })),
      counts: { ...this.parts.counts, ...this.desk.counts },
      refusedLogins: this.door.refused,
      lockedAddresses: this.guard.locked(),
      withoutSecret: this.door.withoutSecret(),
    });
  }

  async close(): Promise<void> {
    this.stopping.abort();
    for (const watch of this.watches.values()) watch.stop();
    await Promise.all(this.loops);
    await Promise.all(this.fronts().map((front) => front.close()));
    await this.seen.close();
  }

  private fronts(): Front[] {
    return this.listening.flatMap(({ front }) => (front === undefined ? [] : [front]));
  }

  private watchOf(device: string): DeviceWatch {
    const watch = this.watches.get(device);
    if (watch === undefined) throw new MingchengError("INTAKE_DEVICE_UNKNOWN", device);
    return watch;
  }

  /** A port that is taken, or an interface without an address yet, must not keep the scales on wires from being heard. */
  private async listen(listening: Listening): Promise<void> {
    await listening.attempt();
    if (listening.fault === null) return;
    this.options.log.error({ err: listening.fault }, "intake: cannot listen, tried again every 5 s");
    this.loops.push(
      this.every(listenAgainMs, async () => {
        if (listening.front === undefined) await listening.attempt();
      }),
    );
  }

  private async look(): Promise<void> {
    if (await this.door.refresh()) for (const front of this.fronts()) front.recheck();
  }

  private async every(delayMs: number, task: () => Promise<void>): Promise<void> {
    const { clock, log } = this.options;
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await clock.sleep(delayMs, signal);
      if (!signal.aborted) await task().catch((error: unknown) => log.error({ err: error }, "intake"));
    }
  }
}

/**
 * Opens the LAN intake: nothing of it is loaded where it is not configured. A listener that cannot come up is tried again;
 * the gateway captures meanwhile.
 */
export const openIntake = async (options: IntakeOptions): Promise<Intake> => {
  const intake = new RunningIntake(options);
  await intake.start();
  return intake;
};
