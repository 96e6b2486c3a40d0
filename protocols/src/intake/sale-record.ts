import {
  type PriceBarcode,
  type PriceBarcodeFault,
  type PriceBarcodeRules,
  readPriceBarcode,
} from "../barcodes/price-barcode.ts";
import type { MessageRef } from "../records/message-ref.ts";
import type { SaleBody } from "../records/sale-body.ts";
import { amountDifference } from "../units/amount.ts";
import { parseMassUnit, toGrams } from "../units/mass.ts";
import type { SaleMessage, SaleMessageLine } from "./sale-message.ts";

type SaleLine = SaleBody["lines"][number];

/** How a device's sales are read: data, from the configuration. */
export interface SaleRules {
  /** Protocol named in the record: `smart-scale`. */
  readonly protocol: string;
  readonly barcodes: PriceBarcodeRules;
  /** The scale rounds or cuts amounts to multiples of this, in fen. */
  readonly amountStepFen: number;
}

/** Something about a message that is worth knowing and no reason to refuse it. */
export interface MessageNote {
  /** Path of the member. */
  readonly field: string;
  readonly zh: string;
  readonly en: string;
}

/** A record's body, or the member that is wrong. */
export type SaleOutcome =
  | { readonly body: SaleBody; readonly notes: readonly MessageNote[] }
  | { readonly fault: MessageNote };

/** Pieces and weight as the line says them, completed from its barcode. */
interface Quantity {
  readonly weight: string | null;
  readonly unit: string | null;
  readonly unitSaid: string | undefined;
  readonly count: string | null;
}

const said = (text: string, unit: string): string | undefined => (text === unit ? undefined : text);

const quantityOf = (line: SaleMessageLine, code: PriceBarcode | undefined): Quantity => {
  if (line.weight !== undefined && line.unit !== undefined) {
    const unit = parseMassUnit(line.unit) ?? line.unit;
    return { weight: line.weight, unit, unitSaid: said(line.unit, unit), count: null };
  }
  if (line.count !== undefined) return { weight: null, unit: null, unitSaid: undefined, count: String(line.count) };
  const { weight = null, unit = null, count = null } = code ?? {};
  return { weight, unit, unitSaid: undefined, count };
};

/** Members that have a value. */
const given = <Members extends object>(members: Members) =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [Key in keyof Members]?: Exclude<Members[Key], undefined>;
  };

const differenceOf = (line: SaleMessageLine, quantity: Quantity, amountFen: number | null, stepFen: number) => {
  const amount = line.grossAmountFen ?? amountFen;
  const { weight, unit, count } = quantity;
  const text = weight ?? count;
  if (line.unitPriceFen === undefined || amount === null || text === null) return null;
  const priceUnit = line.priceUnit === undefined ? unit : (parseMassUnit(line.priceUnit) ?? null);
  const sold = { quantity: text, unit, unitPriceFen: line.unitPriceFen, priceUnit, amountFen: amount };
  return amountDifference(sold, stepFen);
};

const soldBy = ({ weight, count }: Quantity): SaleLine["soldBy"] => {
  if (weight !== null) return "weight";
  return count === null ? "unknown" : "count";
};

const lineOf = (line: SaleMessageLine, code: PriceBarcode | undefined, stepFen: number): SaleLine => {
  const quantity = quantityOf(line, code);
  const { weight, unit, unitSaid, count } = quantity;
  const amountFen = line.amountFen ?? code?.amountFen ?? null;
  const difference = differenceOf(line, quantity, amountFen, stepFen);
  const priceUnit = line.priceUnit === undefined ? undefined : parseMassUnit(line.priceUnit);
  const byBarcode = line.item === undefined ? "barcode" : undefined;
  return {
    item: line.item ?? code?.item ?? line.barcode ?? null,
    ...given({
      name: line.name,
      chosenBy: line.chosenBy ?? byBarcode,
      confidence: line.confidence,
      barcode: line.barcode,
      batch: line.batch,
      unitSaid,
      priceUnit,
      priceUnitSaid: priceUnit === undefined ? undefined : said(line.priceUnit ?? "", priceUnit),
    }),
    soldBy: soldBy(quantity),
    weight,
    unit,
    grams: weight === null || unit === null ? null : toGrams(weight, unit),
    count,
    tare: line.tare ?? null,
    unitPriceFen: line.unitPriceFen ?? null,
    grossAmountFen: line.grossAmountFen ?? null,
    amountFen,
    mismatch: difference?.mismatch ?? false,
    differenceFen: difference?.fen ?? null,
  };
};

const barcodeFault: Readonly<Record<PriceBarcodeFault, readonly [zh: string, en: string] | null>> = {
  "bad-checksum": ["校验位不符", "the check digit is wrong"],
  // Any other code is an item's own: 69…, Code 128, a trace code.
  "unknown-prefix": null,
  "bad-length": null,
  "bad-digit": null,
};

type ReadLine = { readonly line: SaleLine; readonly notes: readonly MessageNote[] } | { readonly fault: MessageNote };

const readLine = (line: SaleMessageLine, path: string, rules: SaleRules): ReadLine => {
  const notes: MessageNote[] = [];
  const read = line.barcode === undefined ? undefined : readPriceBarcode(line.barcode, rules.barcodes);
  const code = typeof read === "object" ? read : undefined;
  const wrong = typeof read === "string" ? barcodeFault[read] : null;
  if (wrong !== null) {
    const note = { field: `${path}.barcode`, zh: wrong[0], en: wrong[1] };
    if (line.item === undefined) return { fault: note };
    notes.push(note);
  }
  const amount = line.amountFen ?? code?.amountFen ?? null;
  if (amount === null) {
    const field = `${path}.amountFen`;
    return { fault: { field, zh: "缺少金额，条码中也没有", en: "is missing, and the barcode does not say it" } };
  }
  if (line.item !== undefined && code !== undefined && code.item !== line.item)
    notes.push({ field: `${path}.item`, zh: `条码中为 ${code.item}`, en: `the barcode says ${code.item}` });
  if (code?.amountFen != null && line.amountFen !== undefined && code.amountFen !== line.amountFen)
    notes.push({
      field: `${path}.amountFen`,
      zh: `条码中为 ${code.amountFen}`,
      en: `the barcode says ${code.amountFen}`,
    });
  const body = lineOf(line, code, rules.amountStepFen);
  if (body.mismatch)
    notes.push({
      field: `${path}.amountFen`,
      zh: `与数量乘单价相差 ${body.differenceFen} 分`,
      en: `differs from quantity times price by ${body.differenceFen} fen`,
    });
  return { line: body, notes };
};

/** Total less lines and discount; undefined when rounding explains it, or a line has no amount of its own. */
const totalDifference = (message: SaleMessage, lines: readonly SaleLine[], stepFen: number): number | undefined => {
  if (lines.length === 0) return undefined;
  const sum = lines.reduce((total, { amountFen }) => total + (amountFen ?? 0), 0);
  const difference = message.amountFen - (sum - (message.discountFen ?? 0));
  return Math.abs(difference) >= stepFen ? difference : undefined;
};

const headOf = (message: SaleMessage, ref: MessageRef, protocol: string) => {
  const { type, refersTo, receipt, number, at, stall, vendor, discountFen } = message;
  const original =
    refersTo === undefined ? undefined : { receipt: refersTo.receipt ?? null, message: refersTo.message ?? null };
  return {
    protocol,
    type,
    ...given({ refersTo: original, receipt, stall, vendor, discountFen }),
    number: number ?? null,
    at: at ?? null,
    department: null,
    store: null,
    scale: null,
    message: ref,
  };
};

/**
 * The body of a `sale` record. Weights, units, prices and amounts stay as said; grams stand beside them; an amount that
 * does not fit quantity times price is flagged with the difference and never mended. A line that gives only a barcode is
 * completed from it.
 */
export const saleRecordOf = (message: SaleMessage, ref: MessageRef, rules: SaleRules): SaleOutcome => {
  const lines: SaleLine[] = [];
  const notes: MessageNote[] = [];
  for (const [index, line] of message.lines.entries()) {
    const read = readLine(line, `lines[${index}]`, rules);
    if ("fault" in read) return read;
    lines.push(read.line);
    notes.push(...read.notes);
  }
  const difference = totalDifference(message, lines, rules.amountStepFen);
  if (difference !== undefined)
    notes.push({
      field: "amountFen",
      zh: `与各行金额之和相差 ${difference} 分`,
      en: `differs from the lines' amounts by ${difference} fen`,
    });
  const body: SaleBody = {
    ...headOf(message, ref, rules.protocol),
    lines,
    amountFen: message.amountFen,
    ...(difference === undefined ? {} : { differenceFen: difference }),
  };
  return { body, notes };
};
