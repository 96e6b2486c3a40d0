import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EventEmitter } from "node:stream";
import pino from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Channel, ChannelPorts, Delivery, DeliveryReceipt, Outgoing, Reply } from "../src/channels/channel.ts";
import { type ChannelSettings, channelPorts, openChannels } from "../src/channels/index.ts";
import { shortMessage } from "../src/channels/message.ts";
import type { NotificationBody } from "../src/channels/notification.ts";
import { SimulatedProviders } from "./simulated-providers.ts";

const hour = 3_600_000;

let directory: string;
let providers: SimulatedProviders;
let aheadMs = 0;
let number = 0;
const opened: Channel[] = [];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "mc-providers-"));
  providers = await SimulatedProviders.start(directory);
});

afterAll(async () => {
  await providers.stop();
  rmSync(directory, { recursive: true });
});

beforeEach(async () => {
  number++;
  await providers.behave({ receiptDelayMs: 0 });
});

afterEach(async () => {
  for (const channel of opened.splice(0)) await channel.close?.();
});

/** The centre's ports; its clock goes with the providers'. */
const ports = (log = pino({ level: "silent" })): ChannelPorts => ({
  ...channelPorts(log),
  nowMs: () => Date.now() + aheadMs,
});

const open = async (
  type: ChannelSettings["type"],
  changes: Readonly<Record<string, unknown>> = {},
  log?: pino.Logger,
): Promise<Channel> => {
  const [channel] = await openChannels([providers.settings(type, changes)], ports(log));
  if (channel === undefined) throw new Error("no channel");
  opened.push(channel);
  return channel;
};

const both = async (ms: number): Promise<void> => {
  aheadMs += ms;
  await providers.advance(ms);
};

const phone = (): string => `139${String(number).padStart(8, "0")}`;

const outgoing = (over: Partial<Outgoing> & { readonly id?: string } = {}): Outgoing => {
  const id = over.id ?? `n-${number}`;
  const body = {
    ...{ v: 1, id, status: "firing", reason: "condition-met", at: "2026-11-25T06:05:00.000Z" },
    alert: {
      ...{ id: "3c9f", severity: "attention", gw: "market-a", dev: "tester-1", owner: "li", late: false },
      ...{ title: { zh: "快检阳性", en: "Positive" }, next: { zh: "复检", en: "Test again" }, labels: {} },
    },
  } as unknown as NotificationBody;
  const message = shortMessage("alert", {
    ...{ level: "关注", site: "松柏市场", subject: "快检阳性韭菜", time: "14:05", code: "7431" },
  });
  return {
    ...{ body, json: JSON.stringify(body), message, attempt: 1 },
    recipient: { officer: "li", phone: `+86 ${phone()}` },
    ...over,
  };
};

const send = (channel: Channel, over: Parameters<typeof outgoing>[0] = {}): Promise<Delivery> =>
  channel.send(outgoing(over), new AbortController().signal);

const own = async (): Promise<readonly { readonly text: string; readonly answered: boolean; readonly id: string }[]> =>
  (await providers.messages()).filter((message) => message.phone === phone());

/** Takes what comes back, and fails as often as it is told to. */
class Inbox extends EventEmitter {
  readonly receipts: DeliveryReceipt[] = [];
  readonly replies: Reply[] = [];
  failures = 0;

  #take<Item>(kind: string, list: Item[], item: Item): void {
    if (this.failures > 0) {
      this.failures--;
      throw new Error("SQLITE_BUSY");
    }
    list.push(item);
    this.emit(kind);
  }

  onReceipt(receipt: DeliveryReceipt): void {
    this.#take("receipt", this.receipts, receipt);
  }

  onReply(reply: Reply): void {
    this.#take("reply", this.replies, reply);
  }
}

const quick = { aliyun: { receiptPollMs: 100 }, tencent: { pollMs: 100 } };

describe.each([
  ["aliyun-sms", quick.aliyun],
  ["tencent-sms", quick.tencent],
] as const)("%s", (type, polls) => {
  it("reaches a telephone with the approved text, and its receipt comes back once", async () => {
    const channel = await open(type, polls);
    const inbox = new Inbox();
    channel.listen?.(inbox);
    const delivery = await send(channel);
    expect(delivery).toMatchObject({ type: "sent" });
    expect(await own()).toMatchObject([
      { text: "【明秤监管】关注预警：松柏市场发生快检阳性韭菜，14:05。回复7431签收", answered: true },
    ]);
    inbox.failures = 1;
    if (inbox.receipts.length === 0) await once(inbox, "receipt");
    const { receiptId } = delivery as { receiptId?: string };
    expect(inbox.receipts).toMatchObject([{ receiptId, state: "delivered" }]);
    expect(inbox.receipts[0]?.outcome).toContain("已送达 / delivered");
  });

  it("says that a message was not delivered, and why", async () => {
    await providers.behave({ receipts: "undelivered", receiptDelayMs: 0 });
    const channel = await open(type, polls);
    const inbox = new Inbox();
    channel.listen?.(inbox);
    await send(channel);
    if (inbox.receipts.length === 0) await once(inbox, "receipt");
    expect(inbox.receipts).toMatchObject([{ state: "undelivered" }]);
    expect(inbox.receipts[0]?.outcome).toMatch(/MOBILE_NOT_ON_SERVICE|UNDELIV/);
  });

  it("goes on asking after a restart for what was sent before it", async () => {
    const before = await open(type, polls);
    const delivery = await send(before);
    const sentMs = Date.now() + aheadMs;
    await before.close?.();
    const inbox = new Inbox();
    const after = await open(type, polls);
    after.listen?.(inbox);
    const { receiptId = "" } = delivery as { receiptId?: string };
    after.watch?.([{ receiptId, phone: phone(), sentMs }]);
    await once(inbox, "receipt");
    expect(inbox.receipts).toMatchObject([{ receiptId, state: "delivered" }]);
  });

  it("is held, not failed, by a limit of the number", async () => {
    const channel = await open(type);
    const provider = type.split("-")[0] ?? "";
    await providers.limit({ [provider]: [{ windowMs: hour, most: 1 }] });
    expect(await send(channel)).toMatchObject({ type: "sent" });
    const held = await send(channel, { id: `n-${number}-2` });
    expect(held).toMatchObject({ type: "failed", lost: false, retryAfterMs: hour });
    expect((held as { outcome: string }).outcome).toMatch(/每小时条数已满 \/ the number's limit of an hour is reached/);
    await both(hour);
    expect(await send(channel, { id: `n-${number}-2` })).toMatchObject({ type: "sent" });
    await providers.limit({ [provider]: [{ windowMs: 24 * hour, most: 50 }] });
    expect(await own()).toHaveLength(2);
  });

  it("is told by what was lost whether the officer may have it: cut before, cut after, nonsense, out of service", async () => {
    const channel = await open(type, { timeoutMs: 5_000 });
    await providers.behave({ answer: "reset" });
    expect(await send(channel)).toMatchObject({ type: "failed", lost: true });
    await providers.behave({ answer: "nonsense" });
    expect(await send(channel)).toMatchObject({
      ...{ type: "failed", lost: true },
      outcome: "HTTP 200：答复无法理解 / the answer cannot be understood",
    });
    await providers.behave({ answer: "unavailable" });
    expect(await send(channel)).toMatchObject({ type: "failed", lost: true });
    expect(await own()).toEqual([]);
    await providers.behave({ answer: "lost" });
    expect(await send(channel)).toMatchObject({ type: "failed", lost: true });
    expect(await own()).toMatchObject([{ answered: false }]);
    const nobody = await open(type, { endpoint: "http://127.0.0.1:1", name: "nobody" });
    const unreached = await send(nobody, { id: `n-${number}-unreached` });
    expect(unreached).toEqual({ type: "failed", outcome: "ECONNREFUSED", lost: false });
    await providers.behave({ delayMs: 400 });
    const impatient = await open(type, { timeoutMs: 100, name: "impatient" });
    const late = await send(impatient, { id: `n-${number}-late` });
    expect(late).toEqual({ type: "failed", outcome: "timeout", lost: true });
  });

  it("reaches the officer after the provider was down for an hour", async () => {
    const channel = await open(type);
    await providers.behave({ answer: "reset" });
    expect(await send(channel)).toMatchObject({ type: "failed" });
    await both(hour);
    await providers.behave({});
    expect(await send(channel, { attempt: 2 })).toMatchObject({ type: "sent" });
    expect(await own()).toHaveLength(1);
  });

  it("sends whatever devices and people wrote, and the provider takes it", async () => {
    const channel = await open(type);
    for (const subject of [
      "A&B=C+D ~*'()!",
      "https://a.cn/x",
      "【官方】加13900001234",
      "★→①",
      "𠮷𠮷",
      "a\u202Eb",
      "",
    ]) {
      const message = shortMessage("alert", { level: "紧急", site: subject, subject, time: "14:05", code: "" });
      expect(await send(channel, { message, id: `n-${number}-${subject.length}` })).toMatchObject({ type: "sent" });
      await both(31_000);
    }
    for (const { text } of await own()) {
      expect(text.length).toBeLessThanOrEqual(70);
      expect(text).toMatch(/^【明秤监管】紧急预警：[^【】]+。回复无签收$/u);
    }
  });

  it("says what is wrong with an account, a clock, a number; nothing secret is in any outcome or log", async () => {
    const lines: string[] = [];
    const log = pino({ level: "trace" }, { write: (line: string) => void lines.push(line) });
    const secretFile = join(directory, "other-secret");
    writeFileSync(secretFile, "another-secret-that-is-wrong-0001");
    const field = type === "aliyun-sms" ? "accessKeySecretFile" : "secretKeyFile";
    const wrong = await open(type, { [field]: secretFile, name: "wrong" }, log);
    const outcomes = [await send(wrong)];
    expect(outcomes[0]).toMatchObject({ type: "failed", lost: false, retryAfterMs: 600_000 });
    const channel = await open(type, {}, log);
    outcomes.push(await send(channel, { recipient: { officer: "li", phone: "0592-2010000" } }));
    outcomes.push(await send(channel, { recipient: null }));
    expect(outcomes.slice(1)).toMatchObject([{ type: "refused" }, { type: "refused" }]);
    await providers.behave({
      answer: type === "aliyun-sms" ? "isv.AMOUNT_NOT_ENOUGH" : "FailedOperation.InsufficientBalanceInSmsPackage",
    });
    outcomes.push(await send(channel));
    expect(outcomes[3]).toMatchObject({ type: "failed", lost: false, retryAfterMs: 600_000 });
    await providers.behave({});
    aheadMs += hour;
    outcomes.push(await send(channel));
    aheadMs -= hour;
    expect(outcomes[4]).toMatchObject({ type: "failed", lost: false, retryAfterMs: 60_000 });
    expect(await own()).toEqual([]);
    const said = JSON.stringify(outcomes) + lines.join("");
    expect(said).not.toMatch(/another-secret|139\d{8}|2010000/);
  });
});

describe("a lost answer", () => {
  it("costs no second message at Aliyun: its records know the notification; the receipt still comes", async () => {
    const channel = await open("aliyun-sms", quick.aliyun);
    const inbox = new Inbox();
    channel.listen?.(inbox);
    await providers.behave({ answer: "lost", receiptDelayMs: 0 });
    expect(await send(channel)).toMatchObject({ type: "failed", lost: true });
    await providers.behave({});
    const again = await send(channel, { attempt: 2 });
    expect(again).toMatchObject({ type: "sent", outcome: expect.stringContaining("nothing was sent again") });
    expect(await own()).toHaveLength(1);
    if (inbox.receipts.length === 0) await once(inbox, "receipt");
    expect(inbox.receipts).toMatchObject([
      { receiptId: (again as { receiptId?: string }).receiptId, state: "delivered" },
    ]);
  });

  it("costs one second message at Tencent, which has no records to ask", async () => {
    const channel = await open("tencent-sms");
    await providers.behave({ answer: "lost" });
    expect(await send(channel)).toMatchObject({ type: "failed", lost: true });
    await providers.behave({});
    await both(31_000);
    expect(await send(channel, { attempt: 2 })).toMatchObject({ type: "sent" });
    expect(await own()).toHaveLength(2);
  });
});

describe("replies through Tencent", () => {
  it("come in once each, also when the centre cannot store one at first", async () => {
    const channel = await open("tencent-sms", quick.tencent);
    const inbox = new Inbox();
    inbox.failures = 2;
    await providers.reply(phone(), "7431");
    await providers.reply(phone(), "7432 已到场");
    channel.listen?.(new Inbox());
    channel.listen?.(inbox);
    while (inbox.replies.length < 2) await once(inbox, "reply");
    expect(inbox.replies).toMatchObject([
      { phone: phone(), text: "7431" },
      { phone: phone(), text: "7432 已到场" },
    ]);
    expect(new Set(inbox.replies.map(({ id }) => id)).size).toBe(2);
  });

  it("are not fetched unless that is switched on", async () => {
    const channel = await open("tencent-sms", { ...quick.tencent, replies: false });
    const inbox = new Inbox();
    await providers.reply(phone(), "7431");
    channel.listen?.(inbox);
    const answers = await providers.answers();
    await send(channel);
    await once(inbox, "receipt");
    expect(inbox.replies).toEqual([]);
    expect((await providers.answers())["wecom 0"]).toBe(answers["wecom 0"]);
    const other = await open("tencent-sms", { ...quick.tencent, name: "other" });
    other.listen?.(inbox);
    await once(inbox, "reply");
  });
});

describe("wecom", () => {
  it("posts to the group, holds what is more than 20 in a minute, and is held when others used the robot", async () => {
    const channel = await open("wecom", { mention: ["li.na"], linkBase: "https://centre.example.org" });
    const before = (await providers.messages()).length;
    for (let index = 0; index < 20; index++)
      expect(await send(channel, { recipient: null })).toMatchObject({ type: "sent" });
    const held = await send(channel, { recipient: null });
    expect(held).toMatchObject({ type: "failed", lost: false });
    expect((held as { retryAfterMs: number }).retryAfterMs).toBeGreaterThan(30_000);
    const restarted = await open("wecom", { name: "restarted" });
    expect(await send(restarted, { recipient: null })).toMatchObject({
      ...{ type: "failed", lost: false, retryAfterMs: 60_000 },
      outcome: "errcode 45009：超过每分钟 20 条 / more than 20 messages in a minute",
    });
    const messages = (await providers.messages()).slice(before);
    expect(messages).toHaveLength(20);
    expect(messages[0]?.text).toContain("[查看并处置](https://centre.example.org/a/3c9f)");
    await both(60_000);
    expect(await send(channel, { recipient: null })).toMatchObject({ type: "sent" });
  });

  it("takes the whole webhook address for a key, and says when the robot is gone", async () => {
    const keyFile = join(directory, "address");
    writeFileSync(keyFile, "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=00000000-0000-0000-0000-000000000000");
    const channel = await open("wecom", { keyFile, name: "gone" });
    expect(await send(channel, { recipient: null })).toMatchObject({ type: "failed", retryAfterMs: 600_000 });
    await providers.behave({ answer: "nonsense" });
    expect(await send(channel, { recipient: null })).toMatchObject({ type: "failed", lost: true });
    writeFileSync(keyFile, "https://example.org/?nothing=here");
    await expect(open("wecom", { keyFile, name: "none" })).rejects.toMatchObject({
      ...{ code: "CHANNEL_INVALID", field: "channels.keyFile" },
    });
  });
});

describe("settings", () => {
  it("are refused before anything is sent: a text that is not good, a key that is not there, an endpoint elsewhere", async () => {
    const settings = providers.settings("aliyun-sms") as Extract<ChannelSettings, { type: "aliyun-sms" }>;
    const bad = { ...settings.templates, alert: { code: "SMS_1", text: "【明秤】预警" } };
    expect(() => providers.settings("aliyun-sms", { templates: bad })).toThrow(/【 is not accepted/);
    await expect(openChannels([{ ...settings, templates: bad }], ports())).rejects.toMatchObject({
      ...{ code: "CHANNEL_INVALID", field: "channels.templates.alert.text" },
    });
    const missing = { ...settings, accessKeySecretFile: join(directory, "none") };
    await expect(openChannels([missing], ports())).rejects.toMatchObject({
      ...{ code: "CHANNEL_INVALID", field: "channels.accessKeySecretFile" },
    });
    writeFileSync(join(directory, "short"), "short");
    const short = { ...settings, accessKeySecretFile: join(directory, "short") };
    await expect(openChannels([short], ports())).rejects.toMatchObject({ code: "CHANNEL_INVALID" });
    for (const endpoint of [
      "http://dysmsapi.aliyuncs.com",
      "https://127.0.0.1:1",
      "http://127.0.0.1:1/x",
      "ftp://localhost",
    ]) {
      expect(() => providers.settings("aliyun-sms", { endpoint })).toThrow(/only a simulator/);
    }
    const numbers = {
      id: "2000001",
      text: "{2}预警：{1}发生{3}，{4}。回复{5}签收",
      variables: ["site", "level", "subject", "time", "code"],
    };
    const tencent = providers.settings("tencent-sms") as Extract<ChannelSettings, { type: "tencent-sms" }>;
    expect(() => providers.settings("tencent-sms", { templates: { ...tencent.templates, alert: numbers } })).toThrow(
      /\{1\} to \{5\} in this order/,
    );
  });
});
