/**
 * How the ids in receipts differ from those in answers: not at all; answers have them in hexadecimal and receipts in
 * decimal digits; or the other way round. Networks do all three.
 */
export const messageIdForms = ["as-is", "hex-then-decimal", "decimal-then-hex"] as const;

export type MessageIdForm = (typeof messageIdForms)[number];

/** An id as it is compared: case and leading zeros say nothing. */
export const plainId = (id: string): string =>
  id
    .trim()
    .toLowerCase()
    .replace(/^0+(?=.)/u, "");

const decimalToHex = (id: string): string => (/^\d{1,38}$/u.test(id) ? BigInt(id).toString(16) : id);
const hexToDecimal = (id: string): string => (/^[0-9a-f]{1,32}$/u.test(id) ? BigInt(`0x${id}`).toString(10) : id);

/** The id of an answer from the one in the text of a receipt. */
export const answeredId = (receiptId: string, form: MessageIdForm): string => {
  const id = plainId(receiptId);
  if (form === "hex-then-decimal") return decimalToHex(id);
  return form === "decimal-then-hex" ? hexToDecimal(id) : id;
};

/** The form under which an id is one that is waited for, when it is not under the one that is set. */
export const fittingForm = (
  receiptId: string,
  form: MessageIdForm,
  isAwaited: (id: string) => boolean,
): MessageIdForm | undefined =>
  isAwaited(answeredId(receiptId, form))
    ? undefined
    : messageIdForms.find((other) => other !== form && isAwaited(answeredId(receiptId, other)));
