import { randomBytes } from "node:crypto";
import { MingchengError } from "@mingcheng/protocols";
import pino from "pino";
import type { Channel, Delivery, DeliveryReceipt, Outgoing } from "../channels/channel.ts";
import { type ChannelSettings, channelPorts, openChannels } from "../channels/index.ts";
import { shortMessage } from "../channels/message.ts";
import type { NotificationBody } from "../channels/notification.ts";
import { loadCloudConfig } from "../config/cloud-config.ts";
import { inLanguage } from "./language.ts";

/** Options of `channel test`. */
export interface TryChannelOptions {
  readonly config: string;
  readonly phone?: string;
  readonly wait: string;
}

/** A message that nobody can take for an alert. */
const testMessage = (from: string, phone: string | undefined): Outgoing => {
  const id = randomBytes(16).toString("hex");
  const at = new Date().toISOString();
  const body: NotificationBody = {
    ...{ v: 1, id, status: "resolved", reason: "condition-ended", at },
    alert: {
      ...{ id: "test", rule: "test", severity: "notice", state: "resolved", gw: from, dev: "", lsn: 0, labels: {} },
      title: { zh: "测试消息，无需处置", en: "Test message, nothing to do" },
      next: { zh: "无需处置", en: "Nothing to do" },
      ...{ owner: "", runbook: "", late: false, startedAt: at, firedAt: null, endedAt: at },
    },
  };
  const message = shortMessage("reply", { code: "0000", outcome: "测试消息，无需处置" });
  const recipient = phone === undefined ? null : { officer: "test", phone };
  return { body, json: JSON.stringify(body), message, recipient, attempt: 1, mayHaveIt: false };
};

/** Opens one channel. Replies are left to the centre: fetched here, they would be lost to it. */
const openOne = async (settings: readonly ChannelSettings[], name: string): Promise<Channel> => {
  const found = settings.find((one) => ("name" in one ? one.name : one.type) === name);
  if (found === undefined) {
    const names = settings.map((one) => ("name" in one ? one.name : one.type)).join(", ");
    throw new MingchengError(
      "CHANNEL_INVALID",
      `没有名为 ${name} 的渠道；现有：${names} / no channel is called ${name}; there are: ${names}`,
      {
        field: "channels",
      },
    );
  }
  const quiet = found.type === "tencent-sms" ? { ...found, replies: false } : found;
  const [channel] = await openChannels([quiet], channelPorts(pino({ enabled: false })));
  if (channel === undefined) throw new MingchengError("CHANNEL_INVALID", name, { field: "channels" });
  return channel;
};

/** Channels say `CODE：中文 / English`; here is the terminal's half. */
const inTerminal = (outcome: string): string => {
  const [, code, zh = "", en = ""] = /^(.*?)：(.*?) \/ (.*)$/su.exec(outcome) ?? [];
  return code === undefined ? outcome : inLanguage(`${code}：${zh}`, `${code}: ${en}`);
};

const sayDelivery = (delivery: Delivery, say: (text: string) => void): void => {
  const { type } = delivery;
  const outcome = inTerminal(delivery.outcome);
  if (type === "sent") say(inLanguage(`已提交：${outcome}`, `Handed over: ${outcome}`));
  else if (type === "refused") say(inLanguage(`被拒绝：${outcome}`, `Refused: ${outcome}`));
  else if (delivery.lost)
    say(inLanguage(`未确认，可能已发出：${outcome}`, `Not confirmed, it may have gone out: ${outcome}`));
  else say(inLanguage(`未发出：${outcome}`, `Not sent: ${outcome}`));
};

/** Waits for the receipt of the one message that is sent; everything else that comes in is left to the centre. */
class OwnReceipt {
  #expected: string | undefined;
  #found: (receipt: DeliveryReceipt) => void = () => undefined;

  /** Begin before the message is sent: networks may be faster with the receipt than with their answer. */
  constructor(channel: Channel) {
    channel.listen?.({
      onReceipt: (receipt) => {
        // It stays where it is, or is sent again, and is there for the centre.
        if (receipt.receiptId !== this.#expected) throw new MingchengError("INPUT_INVALID", "left to the centre");
        this.#found(receipt);
      },
      onReply: () => {
        throw new MingchengError("INPUT_INVALID", "left to the centre");
      },
    });
  }

  /** Call as soon as the id is known. Resolves with the receipt, or undefined when none came in time. */
  within(receiptId: string, seconds: number): Promise<DeliveryReceipt | undefined> {
    this.#expected = receiptId;
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(undefined), seconds * 1_000);
      this.#found = (receipt) => {
        clearTimeout(timer);
        resolve(receipt);
      };
    });
  }
}

/**
 * Sends one real message through a configured channel and says what became of it; where receipts can be asked for, waits
 * for this one. Returns the exit code: 0 when it was handed over and nothing says that it was not delivered.
 * @throws {MingchengError} CONFIG_INVALID, CHANNEL_INVALID; INPUT_INVALID when a person's number is missing
 */
export const tryChannel = async (
  name: string,
  { config, phone, wait }: TryChannelOptions,
  say: (text: string) => void,
): Promise<0 | 1> => {
  const seconds = Number(wait);
  if (!/^\d{1,4}$/u.test(wait)) {
    const message = inLanguage("应为 0 至 9999 的整数", "a whole number from 0 to 9999 is expected");
    throw new MingchengError("INPUT_INVALID", message, { field: "--wait" });
  }
  const { channels, publicHost } = await loadCloudConfig(config);
  const channel = await openOne(channels, name);
  try {
    if (channel.reach === "person" && phone === undefined) {
      const message = inLanguage(
        "该渠道发给个人，请用 --phone 给出号码",
        "this channel reaches a person: give --phone",
      );
      throw new MingchengError("INPUT_INVALID", message, { field: "--phone" });
    }
    const own = new OwnReceipt(channel);
    const delivery = await channel.send(testMessage(publicHost, phone), new AbortController().signal);
    sayDelivery(delivery, say);
    if (delivery.type !== "sent") return 1;
    if (delivery.receiptId === undefined || channel.watch === undefined || seconds === 0) return 0;
    const receipt = await own.within(delivery.receiptId, seconds);
    if (receipt === undefined) say(inLanguage(`${seconds} 秒内没有回执`, `No receipt within ${seconds} seconds`));
    else say(inLanguage(`回执：${inTerminal(receipt.outcome)}`, `Receipt: ${inTerminal(receipt.outcome)}`));
    return receipt?.state === "undelivered" ? 1 : 0;
  } finally {
    await channel.close?.();
  }
};
