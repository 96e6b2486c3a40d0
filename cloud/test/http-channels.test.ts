import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { type ChannelSettings, openChannels } from "../src/channels/index.ts";
import { tryChannel } from "../src/commands/try-channel.ts";
import { ChannelsUnderTest, Inbox, quick } from "./channels-under-test.ts";

const tested = new ChannelsUnderTest();

// First, because it keeps real time: the others set the clocks of both sides forward.
describe("a message to try a channel", () => {
  const tried = async (name: string, options: { readonly phone?: string; readonly wait?: string } = {}) => {
    const lines: string[] = [];
    const config = join(tested.directory, "quick.yaml");
    const quickly = [
      tested.providers.settings("aliyun-sms", quick.aliyun),
      tested.providers.settings("tencent-sms", quick.tencent),
    ];
    writeFileSync(config, stringify({ channels: [...quickly, tested.providers.settings("wecom")] }));
    const code = await tryChannel(name, { config, wait: "10", ...options }, (line) => void lines.push(line));
    return { code, text: lines.join("\n") };
  };

  it("reaches a telephone, and its receipt is said", async () => {
    for (const name of ["aliyun", "tencent"]) {
      const { code, text } = await tried(name, { phone: tested.phone });
      expect([code, text]).toEqual([0, expect.stringMatching(/^Handed over: O[kK].*\nReceipt: .*delivered$/u)]);
    }
    expect((await tested.shown()).map(({ text }) => text)).toEqual(
      Array(2).fill("【明秤监管】预警0000：测试消息，无需处置"),
    );
  });

  it("leaves replies to the centre", async () => {
    await tested.providers.reply(tested.phone, "7431");
    await tried("tencent", { phone: tested.phone });
    const channel = await tested.open("tencent-sms", quick.tencent);
    const inbox = new Inbox();
    channel.listen?.(inbox);
    if (inbox.replies.length === 0) await once(inbox, "reply");
    expect(inbox.replies).toMatchObject([{ phone: tested.phone, text: "7431" }]);
  });

  it("says what went wrong, by its exit code, too", async () => {
    expect(await tried("tencent", { phone: "110" })).toMatchObject({
      code: 1,
      text: expect.stringMatching(/^Refused: /),
    });
    await tested.providers.behave({ answer: "lost" });
    expect(await tried("wecom")).toMatchObject({ code: 1, text: expect.stringMatching(/^Not confirmed, it may have/) });
    await tested.providers.behave({ receipts: "undelivered", receiptDelayMs: 0 });
    expect(await tried("aliyun", { phone: tested.phone })).toMatchObject({ code: 1 });
    await expect(tried("aliyun")).rejects.toMatchObject({ code: "INPUT_INVALID", field: "--phone" });
    await expect(tried("wecom", { wait: "soon" })).rejects.toMatchObject({ code: "INPUT_INVALID", field: "--wait" });
    await expect(tried("nobody")).rejects.toMatchObject({ code: "CHANNEL_INVALID", field: "channels" });
  });
});

describe("replies through Tencent", () => {
  it("come in once each, also when the centre cannot store one at first", async () => {
    const channel = await tested.open("tencent-sms", quick.tencent);
    const inbox = new Inbox();
    inbox.failures = 2;
    await tested.providers.reply(tested.phone, "7431");
    await tested.providers.reply(tested.phone, "7432 已到场");
    channel.listen?.(new Inbox());
    channel.listen?.(inbox);
    while (inbox.replies.length < 2) await once(inbox, "reply");
    expect(inbox.replies).toMatchObject([
      { phone: tested.phone, text: "7431" },
      { phone: tested.phone, text: "7432 已到场" },
    ]);
    expect(new Set(inbox.replies.map(({ id }) => id)).size).toBe(2);
  });

  it("are not fetched unless that is switched on", async () => {
    const channel = await tested.open("tencent-sms", { ...quick.tencent, replies: false });
    const inbox = new Inbox();
    await tested.providers.reply(tested.phone, "7431");
    channel.listen?.(inbox);
    const answers = await tested.providers.answers();
    await tested.send(channel);
    await once(inbox, "receipt");
    expect(inbox.replies).toEqual([]);
    expect((await tested.providers.answers())["wecom 0"]).toBe(answers["wecom 0"]);
    const other = await tested.open("tencent-sms", { ...quick.tencent, name: "other" });
    other.listen?.(inbox);
    await once(inbox, "reply");
  });
});

describe("wecom", () => {
  it("posts to the group, holds what is more than 20 in a minute, and is held when others used the robot", async () => {
    const channel = await tested.open("wecom", { mention: ["li.na"], linkBase: "https://centre.example.org" });
    await tested.pass(60_000);
    const before = (await tested.providers.messages()).length;
    for (let index = 0; index < 20; index++)
      expect(await tested.send(channel, { recipient: null })).toMatchObject({ type: "sent" });
    const held = await tested.send(channel, { recipient: null });
    expect(held).toMatchObject({ type: "failed", lost: false });
    expect((held as { retryAfterMs: number }).retryAfterMs).toBeGreaterThan(30_000);
    const restarted = await tested.open("wecom", { name: "restarted" });
    expect(await tested.send(restarted, { recipient: null })).toMatchObject({
      ...{ type: "failed", lost: false, retryAfterMs: 60_000 },
      outcome: "errcode 45009：超过每分钟 20 条 / more than 20 messages in a minute",
    });
    const messages = (await tested.providers.messages()).slice(before);
    expect(messages).toHaveLength(20);
    expect(messages[0]?.text).toContain("[查看并处置](https://centre.example.org/a/3c9f)");
    await tested.pass(60_000);
    expect(await tested.send(channel, { recipient: null })).toMatchObject({ type: "sent" });
  });

  it("takes the whole webhook address for a key, and says when the robot is gone", async () => {
    const keyFile = join(tested.directory, "address");
    writeFileSync(keyFile, "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=00000000-0000-0000-0000-000000000000");
    const channel = await tested.open("wecom", { keyFile, name: "gone" });
    expect(await tested.send(channel, { recipient: null })).toMatchObject({ type: "failed", retryAfterMs: 600_000 });
    await tested.providers.behave({ answer: "nonsense" });
    expect(await tested.send(channel, { recipient: null })).toMatchObject({ type: "failed", lost: true });
    writeFileSync(keyFile, "https://example.org/?nothing=here");
    await expect(tested.open("wecom", { keyFile, name: "none" })).rejects.toMatchObject({
      ...{ code: "CHANNEL_INVALID", field: "channels.keyFile" },
    });
  });
});

describe("settings", () => {
  it("are refused before anything is sent: a text that is not good, a key that is not there, an endpoint elsewhere", async () => {
    const settings = tested.providers.settings("aliyun-sms") as Extract<ChannelSettings, { type: "aliyun-sms" }>;
    const bad = { ...settings.templates, alert: { code: "SMS_1", text: "【明秤】预警" } };
    expect(() => tested.providers.settings("aliyun-sms", { templates: bad })).toThrow(/【 is not accepted/);
    await expect(openChannels([{ ...settings, templates: bad }], tested.ports())).rejects.toMatchObject({
      ...{ code: "CHANNEL_INVALID", field: "channels.templates.alert.text" },
    });
    const missing = { ...settings, accessKeySecretFile: join(tested.directory, "none") };
    await expect(openChannels([missing], tested.ports())).rejects.toMatchObject({
      ...{ code: "CHANNEL_INVALID", field: "channels.accessKeySecretFile" },
    });
    writeFileSync(join(tested.directory, "short"), "short");
    const short = { ...settings, accessKeySecretFile: join(tested.directory, "short") };
    await expect(openChannels([short], tested.ports())).rejects.toMatchObject({ code: "CHANNEL_INVALID" });
    for (const endpoint of [
      "http://dysmsapi.aliyuncs.com",
      "https://127.0.0.1:1",
      "http://127.0.0.1:1/x",
      "ftp://localhost",
    ]) {
      expect(() => tested.providers.settings("aliyun-sms", { endpoint })).toThrow(/only a simulator/);
    }
    const numbers = {
      id: "2000001",
      text: "{2}预警：{1}发生{3}，{4}。回复{5}签收",
      variables: ["site", "level", "subject", "time", "code"],
    };
    const tencent = tested.providers.settings("tencent-sms") as Extract<ChannelSettings, { type: "tencent-sms" }>;
    expect(() =>
      tested.providers.settings("tencent-sms", { templates: { ...tencent.templates, alert: numbers } }),
    ).toThrow(/\{1\} to \{5\} in this order/);
  });
});
