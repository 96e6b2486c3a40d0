import type { AwaitedReceipt, DeliveryReceipt } from "../channel.ts";
import { internationalNumber } from "../sms/international-number.ts";
import { type Incoming, reportState } from "./pdu/incoming.ts";

type Report = Extract<Incoming, { readonly type: "report" }>;

interface Awaiting {
  readonly receiptId: string;
  readonly phone: string;
  readonly sentMs: number;
  /** References of parts of which no report has come. */
  readonly left: Set<number>;
}

const mostAwaited = 1_000;

/** Id of a message of a modem: when it was sent, and the references that the modem gave its parts. */
export const receiptIdOf = (sentMs: number, references: readonly number[]): string =>
  `${sentMs.toString(36)}-${references.join(".")}`;

const referencesIn = (receiptId: string): readonly number[] =>
  (receiptId.split("-", 2)[1] ?? "")
    .split(".")
    .filter((one) => /^\d{1,3}$/u.test(one))
    .map(Number);

const statusWords: Readonly<Record<number, string>> = {
  0: "已送达 / delivered",
  64: "对方不可达 / the receiver cannot be reached",
  65: "目的地不兼容 / incompatible destination",
  67: "号码不可用 / not obtainable",
  70: "有效期内未送达 / not delivered within its validity",
};

/**
 * Finds out what a status report is about. Networks name messages by number and a reference of 0 to 255 that comes again
 * and again: of several that fit, it is the one that was sent nearest to when the network took it.
 */
export class ModemReceipts {
  readonly #country: string;
  #awaiting: Awaiting[] = [];

  constructor(country: string) {
    this.#country = country;
  }

  add({ receiptId, phone, sentMs }: AwaitedReceipt): void {
    const left = new Set(referencesIn(receiptId));
    if (left.size === 0 || this.#awaiting.some((one) => one.receiptId === receiptId)) return;
    this.#awaiting.push({ receiptId, phone: internationalNumber(phone, this.#country) ?? phone, sentMs, left });
    if (this.#awaiting.length > mostAwaited) this.#awaiting.shift();
  }

  /**
   * The receipt that a report completes; undefined when it is about nothing of ours, or not the last word. The same report
   * gives the same one until `forget`.
   */
  settle({ reference, to, takenMs, status }: Report, nowMs: number): DeliveryReceipt | undefined {
    const state = reportState(status);
    const phone = internationalNumber(to, this.#country) ?? to;
    const nearMs = takenMs ?? nowMs;
    const [found] = this.#awaiting
      .filter((one) => one.phone === phone && one.left.has(reference))
      .sort((one, other) => Math.abs(one.sentMs - nearMs) - Math.abs(other.sentMs - nearMs));
    if (found === undefined || state === "undecided") return undefined;
    if (state === "delivered" && found.left.size > 1) {
      found.left.delete(reference);
      return undefined;
    }
    const code = `0x${status.toString(16).padStart(2, "0")}`;
    const outcome = `${code}：${statusWords[status] ?? "未送达 / not delivered"}`;
    return { receiptId: found.receiptId, state, outcome, atMs: nowMs };
  }

  /** Its receipt was taken. */
  forget(receiptId: string): void {
    this.#awaiting = this.#awaiting.filter((one) => one.receiptId !== receiptId);
  }
}
