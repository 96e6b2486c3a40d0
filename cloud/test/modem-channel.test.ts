import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import pino from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { needs } from "../../device-sims/src/harness/requirements.ts";
import { readSubmit } from "../../device-sims/src/messaging/modem/submit-pdu.ts";
import type { Channel, ChannelPorts, Delivery } from "../src/channels/channel.ts";
import { encodeSubmits } from "../src/channels/gsm-modem/pdu/submit.ts";
import { inWords } from "../src/channels/in-words.ts";
import { channelPorts, openChannels } from "../src/channels/index.ts";
import { SimulatorProcess } from "./simulator-process.ts";
import { outgoingTo, TestedInbox } from "./tested-inbox.ts";

interface Modem {
  readonly isOpen: boolean;
  readonly isHanging: boolean;
  readonly resets: number;
  readonly pinTries: number;
  readonly stored: number;
  readonly commands: Readonly<Record<string, number>>;
}
interface Message {
  readonly phone: string;
  readonly text: string;
  readonly units: number;
  readonly serviceCentre: string;
  readonly part: { readonly number: number; readonly total: number } | null;
}

const tools = needs("python3");

let dir: string;
let modem: SimulatorProcess;
const opened: Channel[] = [];

/** Waiting is forty times as fast as in life; what is due within half a second is on time. */
const hasty = (): ChannelPorts => {
  const ports = channelPorts(pino({ level: "silent" }));
  return { ...ports, random: () => 0, later: (task, ms) => ports.later(task, ms > 5_000 ? ms / 40 : ms) };
};

const open = async (changes: Readonly<Record<string, unknown>> = {}): Promise<Channel> => {
  const settings = modem.settings({
    pinFile: undefined,
    commandTimeoutMs: 4_000,
    sendTimeoutMs: 5_000,
    pollMs: 60_000,
    ...changes,
  });
  const [channel] = await openChannels([settings], hasty());
  if (channel === undefined) throw new Error("no channel");
  opened.push(channel);
  return channel;
};

const send = (channel: Channel, phone: string | null = "13900001234"): Promise<Delivery> =>
  channel.send(outgoingTo(phone), new AbortController().signal);
const shown = async (): Promise<readonly Message[]> => (await modem.get<{ messages: Message[] }>("messages")).messages;
const eventually = (holds: (now: Modem) => boolean): Promise<Modem> => modem.eventually<Modem>(holds);

describe.skipIf(tools.skip)(tools.title("a GSM modem"), () => {
  let before: number;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "mc-modem-"));
    modem = await SimulatorProcess.start("modem", "--dir", dir, "--oracle", join(dir, "accepted.jsonl"));
  });
  afterAll(async () => {
    await modem.stop();
    rmSync(dir, { recursive: true });
  });
  beforeEach(async () => {
    await modem.behave({});
    await modem.post("new-sim");
    await modem.post("restart");
    before = (await shown()).length;
  });
  afterEach(async () => {
    for (const channel of opened.splice(0)) await channel.close?.();
    await eventually(({ isOpen }) => !isOpen);
  });

  const accepted = async (): Promise<readonly Message[]> => (await shown()).slice(before);
  const listening = async (changes: Readonly<Record<string, unknown>> = {}): Promise<[Channel, TestedInbox]> => {
    const channel = await open(changes);
    const inbox = new TestedInbox();
    channel.listen?.(inbox);
    return [channel, inbox];
  };

  it("sends Chinese as one segment, and its report comes back", async () => {
    const [channel, inbox] = await listening();
    const delivery = await send(channel);
    expect(delivery).toMatchObject({ type: "sent", outcome: expect.stringMatching(/^CMGS \d+：网络已接收/) });
    const text = "【明秤监管】关注预警：松柏市场快检阳性韭菜，14:05。回复7431签收";
    expect(await accepted()).toMatchObject([{ phone: "+8613900001234", text, units: text.length, part: null }]);
    await inbox.until(() => inbox.receipts.length > 0);
    const { receiptId } = delivery as { receiptId?: string };
    expect(inbox.receipts[0]).toMatchObject({ receiptId, state: "delivered", outcome: "0x00：已送达 / delivered" });
    await eventually(({ stored }) => stored === 0);
  });

  it.each([
    ["undelivered", "stored", "SM", "undelivered"],
    ["trying-then-delivered", "stored", "SM", "delivered"],
    ["delivered", "direct", "SM", "delivered"],
    ["delivered", "stored", "SR", "delivered"],
  ])("tells %s, reports %s in %s", async (reports, reportRouting, reportStore, state) => {
    await modem.behave({ reports, reportRouting, reportStore });
    const [channel, inbox] = await listening();
    expect(await send(channel)).toEqual(expect.objectContaining({ type: "sent" }));
    await inbox.until(() => inbox.receipts.length > 0);
    expect(inbox.receipts[0]).toMatchObject({ state });
    await eventually(({ stored }) => stored === 0);
  });

  it("offers a report again that could not be stored", async () => {
    const [channel, inbox] = await listening({ pollMs: 100 });
    inbox.failures = 1;
    const delivery = await send(channel);
    await inbox.until(() => inbox.receipts.length > 0);
    expect(inbox.failures).toBe(0);
    expect(inbox.receipts[0]).toMatchObject({ receiptId: (delivery as { receiptId?: string }).receiptId });
    await eventually(({ stored }) => stored === 0);
  });

  it("without reports promises none", async () => {
    await modem.behave({ reportRouting: "none" });
    const channel = await open();
    expect(await send(channel)).not.toHaveProperty("receiptId");
  });

  it("knows after a restart what its reports are about", async () => {
    await modem.behave({ reportDelayMs: 300 });
    const first = await open();
    const sentMs = Date.now();
    const { receiptId = "" } = (await send(first)) as { receiptId?: string };
    await first.close?.();
    const [second, inbox] = await listening({ pollMs: 100 });
    second.watch?.([{ receiptId, phone: "13900001234", sentMs }]);
    await inbox.until(() => inbox.receipts.length > 0);
    expect(inbox.receipts[0]).toMatchObject({ receiptId, state: "delivered" });
  });

  it("that chatters and echoes is understood", async () => {
    await modem.behave({ chatter: true });
    const [channel, inbox] = await listening();
    for (let count = 0; count < 3; count++)
      expect(await send(channel)).toEqual(expect.objectContaining({ type: "sent" }));
    await modem.post("replies", { phone: "+8613900001234", text: "签收 7431" });
    await inbox.until(() => inbox.replies.length > 0 && inbox.receipts.length >= 3);
    expect(await accepted()).toHaveLength(3);
  });

  it("sends one message at a time", async () => {
    await modem.behave({ delayMs: 30 });
    const channel = await open();
    const phones = Array.from({ length: 8 }, (_, index) => `1370000000${index}`);
    const deliveries = await Promise.all(phones.map((phone) => send(channel, phone)));
    expect(deliveries.every(({ type }) => type === "sent")).toBe(true);
    expect((await accepted()).map(({ phone }) => phone)).toEqual(phones.map((phone) => `+86${phone}`));
  });

  it("sends longer texts in linked parts, where that is wanted, and waits for all their reports", async () => {
    const [channel, inbox] = await listening({ signName: "很长".repeat(15), concatenate: true });
    const said = { site: "松".repeat(10), subject: "快".repeat(14) };
    const delivery = await channel.send(outgoingTo("13900001234", said), new AbortController().signal);
    expect(delivery).toMatchObject({ type: "sent", receiptId: expect.stringMatching(/-\d+\.\d+$/) });
    const parts = await accepted();
    expect(parts.map(({ part }) => [part?.number, part?.total])).toEqual([
      [1, 2],
      [2, 2],
    ]);
    expect(parts.map(({ text }) => text).join("")).toMatch(/^【很长.*回复7431签收$/);
    await inbox.until(() => inbox.receipts.length > 0);
    expect(inbox.receipts[0]).toMatchObject({ state: "delivered" });
  });

  it.each([
    ["+CMS ERROR: 38", { type: "failed", lost: false, outcome: "CMS 38：网络故障 / the network is out of order" }],
    ["+CMS ERROR: 42", { type: "failed", lost: false, retryAfterMs: 30_000 }],
    ["+CMS ERROR: 332", { type: "failed", lost: true }],
    ["+CMS ERROR: 1", { type: "refused", outcome: "CMS 1：号码未分配 / nobody has this number" }],
    ["+CMS ERROR: 8", { type: "failed", lost: false, retryAfterMs: 600_000 }],
    ["+CME ERROR: 14", { type: "failed", lost: false, outcome: "CME 14：SIM 卡忙 / the SIM is busy" }],
    ["+CMS ERROR: 4711", { type: "failed", lost: false }],
    ["ERROR", { type: "failed", lost: false }],
  ])("that answers %s", async (submit, expected) => {
    await modem.behave({ submit, count: 1 });
    const channel = await open();
    expect(await send(channel)).toMatchObject(expected);
    expect(await send(channel)).toEqual(expect.objectContaining({ type: "sent" }));
    expect(await accepted()).toHaveLength(1);
  });

  it.each([
    ["hang", { type: "failed", lost: true, outcome: inWords("no answer to AT+CMGS") }, 1],
    ["hang-before-prompt", { type: "failed", lost: false, outcome: inWords("no answer to AT+CMGS") }, 0],
  ] as const)("that stops answering (%s) is reset and used again", async (submit, expected, count) => {
    const channel = await open({ commandTimeoutMs: 1_000, sendTimeoutMs: 1_000 });
    expect(await send(channel)).toEqual(expect.objectContaining({ type: "sent" }));
    const { resets } = await modem.get<Modem>("state");
    await modem.behave({ submit, count: 1 });
    expect(await send(channel)).toMatchObject(expected);
    expect(await accepted()).toHaveLength(1 + count);
    await eventually((now) => now.resets > resets);
    const again = async (): Promise<Delivery> => {
      const delivery = await send(channel);
      return delivery.type === "sent" ? delivery : again();
    };
    expect(await again()).toMatchObject({ type: "sent" });
    expect(await accepted()).toHaveLength(2 + count);
  });

  it.each([
    ["unplug", { type: "failed", lost: true }, 1],
    ["unplug-before", { type: "failed", lost: false }, 0],
  ] as const)("that is pulled out (%s) is used again when it is back", async (submit, expected, count) => {
    const [channel, inbox] = await listening();
    expect(await send(channel)).toEqual(expect.objectContaining({ type: "sent" }));
    await modem.behave({ submit, count: 1 });
    expect(await send(channel)).toMatchObject(expected);
    expect(await accepted()).toHaveLength(1 + count);
    await eventually(({ isOpen }) => isOpen);
    await modem.post("replies", { phone: "+8613900001234", text: "7431" });
    await inbox.until(() => inbox.replies.length > 0);
    expect(await send(channel)).toEqual(expect.objectContaining({ type: "sent" }));
  });

  it("that is not there lost nothing, and is found when it is plugged in", async () => {
    const channel = await open({ path: join(dir, "nothing") });
    expect(await send(channel)).toMatchObject({
      type: "failed",
      lost: false,
      outcome: expect.stringContaining("No such"),
    });
  });

  it("is nobody else's while it is open", async () => {
    const first = await open();
    expect(await send(first)).toMatchObject({ type: "sent" });
    const second = await open();
    expect(await send(second)).toMatchObject({ type: "failed", lost: false, outcome: expect.stringMatching(/lock/i) });
    expect(await send(first)).toMatchObject({ type: "sent" });
  });

  it.each([
    ["none", "没有网络（正在找网），信号未知 / no network (searching), signal unknown"],
    ["denied", "没有网络（被网络拒绝），信号 17/31 / no network (refused by the network), signal 17/31"],
  ])("without a network (%s) is not tried", async (network, why) => {
    await modem.behave({ network });
    const channel = await open();
    expect(await send(channel)).toEqual({ type: "failed", lost: false, retryAfterMs: 30_000, outcome: `CREG：${why}` });
    expect(await accepted()).toHaveLength(0);
  });

  it.each(["roaming", "lte"])("sends while it is %s", async (network) => {
    await modem.behave({ network });
    expect(await send(await open())).toMatchObject({ type: "sent" });
  });

  it("without the number of an SMS centre says so, with one uses it", async () => {
    await modem.behave({ serviceCentre: "" });
    expect(await send(await open())).toMatchObject({
      type: "failed",
      outcome: expect.stringContaining("serviceCentre"),
    });
    await opened.pop()?.close?.();
    await eventually(({ isOpen }) => !isOpen);
    expect(await send(await open({ serviceCentre: "+8613800500500" }))).toMatchObject({ type: "sent" });
    expect(await accepted()).toMatchObject([{ serviceCentre: "+8613800500500" }]);
  });

  it.each([[null], ["0592-1234567"], ["nobody"]])("is not asked to send to %s", async (phone) => {
    const channel = await open({ path: join(dir, "nothing") });
    expect(await send(channel, phone)).toMatchObject({ type: "refused" });
  });

  describe("its SIM", () => {
    const pinFile = (pin: string): string => {
      const path = join(dir, `pin-${Math.random()}`);
      writeFileSync(path, `${pin}\n`);
      return path;
    };
    const reopened = async (path: string | undefined): Promise<Delivery> => {
      await opened.pop()?.close?.();
      await eventually(({ isOpen }) => !isOpen);
      return send(await open({ pinFile: path }));
    };
    const tries = async (): Promise<number> => (await modem.get<Modem>("state")).pinTries;

    it.each(["cpinr", "spic", "unknown"])("is opened with its PIN (tries left: %s)", async (known) => {
      await modem.behave({ sim: "pin", tries: known });
      const path = pinFile("1234");
      expect(await reopened(path)).toMatchObject({ type: "sent" });
      await modem.post("restart");
      expect(await reopened(path)).toMatchObject({ type: "sent" });
    });

    it.each(["cpinr", "unknown"])(
      "gets a wrong PIN once and never again, over restarts (tries left: %s)",
      async (known) => {
        await modem.behave({ sim: "pin", tries: known, pin: "4711" });
        const path = pinFile("1234");
        for (let start = 0; start < 4; start++) {
          expect(await reopened(path)).toMatchObject({ type: "failed", lost: false, retryAfterMs: 60_000 });
        }
        expect(await tries()).toBe(2);
        await modem.behave({ sim: "pin", tries: known, pin: "1234" });
        if (known === "unknown") {
          // Somebody has looked into it and written the file anew.
          writeFileSync(path, "1234\n");
          utimesSync(path, new Date(), new Date(Date.now() + 1_000));
          expect(await reopened(path)).toMatchObject({ type: "sent" });
          return;
        }
        // With two tries left only a person tries.
        writeFileSync(path, "1234\n");
        expect(await reopened(path)).toMatchObject({
          type: "failed",
          outcome: expect.stringContaining("2 tries are left"),
        });
        await modem.behave({});
      },
    );

    it.each([
      ["pin", "SIM：SIM 卡需要 PIN，请设置 pinFile / the SIM wants its PIN: set pinFile"],
      ["puk", "SIM：SIM 卡已锁，需要 PUK（CME 12） / the SIM is locked and wants its PUK (CME 12)"],
      ["missing", "SIM：未插 SIM 卡（CME 10） / there is no SIM (CME 10)"],
    ])("that cannot be used (%s) is named", async (sim, why) => {
      await modem.behave({ sim });
      expect(await reopened(undefined)).toMatchObject({
        type: "failed",
        lost: false,
        outcome: why,
      });
    });
  });

  describe("what it receives", () => {
    it.each([
      ["ucs2", "签收 7431 😀"],
      ["gsm7", "ack 7431"],
      ["parted", "签收7431，已到现场😀"],
      ["parted-gsm7", "ack 7431 on my way"],
    ])("in %s is taken once and deleted", async (coding, text) => {
      const [, inbox] = await listening();
      await modem.post("replies", { phone: "+8613900001234", text, coding });
      await inbox.until(() => inbox.replies.length > 0);
      await eventually(({ stored }) => stored === 0);
      expect(inbox.replies).toMatchObject([{ phone: "+8613900001234", text }]);
    });

    it.each(["ucs2", "parted"])("and cannot be stored stays in the modem, over a restart (%s)", async (coding) => {
      const [channel, inbox] = await listening();
      inbox.failures = 1;
      await modem.post("replies", { phone: "13900001234", text: "签收7431", coding });
      await inbox.until(() => inbox.offered.length > 0);
      expect((await modem.get<Modem>("state")).stored).toBeGreaterThan(0);
      await channel.close?.();
      await eventually(({ isOpen }) => !isOpen);
      const [, later] = await listening();
      await later.until(() => later.replies.length > 0);
      await eventually(({ stored }) => stored === 0);
      expect(later.replies).toMatchObject([{ phone: "+8613900001234", id: inbox.offered[0]?.id, text: "签收7431" }]);
    });

    it("before it was opened, or without being told of, is found", async () => {
      await modem.behave({ tells: false });
      await modem.post("replies", { phone: "+8613900001234", text: "first" });
      const [, inbox] = await listening({ pollMs: 100 });
      await inbox.until(() => inbox.replies.length > 0);
      await modem.post("replies", { phone: "+8613900001234", text: "second" });
      await inbox.until(() => inbox.replies.length > 1);
      expect(inbox.replies.map(({ text }) => text)).toEqual(["first", "second"]);
    });

    it("as a report in a store of its own that nobody told of is found", async () => {
      await modem.behave({ tells: false, reportStore: "SR" });
      const [channel, inbox] = await listening({ pollMs: 100 });
      expect(await send(channel)).toEqual(expect.objectContaining({ type: "sent" }));
      await inbox.until(() => inbox.receipts.length > 0);
      expect(inbox.receipts[0]).toMatchObject({ state: "delivered" });
    });

    it("and cannot be read holds up nothing", async () => {
      await modem.post("stored", { store: "SM", pdu: "0891683108500005F0040D91" });
      await modem.post("replies", { phone: "+8613900001234", text: "no text", coding: "binary" });
      await modem.post("replies", { phone: "+8613900001234", text: "7431" });
      const [, inbox] = await listening();
      await inbox.until(() => inbox.replies.length > 0);
      await eventually(({ stored }) => stored === 0);
      expect(inbox.replies.map(({ text }) => text)).toEqual(["7431"]);
    });

    it("fills no place for ever: more than a SIM holds comes through", async () => {
      const [, inbox] = await listening();
      const texts = Array.from({ length: 45 }, (_, index) => `code ${index}`);
      for (const text of texts) await modem.post("replies", { phone: "+8613900001234", text });
      await inbox.until(() => inbox.replies.length === texts.length);
      expect(inbox.replies.map(({ text }) => text).sort()).toEqual([...texts].sort());
    });
  });
});

describe("what is handed to a modem", () => {
  const character = fc.oneof(
    fc.integer({ min: 0x4e00, max: 0x9fa5 }).map((code) => String.fromCodePoint(code)),
    fc.constantFrom("😀", "🥬", "𠮷", "a", "7", "，", "\n"),
  );
  const said = fc.array(character, { minLength: 1, maxLength: 200 }).map((characters) => characters.join(""));

  it("is read the same by a decoder that was written apart from it", () => {
    fc.assert(
      fc.property(
        said,
        fc.stringMatching(/^\+[1-9]\d{6,14}$/),
        fc.nat(255),
        fc.boolean(),
        (text, to, reference, statusReport) => {
          const pdus = encodeSubmits({ to, text, statusReport, reference });
          const read = pdus.map(({ hex, tpduBytes }) => readSubmit(hex, tpduBytes));
          expect(read.map((one) => one.text).join("")).toBe(text);
          expect(read.every((one) => one.to === to && one.wantsReport === statusReport)).toBe(true);
          expect(pdus.length === 1).toBe(text.length <= 70);
          // A character beyond the basic plane counts twice and is never cut in two.
          for (const { text: part } of read) expect(part).not.toMatch(/^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/);
          expect(read.map(({ part }) => part?.number ?? 1)).toEqual(read.map((_, index) => index + 1));
        },
      ),
    );
  });
});
