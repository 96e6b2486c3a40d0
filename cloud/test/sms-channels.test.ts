import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import pino from "pino";
import { describe, expect, it } from "vitest";
import { callAliyun } from "../src/channels/aliyun-sms/aliyun-api.ts";
import { inWords } from "../src/channels/in-words.ts";
import { shortMessage } from "../src/channels/message.ts";
import { callTencent } from "../src/channels/tencent-sms/tencent-api.ts";
import { ChannelsUnderTest, hour, Inbox, quick } from "./channels-under-test.ts";

const tested = new ChannelsUnderTest();

describe.each([
  ["aliyun-sms", quick.aliyun],
  ["tencent-sms", quick.tencent],
] as const)("%s", (type, polls) => {
  it("reaches a telephone with the approved text, and its receipt comes back once", async () => {
    const channel = await tested.open(type, polls);
    const inbox = new Inbox();
    channel.listen?.(inbox);
    const delivery = await tested.send(channel);
    expect(delivery).toMatchObject({ type: "sent" });
    expect(await tested.shown()).toMatchObject([
      { text: "【明秤监管】关注预警：松柏市场发生快检阳性韭菜，14:05。回复7431签收", answered: true },
    ]);
    inbox.failures = 1;
    if (inbox.receipts.length === 0) await once(inbox, "receipt");
    const { receiptId } = delivery as { receiptId?: string };
    expect(inbox.receipts).toMatchObject([{ receiptId, state: "delivered" }]);
    expect(inbox.receipts[0]?.outcome).toContain("已送达 / delivered");
  });

  it("says that a message was not delivered, and why", async () => {
    await tested.providers.behave({ receipts: "undelivered", receiptDelayMs: 0 });
    const channel = await tested.open(type, polls);
    const inbox = new Inbox();
    channel.listen?.(inbox);
    await tested.send(channel);
    if (inbox.receipts.length === 0) await once(inbox, "receipt");
    expect(inbox.receipts).toMatchObject([{ state: "undelivered" }]);
    expect(inbox.receipts[0]?.outcome).toMatch(/MOBILE_NOT_ON_SERVICE|UNDELIV/);
  });

  it("goes on asking after a restart for what was sent before it", async () => {
    const before = await tested.open(type, polls);
    const delivery = await tested.send(before);
    const sentMs = tested.nowMs();
    await before.close?.();
    const inbox = new Inbox();
    const after = await tested.open(type, polls);
    after.listen?.(inbox);
    const { receiptId = "" } = delivery as { receiptId?: string };
    after.watch?.([{ receiptId, phone: tested.phone, sentMs }]);
    await once(inbox, "receipt");
    expect(inbox.receipts).toMatchObject([{ receiptId, state: "delivered" }]);
  });

  it("is held, not failed, by a limit of the number", async () => {
    const channel = await tested.open(type);
    const provider = type.split("-")[0] ?? "";
    await tested.providers.limit({ [provider]: [{ windowMs: hour, most: 1 }] });
    expect(await tested.send(channel)).toMatchObject({ type: "sent" });
    const held = await tested.send(channel, { id: `n-${tested.number}-2` });
    expect(held).toMatchObject({ type: "failed", lost: false, retryAfterMs: hour });
    expect((held as { outcome: string }).outcome).toMatch(/每小时条数已满 \/ the number's limit of an hour is reached/);
    await tested.pass(hour);
    expect(await tested.send(channel, { id: `n-${tested.number}-2` })).toMatchObject({ type: "sent" });
    await tested.providers.limit({ [provider]: [{ windowMs: 24 * hour, most: 50 }] });
    expect(await tested.shown()).toHaveLength(2);
  });

  it("is told by what was lost whether the officer may have it: cut before, cut after, nonsense, out of service", async () => {
    const channel = await tested.open(type, { timeoutMs: 5_000 });
    await tested.providers.behave({ answer: "reset" });
    expect(await tested.send(channel)).toMatchObject({ type: "failed", lost: true });
    await tested.providers.behave({ answer: "nonsense" });
    expect(await tested.send(channel)).toMatchObject({
      ...{ type: "failed", lost: true },
      outcome: "HTTP 200：答复无法理解 / the answer cannot be understood",
    });
    // 503 says itself that nothing was done.
    await tested.providers.behave({ answer: "unavailable" });
    expect(await tested.send(channel)).toMatchObject({ type: "failed", lost: false });
    expect(await tested.shown()).toEqual([]);
    await tested.providers.behave({ answer: "lost" });
    expect(await tested.send(channel)).toMatchObject({ type: "failed", lost: true });
    expect(await tested.shown()).toMatchObject([{ answered: false }]);
    const nobody = await tested.open(type, { endpoint: "http://127.0.0.1:1", name: "nobody" });
    const unreached = await tested.send(nobody, { id: `n-${tested.number}-unreached` });
    expect(unreached).toEqual({ type: "failed", outcome: inWords("ECONNREFUSED"), lost: false });
    await tested.providers.behave({ delayMs: 400 });
    const impatient = await tested.open(type, { timeoutMs: 100, name: "impatient" });
    const late = await tested.send(impatient, { id: `n-${tested.number}-late` });
    expect(late).toEqual({ type: "failed", outcome: inWords("timeout"), lost: true });
  });

  it("reaches the officer after the provider was down for an hour", async () => {
    const channel = await tested.open(type);
    await tested.providers.behave({ answer: "reset" });
    expect(await tested.send(channel)).toMatchObject({ type: "failed" });
    await tested.pass(hour);
    await tested.providers.behave({});
    expect(await tested.send(channel, { attempt: 2, mayHaveIt: true })).toMatchObject({ type: "sent" });
    expect(await tested.shown()).toHaveLength(1);
  });

  it("sends whatever devices and people wrote, and the provider takes it", async () => {
    const channel = await tested.open(type);
    for (const subject of [
      "A&B=C+D ~*'()!",
      "https://a.cn/x",
      "【官方】加13900001234",
      "★→①",
      "a\ud800b",
      "𠮷𠮷",
      "a\u202Eb",
      "",
    ]) {
      const message = shortMessage("alert", { level: "紧急", site: subject, subject, time: "14:05", code: "" });
      expect(await tested.send(channel, { message, id: `n-${tested.number}-${subject.length}` })).toMatchObject({
        type: "sent",
      });
      await tested.pass(31_000);
    }
    for (const { text } of await tested.shown()) {
      expect(text.length).toBeLessThanOrEqual(70);
      expect(text).toMatch(/^【明秤监管】紧急预警：[^【】]+。回复无签收$/u);
    }
  });

  it("says what is wrong with an account, a clock, a number; nothing secret is in any outcome or log", async () => {
    const lines: string[] = [];
    const log = pino({ level: "trace" }, { write: (line: string) => void lines.push(line) });
    const secretFile = join(tested.directory, "other-secret");
    writeFileSync(secretFile, "another-secret-that-is-wrong-0001");
    const field = type === "aliyun-sms" ? "accessKeySecretFile" : "secretKeyFile";
    const wrong = await tested.open(type, { [field]: secretFile, name: "wrong" }, log);
    const outcomes = [await tested.send(wrong)];
    expect(outcomes[0]).toMatchObject({ type: "failed", lost: false, retryAfterMs: 600_000 });
    const channel = await tested.open(type, {}, log);
    outcomes.push(await tested.send(channel, { recipient: { officer: "li", phone: "0592-2010000" } }));
    outcomes.push(await tested.send(channel, { recipient: null }));
    expect(outcomes.slice(1)).toMatchObject([{ type: "refused" }, { type: "refused" }]);
    await tested.providers.behave({
      answer: type === "aliyun-sms" ? "isv.AMOUNT_NOT_ENOUGH" : "FailedOperation.InsufficientBalanceInSmsPackage",
    });
    outcomes.push(await tested.send(channel));
    expect(outcomes[3]).toMatchObject({ type: "failed", lost: false, retryAfterMs: 600_000 });
    await tested.providers.behave({});
    tested.centreAheadMs += hour;
    outcomes.push(await tested.send(channel));
    tested.centreAheadMs -= hour;
    expect(outcomes[4]).toMatchObject({ type: "failed", lost: false, retryAfterMs: 60_000 });
    expect(await tested.shown()).toEqual([]);
    const said = JSON.stringify(outcomes) + lines.join("");
    expect(said).not.toMatch(/another-secret|139\d{8}|2010000/);
  });
});

describe("signatures", () => {
  it("hold over HTTP for whatever stands in a request: providers that check on their own find no fault", async () => {
    const secretOf = (file: string): string => readFileSync(join(tested.directory, file), "utf8").trim();
    const common = { endpoint: new URL(tested.providers.url), timeoutMs: 10_000, nowMs: () => tested.nowMs() };
    const aliyun = { ...common, key: { id: "LTAISimulator0000000001", secret: secretOf("aliyun-secret") } };
    const tencent = {
      ...{ ...common, region: "ap-guangzhou" },
      key: { id: "AKIDSimulator0000000000000000000001", secret: secretOf("tencent-key") },
    };
    const { signal } = new AbortController();
    const anything = fc.string({ unit: "binary", maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.stringMatching(/^[A-Za-z.]{1,12}$/), anything, { maxKeys: 5 }),
        async (said) => {
          const one = await callAliyun(aliyun, "SendSms", said, signal);
          expect(one).toMatchObject({ said: { Code: "isv.MOBILE_NUMBER_ILLEGAL" } });
          const other = await callTencent(tencent, "SendSms", { ...said, SmsSdkAppId: "1400006666" }, signal);
          expect(other).toMatchObject({ said: { Error: { Code: "MissingParameter.EmptyPhoneNumberSet" } } });
        },
      ),
      { numRuns: 60 },
    );
    const wrong = await callAliyun({ ...aliyun, key: { ...aliyun.key, secret: "another" } }, "SendSms", {}, signal);
    expect(wrong).toMatchObject({ said: { Code: "SignatureDoesNotMatch" } });
  });
});

describe("a lost answer", () => {
  it("costs no second message at Aliyun: its records know the notification; the receipt still comes", async () => {
    const channel = await tested.open("aliyun-sms", quick.aliyun);
    const inbox = new Inbox();
    channel.listen?.(inbox);
    await tested.providers.behave({ answer: "lost", receiptDelayMs: 0 });
    expect(await tested.send(channel)).toMatchObject({ type: "failed", lost: true });
    // While the records cannot be asked nothing is sent.
    for (const answer of ["unavailable", "nonsense", "reset"]) {
      await tested.providers.behave({ answer });
      const asked = await tested.send(channel, { attempt: 2, mayHaveIt: true });
      expect(asked).toMatchObject({ type: "failed", lost: false, outcome: expect.stringMatching(/^QuerySendDetails/) });
    }
    await tested.providers.behave({});
    expect(await tested.shown()).toHaveLength(1);
    const again = await tested.send(channel, { attempt: 5, mayHaveIt: true });
    expect(again).toMatchObject({ type: "sent", outcome: expect.stringContaining("nothing was sent again") });
    expect(await tested.shown()).toHaveLength(1);
    if (inbox.receipts.length === 0) await once(inbox, "receipt");
    expect(inbox.receipts).toMatchObject([
      { receiptId: (again as { receiptId?: string }).receiptId, state: "delivered" },
    ]);
  });

  it("costs one second message at Tencent, whose records do not tell it; an outage does not use that up", async () => {
    const channel = await tested.open("tencent-sms");
    await tested.providers.behave({ answer: "lost" });
    expect(await tested.send(channel)).toMatchObject({ type: "failed", lost: true });
    for (const answer of ["unavailable", "nonsense", "reset"]) {
      await tested.providers.behave({ answer });
      const asked = await tested.send(channel, { attempt: 2, mayHaveIt: true });
      expect(asked).toMatchObject({
        type: "failed",
        lost: false,
        outcome: expect.stringMatching(/^PullSmsSendStatus/),
      });
    }
    await tested.providers.behave({});
    await tested.pass(31_000);
    expect(await tested.send(channel, { attempt: 2, mayHaveIt: true })).toMatchObject({ type: "sent" });
    expect(await tested.shown()).toHaveLength(2);
  });
});
