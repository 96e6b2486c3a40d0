import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { MingchengError } from "@mingcheng/protocols";
import type { ConfigIssue, Language } from "./config-issue.ts";
import { parseGatewayConfig, type ReadConfig } from "./parse-config.ts";

/** Reads a configuration file and nothing else. @throws {MingchengError} CONFIG_INVALID when the file cannot be read */
export const readGatewayConfig = async (path: string): Promise<ReadConfig> => {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MingchengError("CONFIG_INVALID", reason, { field: "--config", cause });
  }
  const read = parseGatewayConfig(text);
  if ("issues" in read) return read;
  return { written: read.written, config: { ...read.config, data: resolve(read.config.data) } };
};

/** One issue as a line for people: `gateway.yaml:12: devices[2].options.unit: …`. */
export const issueText = (path: string, issue: ConfigIssue, language: Language): string => {
  const place = issue.line === null ? path : `${path}:${issue.line}`;
  const field = issue.field === "" ? "" : ` ${issue.field}:`;
  return `${place}:${field} ${issue[language]}`;
};
