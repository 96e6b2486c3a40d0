import { SendCounter, type SendLimit } from "./send-limits.ts";

/** Who pretends to be whom. */
export type ProviderName = "aliyun" | "tencent" | "wecom";

/** A message that a provider has accepted: it is on its way to the telephone or in the group. */
export interface AcceptedMessage {
  readonly provider: ProviderName;
  /** `BizId`, `SerialNo`, or a running number. */
  readonly id: string;
  /** 11 digits; empty for a group. */
  readonly phone: string;
  /** What the telephone shows, with the signature. */
  readonly text: string;
  readonly template: string;
  /** `OutId`, `SessionContext`. */
  readonly reference: string;
  readonly atMs: number;
  /** False when the connection was cut instead of answering: the sender does not know. */
  readonly answered: boolean;
  readonly receipt: "delivered" | "undelivered" | "none";
  /** When the receipt can be asked for. */
  readonly receiptAtMs: number;
}

/** How the providers behave from now on. */
export interface Behaviour {
  /**
   * `normal`; `reset`: cuts connections; `unavailable`: HTTP 503; `nonsense`: answers what cannot be understood; `lost`:
   * accepts and cuts the connection; anything else: a code that every message is answered with.
   */
  readonly answer: string;
  /** For so many requests, then `normal` again; null: until told otherwise. */
  readonly count: number | null;
  /** Answers come so late. */
  readonly delayMs: number;
  readonly receipts: "delivered" | "undelivered" | "none";
  readonly receiptDelayMs: number;
}

/** A reply that waits to be fetched. */
export interface WaitingReply {
  readonly phone: string;
  readonly text: string;
  readonly atMs: number;
}

/** Limits of each provider; all for one number, or one robot. */
export type Limits = Readonly<Record<ProviderName, readonly SendLimit[]>>;

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/**
 * The providers' defaults: Aliyun 50 notices a day for number, signature and template; Tencent one equal message in 30
 * seconds and here 50 a day; a WeCom robot 20 a minute.
 */
export const defaultLimits: Limits = {
  aliyun: [{ windowMs: dayMs, most: 50 }],
  tencent: [{ windowMs: dayMs, most: 50 }],
  wecom: [{ windowMs: minuteMs, most: 20 }],
};

export const normalBehaviour: Behaviour = {
  answer: "normal",
  count: null,
  delayMs: 0,
  receipts: "delivered",
  receiptDelayMs: 0,
};

const mostKept = 100_000;

/** Everything that the simulated providers know. */
export class ProviderState {
  readonly messages: AcceptedMessage[] = [];
  readonly replies: WaitingReply[] = [];
  readonly counter = new SendCounter();
  /** How often each provider answered with each code. */
  readonly answers: Record<string, number> = {};
  readonly #nonces = new Map<string, number>();
  readonly #realNowMs: () => number;
  readonly #onAccepted: (message: AcceptedMessage) => void;
  behaviour: Behaviour = normalBehaviour;
  limits: Limits = defaultLimits;
  #advancedMs = 0;
  #accepted = 0;

  constructor(realNowMs: () => number, onAccepted: (message: AcceptedMessage) => void) {
    this.#realNowMs = realNowMs;
    this.#onAccepted = onAccepted;
  }

  /** The providers' clock, milliseconds since 1970. */
  nowMs(): number {
    return this.#realNowMs() + this.#advancedMs;
  }

  /** Sets the providers' clock forward. */
  advance(ms: number): void {
    this.#advancedMs += ms;
  }

  /** False when a nonce was used within a quarter of an hour. */
  freshNonce(nonce: string): boolean {
    const nowMs = this.nowMs();
    for (const [old, atMs] of this.#nonces) if (nowMs - atMs > 15 * minuteMs) this.#nonces.delete(old);
    if (this.#nonces.has(nonce)) return false;
    this.#nonces.set(nonce, nowMs);
    return true;
  }

  /** Keeps a message; its number makes ids. */
  accept(message: Pick<AcceptedMessage, "provider" | "phone" | "text" | "template" | "reference">): AcceptedMessage {
    const number = ++this.#accepted;
    const atMs = this.nowMs();
    const id = message.provider === "aliyun" ? `${900_000_000_000 + number}^0` : `2028:f${number}`;
    const { answer, receipts, receiptDelayMs } = this.behaviour;
    const accepted: AcceptedMessage = {
      ...{ ...message, id, atMs, answered: answer !== "lost" },
      ...{ receipt: message.provider === "wecom" ? "none" : receipts, receiptAtMs: atMs + receiptDelayMs },
    };
    this.messages.push(accepted);
    if (this.messages.length > mostKept) this.messages.shift();
    this.#onAccepted(accepted);
    return accepted;
  }

  /** Counts an answer. */
  count(provider: ProviderName, code: string): void {
    const key = `${provider} ${code}`;
    this.answers[key] = (this.answers[key] ?? 0) + 1;
  }

  /** The behaviour for the next request, which uses up one of `count`. */
  nextBehaviour(): Behaviour {
    const { behaviour } = this;
    if (behaviour.count === null || behaviour.answer === "normal") return behaviour;
    const count = behaviour.count - 1;
    this.behaviour = count > 0 ? { ...behaviour, count } : { ...behaviour, answer: "normal", count: null };
    return behaviour;
  }
}
