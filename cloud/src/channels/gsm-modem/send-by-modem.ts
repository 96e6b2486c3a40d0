import type { ChannelPorts, Delivery } from "../channel.ts";
import { inWords } from "../in-words.ts";
import { deliveryOf, type Verdict } from "../sms/verdict.ts";
import type { Unanswered } from "./at-dialogue.ts";
import type { ModemSettings } from "./gsm-modem-settings.ts";
import { modemVerdict } from "./modem-codes.ts";
import type { ReadyModem } from "./modem-link.ts";
import { receiptIdOf } from "./modem-receipts.ts";
import { encodeSubmits } from "./pdu/submit.ts";

/** A text to somebody. */
export interface ModemMessage {
  readonly own: ModemSettings;
  /** `+` and digits. */
  readonly phone: string;
  readonly text: string;
  readonly ports: Pick<ChannelPorts, "nowMs" | "random">;
}

/** What became of it. `isSilent`: the modem stopped answering on the way and needs looking after. */
export interface ModemDelivery {
  readonly delivery: Delivery;
  readonly isSilent: boolean;
}

const networkAgainMs = 30_000;

/** 3GPP TS 27.007 §7.2: at home, roaming; 6 and 7 the same for messages only. */
const registered: ReadonlySet<string> = new Set(["1", "5", "6", "7"]);
/** Those that say most come last. */
const states: Readonly<Record<string, readonly [zh: string, en: string]>> = {
  4: ["未知", "unknown"],
  0: ["未注册", "not registered"],
  2: ["正在找网", "searching"],
  3: ["被网络拒绝", "refused by the network"],
};
const byMeaning = ["4", "0", "2", "3"];

/** `signal`: 0 to 31; undefined when it is not known. */
const noNetwork = (state: string, signal: string | undefined): Verdict => {
  const [zh, en] = states[state] ?? ["未知", "unknown"];
  return {
    kind: "limit",
    zh: `没有网络（${zh}），信号${signal === undefined ? "未知" : ` ${signal}/31`}`,
    en: `no network (${en}), signal ${signal === undefined ? "unknown" : `${signal}/31`}`,
    retryAfterMs: networkAgainMs,
  };
};

/** `+CREG: 0,1` or, as some modems have it, `+CREG: 1`. */
const registrationIn = (text: string): string => /^(?:\d+, ?)?(\d+)/u.exec(text)?.[1] ?? "4";

/** Strength of the signal, 3GPP TS 27.007 §8.5: 0 to 31, 99 when it is not known. */
const signalOf = async ({ dialogue }: ReadyModem, timeoutMs: number): Promise<string | undefined> => {
  const result = await dialogue.run({ text: "AT+CSQ", prefix: "+CSQ:", timeoutMs });
  const strength = result.type === "ok" ? /^\d+/u.exec(result.lines[0]?.text ?? "")?.[0] : undefined;
  return strength === "99" ? undefined : strength;
};

/** Why nothing can be sent now; undefined when the modem is in a network. */
const withoutNetwork = async (modem: ReadyModem, timeoutMs: number): Promise<ModemDelivery | undefined> => {
  let state = "4";
  // In networks of the fourth generation only the second one knows.
  for (const name of ["CREG", "CEREG"]) {
    const result = await modem.dialogue.run({ text: `AT+${name}?`, prefix: `+${name}:`, timeoutMs });
    if (result.type === "silence" || result.type === "gone") return unanswered(result, false);
    if (result.type === "error") continue;
    const said = registrationIn(result.lines[0]?.text ?? "");
    if (registered.has(said)) return undefined;
    if (byMeaning.indexOf(said) > byMeaning.indexOf(state)) state = said;
  }
  const verdict = noNetwork(state, await signalOf(modem, timeoutMs));
  return { delivery: deliveryOf("CREG", verdict), isSilent: false };
};

const unanswered = (
  { type, reason, handedOver }: Unanswered<"silence" | "gone">,
  isPartOut: boolean,
): ModemDelivery => ({
  delivery: { type: "failed", outcome: inWords(reason), lost: handedOver || isPartOut },
  isSilent: type === "silence",
});

/**
 * Makes one attempt: looks whether there is a network, then hands over the message, part by part. `lost` when the modem
 * had the whole PDU and did not say what became of it, or when the first parts of a longer message are out.
 */
export const sendByModem = async (
  modem: ReadyModem,
  { own, phone, text, ports }: ModemMessage,
): Promise<ModemDelivery> => {
  const without = await withoutNetwork(modem, own.commandTimeoutMs);
  if (without !== undefined) return without;
  const statusReport = own.receipts && modem.reports;
  const reference = Math.floor(ports.random() * 256);
  const sentMs = ports.nowMs();
  const references: number[] = [];
  const parts = encodeSubmits({ to: phone, text, statusReport, serviceCentre: own.serviceCentre, reference });
  for (const [index, { hex, tpduBytes }] of parts.entries()) {
    const result = await modem.dialogue.run({
      ...{ text: `AT+CMGS=${tpduBytes}`, prefix: "+CMGS:", pdu: hex, timeoutMs: own.sendTimeoutMs },
    });
    if (result.type === "silence" || result.type === "gone") return unanswered(result, index > 0);
    if (result.type === "error") {
      const verdict = modemVerdict(result.error);
      const delivery = deliveryOf(verdict.name, index > 0 ? { ...verdict, kind: "unclear" } : verdict);
      return { delivery, isSilent: false };
    }
    const given = /^\d{1,3}/u.exec(result.lines[0]?.text ?? "")?.[0];
    if (given !== undefined) references.push(Number(given));
  }
  const hasAll = statusReport && references.length === parts.length;
  const outcome = `CMGS ${references.join(".")}：网络已接收 / the network has it`;
  const receipt = hasAll ? { receiptId: receiptIdOf(sentMs, references) } : {};
  return { delivery: { type: "sent", outcome, ...receipt }, isSilent: false };
};
