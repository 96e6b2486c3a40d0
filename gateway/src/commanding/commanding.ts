import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { Capture } from "../capture/capture.ts";
import type { GatewayConfig } from "../config/parse-config.ts";
import type { ConfigurationDesk } from "../configuration/configuration-desk.ts";
import { configurationPath } from "../configuration/configuration-path.ts";
import type { LocalConfiguration, StartConfiguration } from "../configuration/start-configuration.ts";
import type { Uplink } from "../uplink/uplink.ts";
import type { CommandDesk } from "./command-desk.ts";
import { commandsPath } from "./commands-path.ts";
import type { GatewayHands } from "./gateway-hands.ts";

/** What {@link Commanding} works with. */
export interface CommandingParts extends Omit<GatewayHands, "configuration" | "send"> {
  readonly capture: Pick<Capture, "store" | "recallOwn">;
  readonly uplink: Pick<Uplink, "send" | "isReceipted" | "factsChanged">;
  readonly local: LocalConfiguration;
  readonly started: StartConfiguration;
  /** Place reached in the sequence, as {@link reachedCseq} read it. */
  readonly reached: number;
  /** Runs with this configuration from now on. */
  apply(config: GatewayConfig): Promise<void>;
}

/** Place reached in the sequence of commands, for the first state; 0 before the first command. Never throws. */
export const reachedCseq = async (dataDirectory: string): Promise<number> => {
  try {
    const { cseq } = JSON.parse(await readFile(commandsPath(dataDirectory), "utf8")) as { cseq?: unknown };
    return Number.isSafeInteger(cseq) ? Number(cseq) : 0;
  } catch {
    return 0;
  }
};

/** Everything about commands and configurations from afar. Loads nothing before there is one. */
export class Commanding {
  private readonly parts: CommandingParts;
  private version: number;
  private desk: Promise<CommandDesk> | undefined;
  private configurations: Promise<ConfigurationDesk> | undefined;
  private opened: CommandDesk | undefined;
  private isStopped = false;
  private local: LocalConfiguration;
  private started: StartConfiguration;

  constructor(parts: CommandingParts) {
    this.parts = parts;
    this.version = parts.started.version;
    this.local = parts.local;
    this.started = parts.started;
  }

  /** What the gateway's state says. */
  facts(): { readonly cseq: number; readonly config: number } {
    return { cseq: Math.max(this.parts.reached, this.opened?.cseq ?? 0), config: this.version };
  }

  /** The gateway's own file was changed on the spot, while no configuration from afar was in force. */
  ownChanged(local: LocalConfiguration): void {
    this.local = local;
    this.started = { config: local.config, version: 0 };
    void this.configurations?.then((desk) => desk.ownChanged(local)).catch(() => undefined);
  }

  /** Takes up what an earlier process left, if it left anything. Nobody has to wait for it. */
  open(): void {
    const { data } = this.parts.config();
    const failed = (error: unknown): void => this.parts.log.error({ err: error }, "commands: cannot be taken up");
    if (existsSync(configurationPath(data))) this.configuration().catch(failed);
    if (existsSync(commandsPath(data))) this.openDesk().catch(failed);
  }

  /** A message came down on the command topic. Never throws. */
  receive(message: Uint8Array): void {
    if (this.isStopped) return;
    this.openDesk().then(
      (desk) => desk.receive(message),
      (error: unknown) => this.parts.log.error({ err: error }, "commands: cannot be taken"),
    );
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await (await this.desk?.catch(() => undefined))?.stop();
  }

  private openDesk(): Promise<CommandDesk> {
    this.desk ??= this.loadDesk();
    return this.desk;
  }

  private async loadDesk(): Promise<CommandDesk> {
    const { openCommandDesk } = await import("./open-desk.ts");
    const { uplink, capture } = this.parts;
    const hands: GatewayHands = {
      ...this.parts,
      send: (topic, payload) => uplink.send(topic, payload),
      configuration: () => this.configuration(),
    };
    const desk = openCommandDesk(hands, capture, () => uplink.factsChanged());
    this.opened = desk;
    uplink.factsChanged();
    return desk;
  }

  private configuration(): Promise<ConfigurationDesk> {
    this.configurations ??= this.loadConfiguration();
    return this.configurations;
  }

  private async loadConfiguration(): Promise<ConfigurationDesk> {
    const { ConfigurationDesk } = await import("../configuration/configuration-desk.ts");
    const { identity, log, clock, supervisor, capture, uplink } = this.parts;
    const { local, started } = this;
    const desk = new ConfigurationDesk({
      ...{ identity, local, started, log, clock },
      apply: async (config, version) => {
        await this.parts.apply(config);
        this.version = version;
        uplink.factsChanged();
      },
      devices: () => supervisor.status(),
      store: (body) => capture.store("config", body),
      isReceipted: (line, seq) => uplink.isReceipted(line, seq),
    });
    await desk.open();
    return desk;
  }
}
