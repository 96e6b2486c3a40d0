import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Channel, ChannelPorts, Delivery } from "../src/channels/channel.ts";
import { inWords } from "../src/channels/in-words.ts";
import { channelPorts, openChannels } from "../src/channels/index.ts";
import { tryChannel } from "../src/commands/try-channel.ts";
import { createAuthority, createServerCertificate } from "../src/keys/certificate-issuer.ts";
import { SimulatorProcess } from "./simulator-process.ts";
import { outgoingTo, TestedInbox } from "./tested-inbox.ts";

interface Smsc {
  readonly connections: number;
  readonly binds: number;
  readonly enquiries: number;
  readonly waiting: number;
  readonly mostOutstanding: number;
  readonly complaints: readonly string[];
  readonly taken: readonly { readonly kind: string; readonly what: string; readonly status: number }[];
}
interface Message {
  readonly number: number;
  readonly phone: string;
  readonly text: string;
  readonly units: number;
  readonly answered: boolean;
}

let dir: string;
let smsc: SimulatorProcess;
const opened: Channel[] = [];
const never = new AbortController().signal;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "mc-smsc-"));
  smsc = await SimulatorProcess.start("smsc", "--dir", dir, "--oracle", join(dir, "accepted.jsonl"));
});
afterAll(async () => {
  await smsc.stop();
  rmSync(dir, { recursive: true });
});
beforeEach(() => smsc.behave({}));
afterEach(async () => {
  for (const channel of opened.splice(0)) await channel.close?.();
});

/** Reconnecting and offering again are forty times as fast as in life; what is due within a second is on time. */
const hasty = (log = pino({ level: "silent" })): ChannelPorts => {
  const ports = channelPorts(log);
  return { ...ports, random: () => 0, later: (task, ms) => ports.later(task, ms >= 2_000 ? ms / 40 : ms) };
};

const open = async (changes: Readonly<Record<string, unknown>> = {}, ports = hasty()): Promise<Channel> => {
  const [channel] = await openChannels([smsc.settings(changes)], ports);
  if (channel === undefined) throw new Error("no channel");
  opened.push(channel);
  return channel;
};

let number = 0;
const freshPhone = (): string => `138${String(++number).padStart(8, "0")}`;
const send = (channel: Channel, phone = freshPhone()): Promise<Delivery> =>
  channel.send(outgoingTo(phone), new AbortController().signal);
const shown = async (phone: string): Promise<readonly Message[]> =>
  (await smsc.get<{ messages: Message[] }>("messages")).messages.filter((one) => one.phone === `86${phone}`);
const state = (): Promise<Smsc> => smsc.get<Smsc>("state");
const eventually = (holds: (now: Smsc) => boolean): Promise<Smsc> => smsc.eventually<Smsc>(holds);

describe("an SMS centre", () => {
  it("takes a message in Chinese as one segment, and its receipt comes back", async () => {
    const channel = await open();
    const inbox = new TestedInbox();
    channel.listen?.(inbox);
    const phone = freshPhone();
    const delivery = await send(channel, `+86 ${phone.slice(0, 3)} ${phone.slice(3)}`);
    expect(delivery).toMatchObject({ type: "sent", outcome: "ESME_ROK：短信中心已接收 / accepted" });
    const text = "【明秤监管】关注预警：松柏市场快检阳性韭菜，14:05。回复7431签收";
    expect(await shown(phone)).toMatchObject([{ text, units: text.length, answered: true }]);
    await inbox.until(() => inbox.receipts.length > 0);
    const { receiptId } = delivery as { receiptId?: string };
    expect(inbox.receipts[0]).toMatchObject({ receiptId, state: "delivered", outcome: "DELIVRD：已送达 / delivered" });
    expect((await state()).complaints).toEqual([]);
  });

  it("says that a message was not delivered, and with which code of the network", async () => {
    await smsc.behave({ receipts: "undelivered" });
    const channel = await open();
    const inbox = new TestedInbox();
    channel.listen?.(inbox);
    await send(channel);
    await inbox.until(() => inbox.receipts.length > 0);
    expect(inbox.receipts[0]).toMatchObject({
      state: "undelivered",
      outcome: "UNDELIV 027：无法送达 / cannot be delivered",
    });
  });

  it("may be faster with the receipt than with the answer: it is offered again when the id is known", async () => {
    await smsc.behave({ receipts: "early" });
    const channel = await open();
    const inbox = new TestedInbox();
    channel.listen?.(inbox);
    const delivery = (await send(channel)) as { receiptId?: string };
    const before = inbox.receipts.length;
    await inbox.until(() => inbox.receipts.length > before);
    expect(inbox.receipts.at(-1)).toMatchObject({ receiptId: delivery.receiptId, state: "delivered" });
  });

  it.each([
    ["as-is", "text"],
    ["as-is", "parameters"],
    ["hex-then-decimal", "text"],
    ["decimal-then-hex", "text"],
    ["hex-then-decimal", "both"],
  ] as const)("names messages %s, in %s", async (messageIds, receiptForm) => {
    await smsc.behave({ messageIds, receiptForm });
    const channel = await open({ messageIds });
    const inbox = new TestedInbox();
    channel.listen?.(inbox);
    const { receiptId } = (await send(channel)) as { receiptId?: string };
    await inbox.until(() => inbox.receipts.length > 0);
    expect(inbox.receipts[0]).toMatchObject({ receiptId, state: "delivered" });
  });

  it("whose receipts have ids in another form than set gets a line in the log that says so", async () => {
    await smsc.behave({ messageIds: "hex-then-decimal", receiptForm: "text" });
    const lines: string[] = [];
    const log = pino({ level: "warn" }, { write: (line: string) => void lines.push(line) });
    const channel = await open({}, hasty(log));
    const inbox = new TestedInbox();
    channel.listen?.(inbox);
    await send(channel);
    await inbox.until(() => inbox.receipts.length > 0);
    expect(lines.join("")).toContain('"messageIds":"hex-then-decimal"');
  });

  it.each([
    [
      "throttled",
      { type: "failed", lost: false, retryAfterMs: 5_000, outcome: expect.stringMatching(/^ESME_RTHROTTLED/) },
    ],
    [
      "queue-full",
      { type: "failed", lost: false, retryAfterMs: 30_000, outcome: expect.stringMatching(/^ESME_RMSGQFUL/) },
    ],
    ["invalid-destination", { type: "refused", outcome: expect.stringMatching(/^ESME_RINVDSTADR/) }],
    ["system-error", { type: "failed", lost: false, outcome: expect.stringMatching(/^ESME_RSYSERR/) }],
    ["nack", { type: "failed", lost: false, outcome: expect.stringMatching(/^ESME_RSYSERR/) }],
    ["lost", { type: "failed", lost: true }],
    ["cut", { type: "failed", lost: true }],
    ["silent", { type: "failed", lost: true, outcome: inWords("timeout") }],
    ["garbage", { type: "failed", lost: true, outcome: expect.stringMatching(/^not SMPP/) }],
  ] as const)("that answers %s", async (submit, expected) => {
    await smsc.behave({ submit, count: 1 });
    const channel = await open({ timeoutMs: 300 });
    const phone = freshPhone();
    expect(await send(channel, phone)).toMatchObject(expected);
    const accepted = ["lost", "silent"].includes(submit) ? 1 : 0;
    expect(await shown(phone)).toHaveLength(accepted);
    const again = async (): Promise<Delivery> => {
      const delivery = await send(channel, phone);
      return delivery.type === "sent" || delivery.outcome !== inWords("connection closed") ? delivery : again();
    };
    // It goes on by itself, over a new connection where the old one is gone.
    await eventually(({ connections }) => connections === 1);
    expect(await again()).toMatchObject({ type: "sent" });
    expect(await shown(phone)).toHaveLength(accepted + 1);
  });

  it.each([
    ["wrong-password", "ESME_RINVPASWD", 600_000],
    ["already-bound", "ESME_RALYBND", 600_000],
    // Passes by itself: the next message may go as soon as it is asked again.
    ["busy", "ESME_RSYSERR", 60_000],
  ] as const)("that lets nobody in (%s) is asked rarely", async (bind, name, retryAfterMs) => {
    await smsc.behave({ bind });
    const channel = await open();
    const delivery = await send(channel);
    expect(delivery).toMatchObject({ type: "failed", lost: false, retryAfterMs });
    expect(delivery.outcome).toMatch(new RegExp(`^${name}`));
    const { binds } = await state();
    await send(channel);
    expect((await state()).binds).toBe(binds);
  });

  it("that is not there lost nothing", async () => {
    const channel = await open({ port: 1 });
    expect(await send(channel)).toEqual({ type: "failed", outcome: inWords("ECONNREFUSED"), lost: false });
  });

  it("that takes the connection and says nothing", async () => {
    await smsc.behave({ bind: "silent" });
    const channel = await open({ timeoutMs: 200 });
    expect(await send(channel)).toEqual({ type: "failed", outcome: inWords("timeout"), lost: false });
  });

  it("has at most so many without answer, and all are sent in the end", async () => {
    await smsc.behave({ delayMs: 20 });
    const channel = await open({ window: 4 });
    const phones = Array.from({ length: 20 }, freshPhone);
    const deliveries = await Promise.all(phones.map((phone) => send(channel, phone)));
    expect(deliveries.every(({ type }) => type === "sent")).toBe(true);
    expect((await state()).mostOutstanding).toBe(4);
  });

  it("is asked whether it is there, and left when it is not", async () => {
    const channel = await open({ enquireLinkMs: 100, timeoutMs: 200 });
    channel.listen?.(new TestedInbox());
    const { enquiries } = await state();
    await eventually((now) => now.enquiries > enquiries + 1);
    const { binds } = await state();
    await smsc.behave({ bind: "silent" });
    await eventually((now) => now.connections === 0 || now.binds > binds);
    await smsc.behave({});
    await eventually((now) => now.connections === 1);
  });

  it.each(["cut", "unbind"])(
    "that ends the connection (%s) is connected to again, and gives what it kept",
    async (how) => {
      const channel = await open();
      const inbox = new TestedInbox();
      channel.listen?.(inbox);
      await eventually(({ connections }) => connections === 1);
      const { binds } = await state();
      await smsc.post(how);
      await smsc.post("replies", { phone: "8613900001234", text: "7431" });
      await inbox.until(() => inbox.replies.length > 0);
      expect((await state()).binds).toBeGreaterThan(binds);
    },
  );

  it("breaks off when it is told to stop, and says that the answer is lost", async () => {
    await smsc.behave({ submit: "silent", count: 1 });
    const channel = await open();
    await eventually(({ connections }) => connections === 0);
    const stop = new AbortController();
    const sending = channel.send(outgoingTo(freshPhone()), stop.signal);
    const { messages } = await smsc.get<{ messages: Message[] }>("messages");
    await smsc.eventually<{ messages: Message[] }>((now) => now.messages.length > messages.length, "messages");
    stop.abort();
    expect(await sending).toEqual({ type: "failed", outcome: inWords("stopped"), lost: true });
    expect(await channel.send(outgoingTo(freshPhone()), stop.signal)).toEqual({
      type: "failed",
      outcome: inWords("stopped"),
      lost: false,
    });
  });

  it("is spoken to over TLS, and only with a certificate that is trusted", async () => {
    const authority = await createAuthority("test", Date.now());
    const { certPem, keyPem } = await createServerCertificate(authority, ["127.0.0.1"], Date.now());
    const file = (name: string, text: string): string => {
      writeFileSync(join(dir, name), text);
      return join(dir, name);
    };
    const pem = {
      key: file("key.pem", keyPem),
      cert: file("cert.pem", certPem),
      ca: file("ca.pem", authority.certPem),
    };
    const tlsDir = join(dir, "tls");
    const own = await SimulatorProcess.start("smsc", "--dir", tlsDir, "--key", pem.key, "--cert", pem.cert);
    try {
      const trusting = await openChannels([own.settings({ caFile: pem.ca })], hasty());
      const strict = await openChannels([own.settings({ caFile: undefined })], hasty());
      opened.push(...trusting, ...strict);
      expect(await send(trusting[0] as Channel)).toMatchObject({ type: "sent" });
      expect(await send(strict[0] as Channel)).toMatchObject({
        ...{ type: "failed", lost: false, outcome: expect.stringMatching(/CERT|ISSUER|SIGN/) },
      });
    } finally {
      await own.stop();
    }
  });
});

describe("a message to try an SMS centre", () => {
  it("waits for its own receipt, and leaves what is the centre's to the centre", async () => {
    const first = await open();
    const { receiptId } = (await send(first)) as { readonly receiptId?: string };
    // Nobody listens there: the receipt is refused, and waits for whoever signs in next.
    await eventually(({ taken }) => taken.at(-1)?.status === 0x64);
    await first.close?.();
    const config = join(dir, "try.yaml");
    writeFileSync(config, JSON.stringify({ channels: [smsc.settings()] }));
    const lines: string[] = [];
    const code = await tryChannel("smsc", { config, phone: freshPhone(), wait: "20" }, (line) => void lines.push(line));
    expect([code, lines.at(-1)]).toEqual([0, "Receipt: DELIVRD: delivered"]);
    const inbox = new TestedInbox();
    (await open()).listen?.(inbox);
    await inbox.until(() => inbox.receipts.some((receipt) => receipt.receiptId === receiptId));
  });
});

describe("a reply to an SMS centre", () => {
  it.each([
    ["ucs2", "签收 7431"],
    ["gsm7", "ack 7431"],
    ["latin1", "7431 Übergabe"],
    ["gbk", "签收7431"],
    ["parted", "签收7431，已到现场"],
  ])("in %s is taken, once", async (coding, text) => {
    const channel = await open();
    const inbox = new TestedInbox();
    channel.listen?.(inbox);
    await smsc.post("replies", { phone: "8613900001234", text, coding });
    await inbox.until(() => inbox.replies.length > 0);
    const { taken } = await eventually(({ waiting }) => waiting === 0);
    expect(inbox.replies).toMatchObject([{ phone: "+8613900001234", text }]);
    expect(taken.at(-1)).toMatchObject({ kind: "reply", status: 0 });
  });

  it.each(["ucs2", "parted"])(
    "that cannot be stored is refused, comes again under the same id, and is taken (%s)",
    async (coding) => {
      const channel = await open();
      const inbox = new TestedInbox();
      inbox.failures = 2;
      channel.listen?.(inbox);
      const text = `签收 ${coding} 7432`;
      await smsc.post("replies", { phone: "8613900001234", text, coding });
      await inbox.until(() => inbox.replies.length > 0);
      const { taken } = await eventually(({ waiting }) => waiting === 0);
      expect(inbox.replies).toHaveLength(1);
      expect(new Set(inbox.offered.map(({ id }) => id)).size).toBe(1);
      expect(inbox.offered).toHaveLength(3);
      const about = taken.filter(({ what }) => what.includes(text)).map(({ status }) => status);
      expect(about.slice(-3)).toEqual([0x64, 0x64, 0]);
    },
  );

  it("waits at the SMS centre until somebody listens", async () => {
    const channel = await open();
    await send(channel);
    await smsc.post("replies", { phone: "8613900001234", text: "7433" });
    await eventually(({ taken }) => taken.some(({ what, status }) => what.includes("7433") && status === 0x64));
    const inbox = new TestedInbox();
    channel.listen?.(inbox);
    await inbox.until(() => inbox.replies.length > 0);
    expect(inbox.replies[0]?.text).toBe("7433");
  });
});

describe("what a channel to an SMS centre sends", () => {
  it.each([[null], ["0592-1234567"], ["12345"], ["nobody"]])("nothing to %s", async (phone) => {
    const channel = await open({ port: 1 });
    expect(await channel.send(outgoingTo(phone), never)).toMatchObject({ type: "refused" });
  });

  it("longer texts as one payload, where that is wanted", async () => {
    const signName = `一个${"很长".repeat(13)}的`;
    const channel = await open({ signName, concatenate: true });
    const phone = freshPhone();
    const said = { site: "松".repeat(10), subject: "快".repeat(14) };
    expect(await channel.send(outgoingTo(phone, said), never)).toMatchObject({ type: "sent" });
    const [message] = await shown(phone);
    expect(message?.text).toMatch(/^【一个.*回复7431签收$/);
    expect(message?.units).toBeGreaterThan(70);
  });

  it("one segment, whatever is in names", async () => {
    const channel = await open();
    const phone = freshPhone();
    await channel.send(outgoingTo(phone, { site: "😀".repeat(10), subject: "🥬".repeat(14) }), never);
    const [message] = await shown(phone);
    expect(message?.units).toBeLessThanOrEqual(70);
    expect(message?.text).toMatch(/回复7431签收$/);
  });

  it("numbers as the network wants them", async () => {
    const channel = await open({ numberForm: "national" });
    const phone = freshPhone();
    await channel.send(outgoingTo(`0086${phone}`), never);
    const { messages } = await smsc.get<{ messages: { phone: string; ton: number }[] }>("messages");
    expect(messages.at(-1)).toMatchObject({ phone, ton: 2 });
  });

  it("nothing any more after it was closed", async () => {
    const channel = await open();
    await send(channel);
    await channel.close?.();
    expect(await send(channel)).toEqual({ type: "failed", outcome: inWords("closed"), lost: false });
    await eventually(({ connections }) => connections === 0);
  });
});
