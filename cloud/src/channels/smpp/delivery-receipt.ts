import type { DeliverFields } from "./smpp-pdu.ts";

/** What a network says of a message later. */
export interface NetworkReceipt {
  /** As it stands in the receipt. */
  readonly id: string;
  /** Where the id comes from: the parameter repeats the one of the answer, the text often has it in other digits. */
  readonly idFrom: "parameter" | "text";
  /** `DELIVRD`, `UNDELIV`, … */
  readonly state: string;
  /** The network's own code; `000` when there is none. */
  readonly error: string;
}

const receiptedMessageId = 0x001e;
const messageState = 0x0427;
const networkErrorCode = 0x0423;

/** SMPP 3.4 §5.2.28 and appendix B. */
const states = [
  ...["", "ENROUTE", "DELIVRD", "EXPIRED", "DELETED", "UNDELIV", "ACCEPTD", "UNKNOWN", "REJECTD"],
] as const;

/** Final states in words; the others say that nothing is decided yet. */
export const finalStates: Readonly<
  Record<string, { readonly delivered: boolean; readonly zh: string; readonly en: string }>
> = {
  DELIVRD: { delivered: true, zh: "已送达", en: "delivered" },
  EXPIRED: { delivered: false, zh: "有效期内未送达", en: "not delivered within its validity" },
  DELETED: { delivered: false, zh: "已被删除", en: "deleted" },
  UNDELIV: { delivered: false, zh: "无法送达", en: "cannot be delivered" },
  REJECTD: { delivered: false, zh: "被网络拒绝", en: "rejected by the network" },
};

const kindMask = 0x3c;
const smscReceipt = 0x04;

const cText = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1").split("\0", 1)[0] ?? "";

/** A field of the text form: `id:… sub:… dlvrd:… submit date:… done date:… stat:… err:… text:…`, appendix B. */
const field = (text: string, name: string): string =>
  new RegExp(`(?:^|\\s)${name}:\\s*(\\S+)`, "iu").exec(text)?.[1] ?? "";

const errorOf = (code: Uint8Array | undefined, text: string): string => {
  if (code !== undefined && code.length === 3) return String(((code[1] ?? 0) << 8) | (code[2] ?? 0)).padStart(3, "0");
  return field(text, "err").slice(0, 16) || "000";
};

/** `deliver_sm` that is no message of a person: receipts of the network and acknowledgements of telephones, §5.2.12. */
export const isReport = ({ esmClass, tags }: DeliverFields): boolean =>
  (esmClass & kindMask) !== 0 || (tags.has(receiptedMessageId) && tags.has(messageState));

/**
 * Reads a receipt, from its parameters and from its text; parameters count more. Undefined when it names no message, or
 * is something else. A text that only looks like a receipt is none: anybody can send one.
 */
export const readReceipt = (deliver: DeliverFields): NetworkReceipt | undefined => {
  const { esmClass, message, tags } = deliver;
  const [idTag, stateTag] = [tags.get(receiptedMessageId), tags.get(messageState)];
  if ((esmClass & kindMask) !== smscReceipt && (idTag === undefined || stateTag === undefined)) return undefined;
  const text = Buffer.from(message).toString("latin1").slice(0, 1_000);
  const ofText = field(text.replace(/\stext:.*$/isu, ""), "id").slice(0, 64);
  const id = idTag === undefined ? ofText : cText(idTag);
  if (id === "") return undefined;
  const state = states[stateTag?.[0] ?? 0] || field(text, "stat").toUpperCase().slice(0, 7);
  const idFrom = idTag === undefined ? "text" : "parameter";
  return { id, idFrom, state, error: errorOf(tags.get(networkErrorCode), text) };
};
