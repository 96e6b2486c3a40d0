import type { SaleEvent } from "../line-event.ts";
import { decodeRecordText } from "../lis/text-encoding.ts";
import { numberOf } from "../reading.ts";
import { saleWith } from "../sale-with.ts";

/**
 * A sales record of a Dahua TM scale. Source: Spanish translation of the TM series server protocol. From the left: time 10,
 * department 2, store 2, PLU 4; from the right: scale 2, unexplained 11, amount after and before discount 7 each; between
 * them weight (g) or pieces and the unit price (fen).
 */
const headDigits = 18;
const tailDigits = 27;
/** Weight and price: 5 and 6 digits as listed, 6 and 6 in the maker's own example. */
const weightDigits: Readonly<Record<number, number>> = { 11: 5, 12: 6 };

/** Scales round the amount to jiao or yuan, or cut it. */
const roundingFen = 99;

/** Month and mode share two digits: 16 is added for sales by piece. */
const monthAndMode = (digits: string) => {
  const both = Number(digits);
  return { month: both % 16, byPiece: Math.floor(both / 16) === 1, known: both < 32 };
};

const two = (number: number): string => number.toString().padStart(2, "0");

/** `2009-03-27T16:09`; as sent when it is no time. Records have no century: the first such scale is younger than 2000. */
const timeIn = (digits: string, month: number): string => {
  const [year = "", , day = "", hour = "", minute = ""] = digits.match(/../g) ?? [];
  const valid =
    month >= 1 && month <= 12 && Number(day) >= 1 && Number(day) <= 31 && Number(hour) < 24 && Number(minute) < 60;
  return valid ? `20${year}-${two(month)}-${day}T${hour}:${minute}` : digits;
};

/** The sale in the digits of record `number`; `null` when their number is none that is known. */
export const saleIn = (number: string, digits: string, raw: Uint8Array): SaleEvent | null => {
  const middle = digits.slice(headDigits, digits.length - tailDigits);
  const width = weightDigits[middle.length];
  if (width === undefined) return null;
  const tail = digits.slice(digits.length - tailDigits);
  const { month, byPiece, known } = monthAndMode(digits.slice(2, 4));
  const quantity = middle.slice(0, width);
  const said = {
    number,
    at: timeIn(digits.slice(0, 10), month),
    item: digits.slice(14, headDigits),
    soldBy: known ? (byPiece ? "count" : "weight") : "unknown",
    weight: known && !byPiece ? numberOf(quantity, 3) : null,
    unit: known && !byPiece ? "kg" : null,
    count: known && byPiece ? numberOf(quantity, 0) : null,
    unitPriceFen: Number(middle.slice(width)),
    grossAmountFen: Number(tail.slice(0, 7)),
    amountFen: Number(tail.slice(7, 14)),
    department: digits.slice(10, 12),
    store: digits.slice(12, 14),
    scale: tail.slice(25),
    unexplained: tail.slice(14, 25),
  } as const;
  return saleWith(raw, said, roundingFen);
};

/** One article of the scale's list, as far as it is explained. */
export interface DahuaPlu {
  readonly plu: string;
  readonly itemCode: string;
  readonly unitPriceFen: number;
  readonly soldBy: "weight" | "count" | "fixed" | "unknown";
  readonly name: string;
}

/** Four digits a character: zone and position of GB 2312; or three digits a byte, ended by 000. */
const nameIn = (digits: string): string => {
  const single = /^((?:0\d\d|1[01]\d|12[0-7])*)000$/.exec(digits)?.[1];
  const bytes =
    single === undefined
      ? (digits.match(/\d{4}/g) ?? []).flatMap((pair) => [Number(pair.slice(0, 2)) + 160, Number(pair.slice(2)) + 160])
      : (single.match(/\d{3}/g) ?? []).map(Number);
  return bytes.some((byte) => byte > 254) ? digits : decodeRecordText(Uint8Array.from(bytes), "gb18030");
};

/** The article in the text of a PLU reply (behind `0u`); `null` when it is none. */
export const dahuaPluIn = (text: string): DahuaPlu | null => {
  const match = /^(\d{4})A(\d{7})(\d{6})(\d)\d*B(\d*)C/.exec(text);
  if (match === null) return null;
  const [, plu = "", itemCode = "", price = "", mode = "", name = ""] = match;
  const soldBy = { "0": "weight", "1": "count", "2": "fixed" }[mode] as "weight" | "count" | "fixed" | undefined;
  return { plu, itemCode, unitPriceFen: Number(price), soldBy: soldBy ?? "unknown", name: nameIn(name) };
};
