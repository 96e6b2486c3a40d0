import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { type ChannelSettings, channelSettings } from "../src/channels/index.ts";

// The build: the providers are another program, met over HTTP only.
const entry = fileURLToPath(new URL("../../device-sims/dist/src/main.js", import.meta.url));

/** A message as the simulated provider accepted it: what the telephone shows. */
export interface AcceptedMessage {
  readonly provider: string;
  readonly id: string;
  readonly phone: string;
  readonly text: string;
  readonly reference: string;
  readonly answered: boolean;
}

/** Aliyun SMS, Tencent SMS and a WeCom robot as a process of their own, and what a test can tell them. */
export class SimulatedProviders {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly #dir: string;
  readonly url: string;

  private constructor(child: ChildProcess, exited: Promise<unknown>, { dir, url }: { dir: string; url: string }) {
    this.#child = child;
    this.#exited = exited;
    this.#dir = dir;
    this.url = url;
  }

  /** Starts them with their keys in `dir`. */
  static async start(dir: string): Promise<SimulatedProviders> {
    const args = [entry, "providers", "--dir", dir, "--receipt-delay-ms", "0", "--oracle", join(dir, "accepted.jsonl")];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    const exited = new Promise((resolve) => child.once("exit", resolve));
    const lines = createInterface({ input: child.stdout });
    const first = await Promise.race([lines[Symbol.asyncIterator]().next(), exited]);
    const ready = (first as { readonly value?: string } | null)?.value;
    if (ready === undefined) throw new Error("the simulated providers did not start; was everything built?");
    return new SimulatedProviders(child, exited, { dir, url: (JSON.parse(ready) as { url: string }).url });
  }

  /** Settings of a channel as the simulator wrote them down for the centre, with changes. */
  settings(type: ChannelSettings["type"], changes: Readonly<Record<string, unknown>> = {}): ChannelSettings {
    const { channels } = parse(readFileSync(join(this.#dir, "channels.yaml"), "utf8")) as {
      channels: { readonly type: string }[];
    };
    return channelSettings.parse({ ...channels.find((one) => one.type === type), ...changes });
  }

  async #control(method: string, path: string, content?: unknown): Promise<unknown> {
    const token = readFileSync(join(this.#dir, "control-token"), "utf8").trim();
    const body = content === undefined ? {} : { body: JSON.stringify(content) };
    const answer = await fetch(`${this.url}/control/${path}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...body,
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  /** Everything that was accepted, in order. */
  async messages(): Promise<readonly AcceptedMessage[]> {
    return ((await this.#control("GET", "messages")) as { messages: AcceptedMessage[] }).messages;
  }

  /** How often each provider answered with each code. */
  async answers(): Promise<Readonly<Record<string, number>>> {
    return ((await this.#control("GET", "answers")) as { answers: Record<string, number> }).answers;
  }

  async behave(behaviour: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#control("PUT", "behaviour", behaviour);
  }

  async limit(limits: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#control("PUT", "limits", limits);
  }

  /** Sets their clock forward. */
  async advance(advanceMs: number): Promise<void> {
    await this.#control("POST", "clock", { advanceMs });
  }

  /** Somebody answers by text message. */
  async reply(phone: string, text: string): Promise<void> {
    await this.#control("POST", "replies", { phone, text });
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#exited;
  }
}
