import { formatDecimal, multiplyDecimal, parseDecimal, trimDecimal } from "./decimal.ts";

/**
 * Exact grams per unit, as decimal text.
 * Sources: BIPM SI brochure (g, kg, t); international avoirdupois pound of 1959 (lb, oz, short ton, troy ounce,
 * pennyweight, grain); People's Republic of China State Council order of 1959-06-25 (jin 斤, liang 两, qian 钱 of the
 * market system); Taiwan CNS (tai jin, tai liang). A tael without a country is left out: three values are in use.
 */
const gramsPerUnit = {
  mg: "0.001",
  g: "1",
  kg: "1000",
  t: "1000000",
  lb: "453.59237",
  oz: "28.349523125",
  "short-ton": "907184.74",
  ozt: "31.1034768",
  dwt: "1.55517384",
  gr: "0.06479891",
  ct: "0.2",
  jin: "500",
  liang: "50",
  qian: "5",
  "tj-tw": "600",
  "tl-tw": "37.5",
} as const satisfies Record<string, string>;

/** A unit of mass whose grams are known exactly. */
export type MassUnit = keyof typeof gramsPerUnit;

/** Every known unit of mass. */
export const massUnits = Object.keys(gramsPerUnit) as readonly MassUnit[];

/** True when `unit` is a known unit of mass. */
export const isMassUnit = (unit: string): unit is MassUnit => Object.hasOwn(gramsPerUnit, unit);

const written: Readonly<Record<string, MassUnit>> = {
  公斤: "kg",
  千克: "kg",
  克: "g",
  吨: "t",
  斤: "jin",
  市斤: "jin",
  两: "liang",
  市两: "liang",
  钱: "qian",
  台斤: "tj-tw",
  tj: "tj-tw",
  台两: "tl-tw",
  "tl.t": "tl-tw",
  ton: "short-ton",
  lbs: "lb",
};

/** The unit a person or a device wrote (`KG`, `斤`, `tl.T`); `undefined` when it is none we know for certain. */
export const parseMassUnit = (text: string): MassUnit | undefined => {
  const folded = text.trim().toLowerCase();
  if (isMassUnit(folded)) return folded;
  return Object.hasOwn(written, folded) ? written[folded] : undefined;
};

/**
 * Exact grams of `value` in `unit` as decimal text without trailing zeros (`38.62 kg` is `38620`); negative zero
 * becomes `0`. `null` when the unit is none of ours or the value is no number: a mass is never guessed.
 */
export const toGrams = (value: string, unit: string): string | null => {
  const number = parseDecimal(value);
  if (number === undefined || !isMassUnit(unit)) return null;
  const factor = parseDecimal(gramsPerUnit[unit]);
  return factor === undefined ? null : formatDecimal(trimDecimal(multiplyDecimal(number, factor)));
};
