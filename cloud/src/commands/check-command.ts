import { readFile } from "node:fs/promises";
import { MingchengError } from "@mingcheng/protocols";
import pino from "pino";
import { channelPorts, openChannels } from "../channels/index.ts";
import { parseCloudConfig } from "../config/cloud-config.ts";
import { loadRouting, requireChannels } from "../duty/routing/load-routing.ts";
import { loadRules } from "../rules/load-rules.ts";
import { inLanguage } from "./language.ts";

/**
 * Reads a configuration and says everything that is wrong with it, one line each. Returns the exit code: 0 or 1.
 * @throws {MingchengError} CONFIG_INVALID when the file cannot be read; RULE_INVALID, ROUTING_INVALID, CHANNEL_INVALID for what it names
 */
export const checkCommand = async (path: string, say: (text: string) => void): Promise<number> => {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MingchengError("CONFIG_INVALID", reason, { field: "--config", cause });
  }
  const read = parseCloudConfig(text);
  if ("config" in read) {
    const { publicHost, mqtts, https, rules, routing, channels } = read.config;
    await loadRules(rules);
    const opened = await openChannels(channels, channelPorts(pino({ enabled: false })));
    requireChannels(await loadRouting(routing), opened);
    say(
      inLanguage(
        `配置正确。网关接入 ${publicHost}:${mqtts.port}，界面 https://${publicHost}:${https.port}`,
        `The configuration is good. Gateways: ${publicHost}:${mqtts.port}, screens: https://${publicHost}:${https.port}`,
      ),
    );
    return 0;
  }
  for (const { field, line, message } of read.issues) {
    const where = line === null ? path : `${path}:${line}`;
    say(`${where}: ${field === "" ? "" : `${field}: `}${message}`);
  }
  return 1;
};
