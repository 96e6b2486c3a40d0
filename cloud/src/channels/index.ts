import { MingchengError } from "@mingcheng/protocols";
import type { Logger } from "pino";
import { z } from "zod";
import { aliyunSmsChannel } from "./aliyun-sms/aliyun-sms.ts";
import type { Channel, ChannelDefinition, ChannelPorts } from "./channel.ts";
import { consoleChannel } from "./console/console.ts";
import { modemSettings } from "./gsm-modem/gsm-modem-settings.ts";
import { smppSettings } from "./smpp/smpp-settings.ts";
import { tencentSmsChannel } from "./tencent-sms/tencent-sms.ts";
import { webhookChannel } from "./webhook/webhook.ts";
import { wecomChannel } from "./wecom/wecom.ts";

/** A kind of channel that few have and that is large: loaded by whoever opens one. */
const onceOpened = <Type extends string, Settings extends z.ZodType<{ readonly type: Type }>>(
  type: Type,
  settings: Settings,
  load: () => Promise<{ open(own: z.output<Settings>, ports: ChannelPorts): Promise<Channel> }>,
) => ({
  type,
  settings,
  open: async (own: z.output<Settings>, ports: ChannelPorts) => (await load()).open(own, ports),
});

/** Every kind of channel: a folder, and a line here. */
const definitions = [
  consoleChannel,
  webhookChannel,
  aliyunSmsChannel,
  tencentSmsChannel,
  wecomChannel,
  onceOpened("smpp", smppSettings, async () => (await import("./smpp/smpp.ts")).smppChannel),
  onceOpened("gsm-modem", modemSettings, async () => (await import("./gsm-modem/gsm-modem.ts")).gsmModemChannel),
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
    throw new MingchengError("CHANNEL_INVALID", `有两个渠道都叫 ${twice} / two channels are called ${twice}`, {
      field: "channels",
    });
  }
  return channels;
};
