import { createHash } from "node:crypto";
import type { AwaitedReceipt, ChannelPorts, Inbound } from "../channel.ts";
import { internationalNumber } from "../sms/international-number.ts";
import type { Part } from "../sms/parted-texts.ts";
import { ReceiptOffers } from "../sms/receipt-offers.ts";
import type { Unsolicited } from "./at-dialogue.ts";
import type { ReadyModem } from "./modem-link.ts";
import { ModemReceipts } from "./modem-receipts.ts";
import { decodeIncoming, type Incoming } from "./pdu/incoming.ts";
import { PduFault } from "./pdu/semi-octets.ts";

/** What the inbox works with. */
export interface ModemInboxOptions {
  readonly channel: string;
  readonly ports: ChannelPorts;
  readonly country: string;
  readonly storage: "SM" | "ME";
  readonly timeoutMs: number;
}

interface Stored {
  readonly index: number;
  readonly pdu: string;
}

type Message = Extract<Incoming, { readonly type: "message" }>;

/** `+CMGL: 3,1,,24`: index, then status; 0 and 1 are received, 2 and 3 somebody's drafts. 3GPP TS 27.005 §4.1. */
const received = /^(\d{1,5}), ?[01],/u;
const toldStore = /^\+(?:CMTI|CDSI): ?"([A-Z]{2})", ?\d+$/u;
/** How long a message of several parts waits for the missing ones; then it is handed on with … in their place. */
const patienceMs = 3_600_000;
const mostDirect = 100;
const missing = "…";

/**
 * Takes what a modem receives: messages and reports. What is stored in it is read from there and deleted only after the
 * centre has it, so that nothing is lost when the process ends; what comes straight away is kept until it was taken.
 */
export class ModemInbox {
  readonly #options: ModemInboxOptions;
  readonly #receipts: ModemReceipts;
  readonly #offers: ReceiptOffers;
  /** Stores that the modem has named; it may keep reports in one of their own. */
  readonly #stores: Set<string>;
  /** When an incomplete message was first seen. */
  readonly #firstSeen = new Map<string, number>();
  #direct: string[] = [];
  /** What the centre could not take, of what was looked at last. */
  #refused = 0;
  #inbound: Inbound | undefined;

  constructor(options: ModemInboxOptions) {
    this.#options = options;
    this.#receipts = new ModemReceipts(options.country);
    this.#offers = new ReceiptOffers(options.ports);
    this.#stores = new Set([options.storage]);
  }

  listen(inbound: Inbound): void {
    this.#inbound = inbound;
  }

  watch(awaited: readonly AwaitedReceipt[]): void {
    for (const one of awaited) this.#receipts.add(one);
  }

  /** Notes that the modem said something by itself. */
  told({ line, pdu }: Unsolicited): void {
    const store = toldStore.exec(line)?.[1];
    if (store !== undefined && this.#stores.size < 8) this.#stores.add(store);
    if (pdu !== "" && this.#direct.length < mostDirect) this.#direct.push(pdu);
  }

  /** Takes everything that is there. False when something has to be offered again, or the modem did not answer. */
  async empty({ dialogue, reportStore }: ReadyModem): Promise<boolean> {
    if (this.#inbound === undefined) return true;
    if (reportStore) this.#stores.add("SR");
    const { storage, timeoutMs } = this.#options;
    let isAll = await this.#takeDirect();
    for (const store of this.#stores) {
      if (this.#stores.size > 1 && !(await this.#select(dialogue, store))) {
        if (dialogue.isGone) return false;
        continue;
      }
      // 4: all of them, 3GPP TS 27.005 §4.1.
      const result = await dialogue.run({
        text: "AT+CMGL=4",
        prefix: "+CMGL:",
        hasPdus: true,
        timeoutMs: 4 * timeoutMs,
      });
      if (result.type !== "ok") return false;
      const stored = result.lines.flatMap(({ text, pdu }) => {
        const index = received.exec(text)?.[1];
        return index === undefined || pdu === "" ? [] : [{ index: Number(index), pdu }];
      });
      for (const index of await this.#take(stored)) {
        if ((await dialogue.run({ text: `AT+CMGD=${index}`, timeoutMs })).type !== "ok") return false;
      }
      isAll &&= this.#refused === 0;
    }
    if (this.#stores.size > 1) await this.#select(dialogue, storage);
    return isAll;
  }

  async #select(dialogue: ReadyModem["dialogue"], store: string): Promise<boolean> {
    const { timeoutMs } = this.#options;
    return (await dialogue.run({ text: `AT+CPMS="${store}"`, timeoutMs })).type === "ok";
  }

  async #takeDirect(): Promise<boolean> {
    const direct = this.#direct;
    this.#direct = [];
    const taken = await this.#take(direct.map((pdu, index) => ({ index, pdu })));
    const left = direct.filter((_, index) => !taken.includes(index));
    this.#direct.unshift(...left);
    return left.length === 0;
  }

  /** Hands on what is whole. Returns the places that are done with. */
  async #take(stored: readonly Stored[]): Promise<readonly number[]> {
    const done: number[] = [];
    const parted = new Map<string, { readonly message: Message; readonly part: Part; readonly index: number }[]>();
    this.#refused = 0;
    for (const { index, pdu } of stored) {
      const incoming = this.#read(pdu);
      if (incoming?.type === "message" && incoming.part !== undefined) {
        const { from, part } = incoming;
        const key = `${from} ${part.reference} ${part.total}`;
        parted.set(key, [...(parted.get(key) ?? []), { message: incoming, part, index }]);
      } else if (incoming === undefined || (await this.#offer(incoming))) done.push(index);
      else this.#refused++;
    }
    for (const key of this.#firstSeen.keys()) if (!parted.has(key)) this.#firstSeen.delete(key);
    for (const [key, parts] of parted) {
      const whole = this.#whole(key, parts);
      if (whole === undefined) continue;
      if (await this.#offer(whole)) done.push(...parts.map(({ index }) => index));
      else this.#refused++;
    }
    return done;
  }

  #read(pdu: string): Incoming | undefined {
    try {
      return decodeIncoming(pdu);
    } catch (error) {
      if (!(error instanceof PduFault)) throw error;
      const { channel, ports } = this.#options;
      const pduSha256 = createHash("sha256").update(pdu).digest("hex");
      ports.log.warn({ channel, why: error.message, chars: pdu.length, pduSha256 }, "a message cannot be read");
      return undefined;
    }
  }

  /** The message of these parts, when they are all there, or have waited too long for the rest. */
  #whole(key: string, parts: readonly { readonly message: Message; readonly part: Part }[]): Message | undefined {
    const nowMs = this.#options.ports.nowMs();
    const [first] = parts;
    if (first === undefined) return undefined;
    const texts = new Map(parts.map(({ message, part }) => [part.number, message.text ?? ""]));
    const sinceMs = this.#firstSeen.get(key) ?? nowMs;
    this.#firstSeen.set(key, sinceMs);
    if (texts.size < first.part.total && nowMs - sinceMs <= patienceMs) return undefined;
    const text = Array.from({ length: first.part.total }, (_, index) => texts.get(index + 1) ?? missing).join("");
    const stamps = parts.map(({ message }) => message.stamp).sort();
    return { type: "message", from: first.message.from, text, stamp: stamps[0] ?? "" };
  }

  /** True when the centre has it, or it is nothing for it. */
  async #offer(incoming: Incoming): Promise<boolean> {
    const { ports, channel, country } = this.#options;
    const inbound = this.#inbound;
    if (inbound === undefined) return false;
    if (incoming.type === "report") {
      const receipt = this.#receipts.settle(incoming, ports.nowMs());
      if (receipt === undefined) return true;
      if (!(await this.#offers.offer(inbound, receipt))) return false;
      this.#receipts.forget(receipt.receiptId);
      return true;
    }
    const { from, text, stamp } = incoming;
    if (text === undefined) return true;
    const id = createHash("sha256")
      .update(JSON.stringify([from, stamp, text]))
      .digest("hex")
      .slice(0, 32);
    try {
      inbound.onReply({ id, phone: internationalNumber(from, country) ?? from, text, atMs: ports.nowMs() });
      return true;
    } catch (error) {
      ports.log.warn({ err: error, channel }, "a reply could not be stored; it stays in the modem");
      return false;
    }
  }

  close(): void {
    this.#offers.close();
  }
}
