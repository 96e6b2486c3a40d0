import { readFile } from "node:fs/promises";
import { isCode, MingchengError } from "@mingcheng/protocols";
import pino from "pino";
import { type ChannelSettings, channelPorts, openChannels } from "../channels/index.ts";
import { parseCloudConfig } from "../config/cloud-config.ts";
import { type ConfigIssue, halvesOf, type LineOf } from "../config/config-issue.ts";
import { loadRouting, requireChannels } from "../duty/routing/load-routing.ts";
import { loadRules } from "../rules/load-rules.ts";
import { inLanguage } from "./language.ts";

/** What is wrong with channels whose settings are good by themselves: files, names. */
const channelFaults = async (channels: readonly ChannelSettings[], lineOf: LineOf): Promise<readonly ConfigIssue[]> => {
  const faults: ConfigIssue[] = [];
  const names = channels.map((one) => ("name" in one ? one.name : one.type));
  for (const [index, settings] of channels.entries()) {
    const at = (...path: readonly PropertyKey[]) => {
      const whole = ["channels", index, ...path];
      return { field: whole.map(String).join("."), line: lineOf(whole) };
    };
    try {
      await openChannels([settings], channelPorts(pino({ enabled: false })));
    } catch (error) {
      if (!isCode(error, "CHANNEL_INVALID")) throw error;
      const path = (error.field ?? "").split(".").slice(1);
      faults.push({ ...at(...path), ...halvesOf(error.message) });
    }
    const name = names[index] ?? "";
    if (names.indexOf(name) < index) {
      faults.push({ ...at("name"), zh: `已有名为 ${name} 的渠道`, en: `another channel is called ${name}` });
    }
  }
  return faults;
};

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
  const faults = "issues" in read ? read.issues : await channelFaults(read.config.channels, read.lineOf);
  if ("config" in read && faults.length === 0) {
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
  for (const { field, line, zh, en } of faults) {
    const where = line === null ? path : `${path}:${line}`;
    say(`${where}: ${field === "" ? "" : `${field}: `}${inLanguage(zh, en)}`);
  }
  const count = faults.length;
  say(inLanguage(`共 ${count} 处错误。改正后重新检查。`, `${count} to correct. Then check again.`));
  return 1;
};
