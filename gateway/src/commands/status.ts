import { readFile } from "node:fs/promises";
import { errorCatalogue, MingchengError } from "@mingcheng/protocols";
import { z } from "zod";
import type { Language } from "../config/config-issue.ts";
import { issueText, readGatewayConfig } from "../config/load-config.ts";
import { parseGatewayConfig } from "../config/parse-config.ts";
import { type GatewayStatus, statusSchema } from "../health/status-schema.ts";
import type { WriteLine } from "./check.ts";
import { runningFile } from "./run.ts";
import { statusLines } from "./status-text.ts";

/** Options of `mingcheng-gateway status`. */
export interface StatusOptions {
  /** Configuration of the running gateway; left out: all defaults. */
  readonly config?: string | undefined;
  /** The answer as JSON. */
  readonly json?: boolean | undefined;
}

const answerWithinMs = 5_000;
const runningSchema = z.object({ health: z.object({ host: z.string(), port: z.int() }) });

const notRunning = (where: string, cause: unknown): MingchengError =>
  new MingchengError("GATEWAY_NOT_RUNNING", where, { cause });

const authorityOf = ({ host, port }: { readonly host: string; readonly port: number }): string =>
  host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;

const addressOf = async (configPath: string | undefined): Promise<string> => {
  const read = configPath === undefined ? parseGatewayConfig("") : await readGatewayConfig(configPath);
  if ("issues" in read) {
    const [first] = read.issues;
    const message = first === undefined ? "" : issueText(configPath ?? "", first, "en");
    throw new MingchengError("CONFIG_INVALID", message, { field: first?.field ?? "" });
  }
  const { health, data } = read.config;
  if (health.port !== 0) return authorityOf(health);
  // Any free port: the gateway has noted which.
  const path = runningFile(data);
  try {
    const { health: found } = runningSchema.parse(JSON.parse(await readFile(path, "utf8")));
    return authorityOf(found);
  } catch (cause) {
    throw notRunning(path, cause);
  }
};

/**
 * Asks the running gateway how it is.
 * @throws {MingchengError} GATEWAY_NOT_RUNNING, CONFIG_INVALID
 */
const askStatus = async (address: string): Promise<GatewayStatus> => {
  let answer: unknown;
  try {
    const response = await fetch(`http://${address}/status`, { signal: AbortSignal.timeout(answerWithinMs) });
    answer = await response.json();
  } catch (cause) {
    throw notRunning(address, cause);
  }
  const read = statusSchema.safeParse(answer);
  if (read.success) return read.data;
  throw new MingchengError("GATEWAY_NOT_RUNNING", `${address}: ${errorCatalogue.NOT_FOUND.en}`);
};

/**
 * Prints how the running gateway is and what to do next. Returns the exit code: 0 all is well, 1 something wants to be
 * looked at.
 * @throws {MingchengError} GATEWAY_NOT_RUNNING, CONFIG_INVALID
 */
export const runStatus = async (options: StatusOptions, language: Language, writeLine: WriteLine): Promise<number> => {
  const status = await askStatus(await addressOf(options.config));
  if (options.json === true) writeLine(JSON.stringify(status, null, 2));
  else for (const line of statusLines(status, language)) writeLine(line);
  return status.state === "ok" || status.state === "starting" ? 0 : 1;
};
