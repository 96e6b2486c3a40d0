import type { ConfigBody, LineOfGateway } from "@mingcheng/protocols";
import { type Configuration, judgeTrial, readConfiguration } from "@mingcheng/protocols/commands";
import { type CommandOutcome, done, failed, refused } from "../commanding/command-work.ts";
import type { GatewayConfig } from "../config/parse-config.ts";
import { nodeCrypto } from "../crypto/node-crypto.ts";
import type { GatewayIdentity } from "../identity/identity.ts";
import type { OutboxLog } from "../outbox/outbox.ts";
import type { DeviceStatus } from "../supervisor/device-status.ts";
import {
  type KeptConfiguration,
  type KeptDocument,
  loadKeptConfiguration,
  noConfiguration,
  saveKeptConfiguration,
} from "./configuration-file.ts";
import { configurationPath } from "./configuration-path.ts";
import { mergeSettings } from "./merge-settings.ts";
import type { LocalConfiguration, StartConfiguration } from "./start-configuration.ts";

/** What {@link ConfigurationDesk} works with. */
export interface ConfigurationDeskPorts {
  readonly identity: Pick<GatewayIdentity, "gw" | "commandKey">;
  readonly local: LocalConfiguration;
  /** What the gateway was started with. */
  readonly started: StartConfiguration;
  readonly log: OutboxLog;
  readonly clock: { nowMs(): number; sleep(ms: number, signal: AbortSignal): Promise<void> };
  /** Runs with this configuration from now on. */
  apply(config: GatewayConfig, version: number): Promise<void>;
  devices(): readonly DeviceStatus[];
  /** Appends a `config` record; resolves once it is on disk. */
  store(body: ConfigBody): Promise<{ readonly line: LineOfGateway; readonly seq: number }>;
  isReceipted(line: LineOfGateway, seq: number): boolean;
}

/** How a document ended. */
type End = Omit<NonNullable<KeptConfiguration["last"]>, "told">;

const lookEveryMs = 250;
const storeAgainMs = 1_000;
const maxReasonChars = 512;

/** Devices that are understood now. A device that speaks by itself, or is asked, must have said something. */
const readingNow = (devices: readonly DeviceStatus[], config: GatewayConfig): ReadonlySet<string> => {
  const isHeard = new Map(config.devices.map(({ id, silentAfterMs }) => [id, silentAfterMs !== null]));
  const reading = devices.filter(
    ({ id, state, quietForMs }) => state === "online" && (isHeard.get(id) === false || quietForMs !== null),
  );
  return new Set(reading.map(({ id }) => id));
};

/**
 * Configurations from afar, on trial: applied, then confirmed by the receipt of their own record with every device reading
 * that read before; else the one before comes back by itself. Survives a kill at any point: a start finds the last
 * confirmed one.
 */
export class ConfigurationDesk {
  private readonly ports: ConfigurationDeskPorts;
  private readonly path: string;
  private kept: KeptConfiguration = noConfiguration;
  /** What runs, and would run again after a roll-back. */
  private running: StartConfiguration;
  private local: LocalConfiguration;

  constructor(ports: ConfigurationDeskPorts) {
    this.ports = ports;
    this.running = ports.started;
    this.local = ports.local;
    this.path = configurationPath(ports.local.config.data);
  }

  /** Reads the file, and tells what the last process could not. */
  async open(): Promise<void> {
    this.kept = (await loadKeptConfiguration(this.path)) ?? noConfiguration;
    // A disk that takes nothing now: it is told with the next document, or at the next start.
    await this.tellLast().catch((error: unknown) => {
      this.ports.log.warn({ err: error }, "configuration: what became of the last one cannot be told now");
    });
  }

  /** The gateway's own file was changed on the spot: settings from afar go on top of it from now on. */
  ownChanged(local: LocalConfiguration): void {
    this.local = local;
    this.running = { config: local.config, version: 0 };
  }

  /** How things stand, without any content. */
  async report(): Promise<object> {
    const { highest, confirmed, trial, last } = this.kept;
    const running = this.running.version;
    return { running, highest, confirmed: confirmed?.version ?? null, trial: trial?.version ?? null, last };
  }

  /** Puts a document on trial and returns what became of it. Aborted, it leaves the trial to the next start. */
  async apply(document: string, signal: AbortSignal): Promise<CommandOutcome> {
    const { identity } = this.ports;
    const read = readConfiguration(nodeCrypto, identity.gw, identity.commandKey, document);
    if ("fault" in read) return this.refuse(0, read.sha256, read.fault);
    const { configuration, sha256 } = read;
    const { version } = configuration;
    if (version <= this.kept.highest) {
      return refused("old-version", `version ${version}; ${this.kept.highest} was seen already`);
    }
    const merged = this.merge(configuration);
    if ("fault" in merged) return this.refuse(version, sha256, merged.fault);
    return this.tryOut({ version, sha256, document }, merged.config, signal);
  }

  /** What is known of a document after a crash: nothing at all means that it was never on trial. */
  outcomeOf(document: string): CommandOutcome | "again" {
    const { identity } = this.ports;
    const { sha256 } = readConfiguration(nodeCrypto, identity.gw, identity.commandKey, document);
    const { confirmed, last } = this.kept;
    if (confirmed?.sha256 === sha256) return done(`version ${confirmed.version} confirmed`);
    if (last?.sha256 !== sha256) return "again";
    return last.outcome === "refused" ? refused("invalid", last.reason) : failed("rolled-back", last.reason);
  }

  private merge({ settings }: Configuration): ReturnType<typeof mergeSettings> {
    const { config, written } = this.local;
    return mergeSettings({ written, data: config.data }, settings);
  }

  private async refuse(version: number, sha256: string, fault: string): Promise<CommandOutcome> {
    const { highest } = this.kept;
    await this.end({ highest: Math.max(highest, version) }, { version, sha256, outcome: "refused", reason: fault });
    return refused("invalid", fault);
  }

  private async tryOut(trial: KeptDocument, config: GatewayConfig, signal: AbortSignal): Promise<CommandOutcome> {
    const { ports, running } = this;
    const { version, sha256 } = trial;
    const before = readingNow(ports.devices(), running.config);
    await this.keep({ ...this.kept, highest: version, trial });
    let place: Awaited<ReturnType<ConfigurationDeskPorts["store"]>>;
    try {
      place = await ports.store({ version, sha256, outcome: "applied", reason: "" });
    } catch (error) {
      await this.endAtLast({ trial: null }, { version, sha256, outcome: "refused", reason: String(error) }, signal);
      return failed("not-stored", String(error));
    }
    const { line, seq } = place;
    ports.log.info({ version, devices: config.devices.length }, "configuration: on trial");
    await ports.apply(config, version);
    const beganMs = ports.clock.nowMs();
    const withinMs = ports.local.config.commands.confirmSeconds * 1000;
    for (;;) {
      const now = readingNow(ports.devices(), config);
      const devices = config.devices.map(({ id }) => ({ id, wasReading: before.has(id), isReading: now.has(id) }));
      const isReceipted = ports.isReceipted(line, seq);
      const judged = judgeTrial({ withinMs, beganMs, nowMs: ports.clock.nowMs(), isReceipted, devices });
      if (signal.aborted) return failed("restarted", "the gateway stops");
      if (judged.verdict === "confirmed") return this.confirm(trial, config, signal);
      if (judged.verdict === "rolled-back") return this.rollBack(trial, judged.reason, signal);
      await ports.clock.sleep(lookEveryMs, signal);
    }
  }

  private async confirm(trial: KeptDocument, config: GatewayConfig, signal: AbortSignal): Promise<CommandOutcome> {
    const { version, sha256 } = trial;
    const change = { confirmed: trial, trial: null };
    await this.endAtLast(change, { version, sha256, outcome: "confirmed", reason: "" }, signal);
    this.running = { config, version };
    this.ports.log.info({ version }, "configuration: confirmed");
    return done(`version ${version} confirmed`);
  }

  private async rollBack(trial: KeptDocument, reason: string, signal: AbortSignal): Promise<CommandOutcome> {
    const { version, sha256 } = trial;
    const back = this.running;
    this.ports.log.error({ version, reason, back: back.version }, "configuration: goes back to the one before");
    await this.ports.apply(back.config, back.version);
    await this.endAtLast({ trial: null }, { version, sha256, outcome: "rolled-back", reason }, signal);
    return failed("rolled-back", `${reason}; version ${back.version} runs again`);
  }

  private async keep(kept: KeptConfiguration): Promise<void> {
    await saveKeptConfiguration(this.path, kept);
    this.kept = kept;
  }

  private async end(change: Partial<KeptConfiguration>, last: End): Promise<void> {
    const reason = last.reason.slice(0, maxReasonChars);
    await this.keep({ ...this.kept, ...change, last: { ...last, reason, told: false } });
    await this.tellLast();
  }

  /** What the disk does not take now is tried again: a start meanwhile finds a trial that was not confirmed. */
  private async endAtLast(change: Partial<KeptConfiguration>, last: End, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        // Kept, but not told: only that is left to do.
        if (this.kept.last?.sha256 === last.sha256 && this.kept.trial === null) return await this.tellLast();
        return await this.end(change, last);
      } catch (error) {
        this.ports.log.warn({ err: error }, "configuration: cannot be stored now");
        await this.ports.clock.sleep(storeAgainMs, signal);
      }
    }
  }

  private async tellLast(): Promise<void> {
    const { last } = this.kept;
    if (last === null || last.told) return;
    const { version, sha256, outcome, reason } = last;
    await this.ports.store({ version, sha256, outcome, reason });
    this.kept = { ...this.kept, last: { ...last, told: true } };
    await saveKeptConfiguration(this.path, this.kept).catch(() => undefined);
  }
}
