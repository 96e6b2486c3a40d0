import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { until } from "../../device-sims/src/harness/until.ts";
import { type ChannelSettings, channelSettings } from "../src/channels/index.ts";

// The build: a simulator is another program, met over its line and its control API only.
const entry = fileURLToPath(new URL("../../device-sims/dist/src/main.js", import.meta.url));

interface Ready {
  readonly control: string;
  readonly tokenFile: string;
  readonly channels: string;
}

/** A simulated SMS centre or modem as a process of its own, and what a test can tell it. */
export class SimulatorProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly #ready: Ready;

  private constructor(child: ChildProcess, exited: Promise<unknown>, ready: Ready) {
    this.#child = child;
    this.#exited = exited;
    this.#ready = ready;
  }

  /** Starts `mingcheng-sims <command>`. */
  static async start(...args: readonly string[]): Promise<SimulatorProcess> {
    const child = spawn(process.execPath, [entry, ...args], { stdio: ["ignore", "pipe", "inherit"] });
    const exited = new Promise((resolve) => child.once("exit", resolve));
    const lines = createInterface({ input: child.stdout });
    const first = await Promise.race([lines[Symbol.asyncIterator]().next(), exited]);
    const ready = (first as { readonly value?: string } | null)?.value;
    if (ready === undefined) throw new Error(`${args[0]} did not start; was everything built?`);
    return new SimulatorProcess(child, exited, JSON.parse(ready) as Ready);
  }

  /** Settings of the channel as the simulator wrote them down for the centre, with changes. */
  settings(changes: Readonly<Record<string, unknown>> = {}): ChannelSettings {
    const { channels } = parse(readFileSync(this.#ready.channels, "utf8")) as { channels: readonly object[] };
    return channelSettings.parse({ ...channels[0], ...changes });
  }

  async #control(method: string, path: string, content?: unknown): Promise<unknown> {
    const token = readFileSync(this.#ready.tokenFile, "utf8").trim();
    const body = content === undefined ? {} : { body: JSON.stringify(content) };
    const headers = { authorization: `Bearer ${token}`, connection: "close" };
    const answer = await fetch(`${this.#ready.control}${path}`, { method, headers, ...body });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  /** Asks it something. */
  get<Content>(path: string): Promise<Content> {
    return this.#control("GET", path) as Promise<Content>;
  }

  /** Waits for what it does: another process gives no event to wait on. @throws {WaitingTooLongError} saying what was seen */
  async eventually<Content>(holds: (now: Content) => boolean, path = "state"): Promise<Content> {
    let seen: Content | undefined;
    return await until(
      async () => {
        seen = await this.get<Content>(path);
        return holds(seen) ? { seen } : undefined;
      },
      { what: `the simulator's ${path}`, withinMs: 30_000, everyMs: 10, detail: () => JSON.stringify(seen) },
    ).then((found) => found.seen);
  }

  /** Makes something happen. */
  async post(path: string, content: Readonly<Record<string, unknown>> = {}): Promise<void> {
    await this.#control("POST", path, content);
  }

  /** How it behaves from now on; what is left out is normal. */
  async behave(behaviour: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#control("PUT", "behaviour", behaviour);
  }

  /** SIGKILL: gone in the middle of whatever it did. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited;
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#exited;
  }
}
