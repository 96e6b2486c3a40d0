import type { codings, SmscBehaviour, SmscMessage, Waiting } from "./smsc-state.ts";

/** Id of a message in answers and in receipts' texts. SMPP 3.4 appendix B: ten digits with leading zeros in texts. */
export const idsOf = (
  number: number,
  form: SmscBehaviour["messageIds"],
): { readonly answer: string; readonly receipt: string } => {
  const [decimal, hex] = [String(number), number.toString(16).toUpperCase()];
  if (form === "as-is") return { answer: decimal, receipt: decimal.padStart(10, "0") };
  return form === "hex-then-decimal" ? { answer: hex, receipt: decimal } : { answer: decimal, receipt: hex };
};

const stamp = (ms: number): string => new Date(ms).toISOString().replace(/\D/gu, "").slice(2, 12);

const delivered = { word: "DELIVRD", state: 2, error: "000", network: 0 };
const undelivered = { word: "UNDELIV", state: 5, error: "027", network: 27 };

/** The receipt of a message as `deliver_sm`, SMPP 3.4 §5.2.12, §5.3.2.12, §5.3.2.35 and appendix B. */
export const receiptOf = (message: SmscMessage, behaviour: SmscBehaviour, nowMs: number): Waiting => {
  const { answer, receipt } = idsOf(message.number, behaviour.messageIds);
  const said = behaviour.receipts === "undelivered" ? undelivered : delivered;
  const text =
    `id:${receipt} sub:001 dlvrd:${said.state === 2 ? "001" : "000"} submit date:${stamp(message.atMs)} ` +
    `done date:${stamp(nowMs)} stat:${said.word} err:${said.error} text:${"?".repeat(20)}`;
  const parameters = {
    ...{ receipted_message_id: answer, message_state: said.state },
    network_error_code: Buffer.from([3, 0, said.network]),
  };
  return {
    kind: "receipt",
    what: `${answer} ${said.word}`,
    dueMs: nowMs + behaviour.receiptDelayMs,
    fields: {
      ...{ source_addr_ton: 1, source_addr_npi: 1, source_addr: message.phone, destination_addr: message.source },
      ...{ esm_class: 0x04, data_coding: 0 },
      short_message: Buffer.from(behaviour.receiptForm === "parameters" ? "" : text, "ascii"),
      ...(behaviour.receiptForm === "text" ? {} : parameters),
    },
  };
};

const ucs2 = (text: string): Buffer => Buffer.from(text, "utf16le").swap16();
/** GBK of the one word that officers write; a test needs no more of it. */
const gbk = (text: string): Buffer =>
  Buffer.concat(
    Array.from(text).map((one) =>
      one === "签" ? Buffer.from([0xc7, 0xa9]) : one === "收" ? Buffer.from([0xca, 0xd5]) : Buffer.from(one, "ascii"),
    ),
  );

let reference = 0;

/** A text message of a telephone as one or more `deliver_sm`. `gsm7` and `latin1` are for Latin texts only. */
export const replyOf = (
  { phone, text, coding }: { readonly phone: string; readonly text: string; readonly coding: (typeof codings)[number] },
  nowMs: number,
): readonly Waiting[] => {
  const common = { source_addr_ton: 1, source_addr_npi: 1, source_addr: phone, destination_addr: "10690001" };
  const one = (fields: Readonly<Record<string, unknown>>): Waiting => ({
    ...{ kind: "reply", what: `${phone} ${text}`, dueMs: nowMs, fields: { ...common, esm_class: 0, ...fields } },
  });
  switch (coding) {
    case "ucs2":
      return [one({ data_coding: 8, short_message: ucs2(text) })];
    case "gsm7":
      return [one({ data_coding: 0, short_message: Buffer.from(text, "ascii") })];
    case "latin1":
      return [one({ data_coding: 3, short_message: Buffer.from(text, "latin1") })];
    case "gbk":
      return [one({ data_coding: 15, short_message: gbk(text) })];
    case "parted": {
      reference = (reference + 1) & 0xff;
      const middle = Math.ceil(text.length / 2);
      return [text.slice(0, middle), text.slice(middle)].map((piece, index) =>
        one({
          ...{ data_coding: 8, esm_class: 0x40 },
          short_message: Buffer.concat([Buffer.from([5, 0, 3, reference, 2, index + 1]), ucs2(piece)]),
        }),
      );
    }
  }
};
