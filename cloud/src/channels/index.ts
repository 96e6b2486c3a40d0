import { MingchengError } from "@mingcheng/protocols";
import type { Logger } from "pino";
import { z } from "zod";
import { aliyunSmsChannel } from "./aliyun-sms/aliyun-sms.ts";
import type { Channel, ChannelDefinition, ChannelPorts } from "./channel.ts";
import { consoleChannel } from "./console/console.ts";
import { gsmModemChannel } from "./gsm-modem/gsm-modem.ts";
import { smppChannel } from "./smpp/smpp.ts";
import { tencentSmsChannel } from "./tencent-sms/tencent-sms.ts";
import { webhookChannel } from "./webhook/webhook.ts";
import { wecomChannel } from "./wecom/wecom.ts";

/** Every kind of channel: a folder, and a line here. */
const definitions = [
  consoleChannel,
  webhookChannel,
  aliyunSmsChannel,
  tencentSmsChannel,
  wecomChannel,
  smppChannel,
  gsmModemChannel,
] as const;

type SettingsOf<List extends readonly { readonly settings: z.core.$ZodTypeDiscriminable }[]> = {
  -readonly [Index in keyof List]: List[Index]["settings"];
};

/** Settings of one channel, as they stand in the configuration. */
export const channelSettings = z.discriminatedUnion(
  "type",
  definitions.map(({ settings }) => settings) as unknown as SettingsOf<typeof definitions>,
);

export type ChannelSettings = z.output<typeof channelSettings>;

const open = (settings: ChannelSettings, ports: ChannelPorts): Promise<Channel> => {
  const definition = definitions.find(({ type }) => type === settings.type);
  if (definition === undefined) throw new MingchengError("CHANNEL_INVALID", settings.type, { field: "channels.type" });
  // Found by its own type, so these settings are its own.
  return (definition as unknown as ChannelDefinition<ChannelSettings>).open(settings, ports);
};

/** What channels need of a real process. */
export const channelPorts = (log: Logger): ChannelPorts => ({
  log,
  nowMs: () => Date.now(),
  random: () => Math.random(),
  later: (task, afterMs) => {
    // A question that waits for its time keeps no thread from ending.
    const timer = setTimeout(task, afterMs).unref();
    return () => clearTimeout(timer);
  },
});

/**
 * Opens the configured channels.
 * @throws {MingchengError} CHANNEL_INVALID naming the field; also when two channels have one name
 */
export const openChannels = async (
  settings: readonly ChannelSettings[],
  ports: ChannelPorts,
): Promise<readonly Channel[]> => {
  const channels = await Promise.all(settings.map((one) => open(one, ports)));
  const names = channels.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new MingchengError("CHANNEL_INVALID", `two channels are called ${twice}`, { field: "channels" });
  }
  return channels;
};
