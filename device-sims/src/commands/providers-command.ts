import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { MingchengError } from "@mingcheng/protocols";
import { accountKeys, writeChannels } from "../messaging/account-files.ts";
import { startHttpProviders } from "../messaging/http-providers.ts";
import { type Behaviour, normalBehaviour, ProviderState } from "../messaging/provider-state.ts";
import { isAnswer } from "../messaging/told-code.ts";
import type { WriteLine } from "./run-command.ts";

/** How the providers are run. */
export interface ProvidersOptions {
  /** Directory for keys and `channels.yaml`. */
  readonly dir: string;
  readonly port: number;
  /** File to which accepted messages are appended; left out: standard output. */
  readonly oracle?: string | undefined;
  readonly seconds?: number | undefined;
  readonly behaviour: Partial<Behaviour>;
}

/**
 * Plays Aliyun SMS, Tencent SMS and a WeCom robot until `signal` aborts or the time is up. First writes one line of JSON:
 * `{"event":"ready","url":…,"control":…,"tokenFile":…,"channels":…}`; then one for each accepted message.
 * @throws {MingchengError} INPUT_INVALID when there is no such answer; SIM_LINE_FAILED when the port is taken
 */
export const providersCommand = async (
  options: ProvidersOptions,
  writeLine: WriteLine,
  signal: AbortSignal,
): Promise<void> => {
  const { dir, oracle, seconds } = options;
  const { answer = normalBehaviour.answer } = options.behaviour;
  if (!isAnswer(answer)) throw new MingchengError("INPUT_INVALID", `${answer} is no answer`, { field: "--answer" });
  const write = oracle === undefined ? writeLine : (line: string): void => appendFileSync(oracle, `${line}\n`);
  const state = new ProviderState(
    () => Date.now(),
    (message) => write(JSON.stringify({ event: "accepted", ...message })),
  );
  state.behaviour = { ...normalBehaviour, ...options.behaviour };
  const providers = await startHttpProviders(state, accountKeys(dir), options.port);
  const channels = writeChannels(dir, providers.url);
  const ready = { url: providers.url, control: `${providers.url}/control/`, tokenFile: join(dir, "control-token") };
  writeLine(JSON.stringify({ event: "ready", ...ready, channels }));
  const ending = seconds === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(seconds * 1000)]);
  await new Promise<void>((resolve) => {
    if (ending.aborted) resolve();
    ending.addEventListener("abort", () => resolve(), { once: true });
  });
  await providers.stop();
};
