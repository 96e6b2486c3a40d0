import { createHash } from "node:crypto";
import type { AwaitedReceipt, ChannelPorts, Inbound, Reply } from "../channel.ts";
import { type Part, PartedTexts } from "../sms/parted-texts.ts";
import { ReceiptOffers } from "../sms/receipt-offers.ts";
import { finalStates, isReport, readReceipt } from "./delivery-receipt.ts";
import { readIncoming } from "./incoming-text.ts";
import { answeredId, fittingForm, type MessageIdForm } from "./message-id.ts";
import type { Address, DeliverFields } from "./smpp-pdu.ts";

/** What the inbox works with. */
export interface InboxOptions {
  readonly channel: string;
  readonly ports: Pick<ChannelPorts, "log" | "nowMs" | "later">;
  readonly messageIds: MessageIdForm;
}

const mostKnown = 10_000;
/** A network that did not get our answer sends the same again within minutes. */
const sameWithinMs = 10_000;
const mostRecent = 1_000;

interface Recent {
  readonly id: string;
  /** When it was taken; null while it was not. */
  takenMs: number | null;
}

const numberOf = ({ ton, digits }: Address): string => (ton === 1 && /^\d/u.test(digits) ? `+${digits}` : digits);

/**
 * Takes what an SMS centre hands over: receipts and replies. What cannot be stored now is refused, so that it comes again;
 * what comes again under the same circumstances has the same id.
 */
export class SmppInbox {
  readonly #options: InboxOptions;
  readonly #parts = new PartedTexts();
  readonly #offers: ReceiptOffers;
  /** Ids of messages whose receipts are waited for; only for a hint. */
  readonly #known = new Set<string>();
  readonly #recent = new Map<string, Recent>();
  #hinted = false;
  #inbound: Inbound | undefined;

  constructor(options: InboxOptions) {
    this.#options = options;
    this.#offers = new ReceiptOffers(options.ports);
  }

  listen(inbound: Inbound): void {
    this.#inbound = inbound;
  }

  watch(awaited: readonly AwaitedReceipt[]): void {
    for (const { receiptId } of awaited) this.expect(receiptId);
  }

  /** A receipt under this id may come. */
  expect(receiptId: string): void {
    this.#known.add(receiptId);
    const [oldest] = this.#known;
    if (this.#known.size > mostKnown && oldest !== undefined) this.#known.delete(oldest);
  }

  /** True when the centre has it; false: it must come again. Never rejects. */
  async take(deliver: DeliverFields): Promise<boolean> {
    const inbound = this.#inbound;
    if (inbound === undefined) return false;
    return isReport(deliver) ? this.#takeReport(inbound, deliver) : this.#takeText(inbound, deliver);
  }

  close(): void {
    this.#offers.close();
  }

  async #takeReport(inbound: Inbound, deliver: DeliverFields): Promise<boolean> {
    const { channel, ports, messageIds } = this.#options;
    const receipt = readReceipt(deliver);
    const final = receipt === undefined ? undefined : finalStates[receipt.state];
    // Telephones' own acknowledgements, and states on the way.
    if (receipt === undefined || final === undefined) return true;
    const form = receipt.idFrom === "parameter" ? "as-is" : messageIds;
    const other = fittingForm(receipt.id, form, (id) => this.#known.has(id));
    if (other !== undefined && !this.#hinted) {
      this.#hinted = true;
      ports.log.warn({ channel, messageIds: other }, "receipts have ids in another form: set messageIds like this");
    }
    const words = `${receipt.state}${receipt.error === "000" ? "" : ` ${receipt.error}`}`;
    return this.#offers.offer(inbound, {
      receiptId: answeredId(receipt.id, form),
      state: final.delivered ? "delivered" : "undelivered",
      outcome: `${words}：${final.zh} / ${final.en}`,
      atMs: ports.nowMs(),
    });
  }

  #takeText(inbound: Inbound, deliver: DeliverFields): boolean {
    const { channel, ports } = this.#options;
    const from = numberOf(deliver.source);
    const nowMs = ports.nowMs();
    this.#parts.expire(nowMs, (whole) => this.#offer(inbound, whole.from, whole.text));
    const { text, part } = readIncoming(deliver);
    if (text === undefined) {
      ports.log.info({ channel, dataCoding: deliver.dataCoding }, "a message that is no text");
      return true;
    }
    if (part === undefined) return this.#offer(inbound, from, text);
    const whole = this.#parts.take(from, part, text, nowMs);
    return whole === undefined || this.#offerWhole(inbound, { from, text: whole.text, part });
  }

  #offerWhole(inbound: Inbound, { from, text, part }: { from: string; text: string; part: Part }): boolean {
    if (!this.#offer(inbound, from, text)) return false;
    this.#parts.forget(from, part);
    return true;
  }

  #offer(inbound: Inbound, phone: string, text: string): boolean {
    const { channel, ports } = this.#options;
    const nowMs = ports.nowMs();
    const recent = this.#idOf(phone, text, nowMs);
    const reply: Reply = { id: recent.id, phone, text, atMs: nowMs };
    try {
      inbound.onReply(reply);
    } catch (error) {
      ports.log.warn({ err: error, channel }, "a reply could not be stored; the SMS centre sends it again");
      return false;
    }
    recent.takenMs = nowMs;
    return true;
  }

  /** SMPP has no id of what comes in: the same text from the same number, right after it or never taken, is the same. */
  #idOf(phone: string, text: string, nowMs: number): Recent {
    const key = createHash("sha256")
      .update(JSON.stringify([phone, text]))
      .digest("hex")
      .slice(0, 32);
    const before = this.#recent.get(key);
    if (before !== undefined && (before.takenMs === null || nowMs - before.takenMs < sameWithinMs)) return before;
    const fresh: Recent = { id: `${key}-${nowMs.toString(36)}`, takenMs: null };
    this.#recent.delete(key);
    this.#recent.set(key, fresh);
    const [oldest] = this.#recent.keys();
    if (this.#recent.size > mostRecent && oldest !== undefined) this.#recent.delete(oldest);
    return fresh;
  }
}
