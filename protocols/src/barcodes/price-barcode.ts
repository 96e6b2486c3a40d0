/**
 * Barcodes that a label scale prints with a price or a weight in them. GS1 leaves prefixes 20 to 29 to each shop
 * (restricted circulation), so what a prefix means is configuration. Layouts: d17.cc (13 digits: prefix 2, item 5, value 5,
 * check), enjoyit.com.cn (18 digits: `26`, item 5, amount 5, weight 5, check).
 */

/** What the five value digits of a 13-digit code are, by its prefix. */
export interface PriceBarcodeRule {
  readonly soldBy: "weight" | "count";
  readonly value: "amount-fen" | "grams" | "pieces";
}

/** Meaning of prefixes in one shop, `20` to `29`. */
export type PriceBarcodeRules = Readonly<Record<string, PriceBarcodeRule>>;

/** What Chinese label scales print unless set otherwise: 21 weighed, 20 by piece, both with the amount. */
export const commonPriceBarcodeRules: PriceBarcodeRules = {
  "20": { soldBy: "count", value: "amount-fen" },
  "21": { soldBy: "weight", value: "amount-fen" },
};

/** What a code says. Weights are kilograms as decimal text, amounts fen; `null` where the code does not tell. */
export interface PriceBarcode {
  readonly prefix: string;
  readonly item: string;
  readonly soldBy: "weight" | "count";
  readonly amountFen: number | null;
  readonly weight: string | null;
  readonly unit: "kg" | null;
  readonly count: string | null;
}

/** Why a text is no such code. */
export type PriceBarcodeFault = "bad-length" | "bad-digit" | "bad-checksum" | "unknown-prefix";

/**
 * Check digit of the digits before it: weights 3 and 1 from the right, up to the next ten (GS1 General Specifications 7.9).
 * `null` when `digits` holds anything but digits.
 */
export const gs1CheckDigit = (digits: string): number | null => {
  if (!/^\d+$/.test(digits)) return null;
  let sum = 0;
  for (let at = 0; at < digits.length; at++) {
    const fromRight = digits.length - 1 - at;
    sum += Number(digits.charAt(at)) * (fromRight % 2 === 0 ? 3 : 1);
  }
  return (10 - (sum % 10)) % 10;
};

const kilograms = (grams: string): string => `${grams.slice(0, -3).replace(/^0+(?=\d)/, "")}.${grams.slice(-3)}`;

/** 18 digits hold amount and weight; their prefix is 26. */
const longPrefix = "26";

const shortCode = (code: string, rules: PriceBarcodeRules): PriceBarcode | PriceBarcodeFault => {
  const prefix = code.slice(0, 2);
  const rule = Object.hasOwn(rules, prefix) ? rules[prefix] : undefined;
  if (rule === undefined) return "unknown-prefix";
  const value = code.slice(7, 12);
  return {
    prefix,
    item: code.slice(2, 7),
    soldBy: rule.soldBy,
    amountFen: rule.value === "amount-fen" ? Number(value) : null,
    weight: rule.value === "grams" ? kilograms(value) : null,
    unit: rule.value === "grams" ? "kg" : null,
    count: rule.value === "pieces" ? String(Number(value)) : null,
  };
};

const longCode = (code: string): PriceBarcode | PriceBarcodeFault => {
  if (!code.startsWith(longPrefix)) return "unknown-prefix";
  return {
    prefix: longPrefix,
    item: code.slice(2, 7),
    soldBy: "weight",
    amountFen: Number(code.slice(7, 12)),
    weight: kilograms(code.slice(12, 17)),
    unit: "kg",
    count: null,
  };
};

/**
 * Reads a scanned code of 13 or 18 digits; a text that is none gives the reason. Nothing is taken from a code whose check
 * digit is wrong.
 */
export const readPriceBarcode = (text: string, rules: PriceBarcodeRules): PriceBarcode | PriceBarcodeFault => {
  if (!/^\d*$/.test(text)) return "bad-digit";
  if (text.length !== 13 && text.length !== 18) return "bad-length";
  if (gs1CheckDigit(text.slice(0, -1)) !== Number(text.at(-1))) return "bad-checksum";
  return text.length === 13 ? shortCode(text, rules) : longCode(text);
};
