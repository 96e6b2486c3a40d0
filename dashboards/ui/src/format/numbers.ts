/** Between groups of three digits, and before a unit: never a place to break a line. */
const space = "\u00a0";

const grouped = (digits: string): string => digits.replace(/\B(?=(\d{3})+$)/g, space);

/** Exact decimal text with its thousands set apart: `12 345.60`. */
export const decimalText = (decimal: string): string => {
  const [whole = "", fraction] = decimal.split(".");
  const sign = whole.startsWith("-") ? "\u2212" : "";
  return `${sign}${grouped(whole.replace(/^-/, ""))}${fraction === undefined ? "" : `.${fraction}`}`;
};

/** A value with its unit; what is no number has none. */
export const measuredText = (value: string, unit: string): string =>
  unit === "" || !/\d/.test(value) ? value : `${value}${space}${unit}`;

/** A count with its thousands set apart. */
export const countText = (count: number): string => decimalText(String(count));

/** Exact grams as kilograms with `places` decimals, rounded half away from zero. Computed on digits, never on floats. */
export const kilogramsText = (grams: string, places: number): string => {
  const negative = grams.startsWith("-");
  const [whole = "0", fraction = ""] = grams.replace(/^-/, "").split(".");
  const shift = fraction.length + 3 - places;
  let scaled = BigInt(`${whole}${fraction}`);
  if (shift > 0) {
    const divisor = 10n ** BigInt(shift);
    scaled = (scaled + divisor / 2n) / divisor;
  } else scaled *= 10n ** BigInt(-shift);
  const digits = scaled.toString().padStart(places + 1, "0");
  const text = places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
  return decimalText(negative && scaled !== 0n ? `-${text}` : text);
};

/** Integer fen as yuan: `5.62`. */
export const yuanText = (fen: number): string => {
  const digits = Math.abs(fen).toString().padStart(3, "0");
  return decimalText(`${fen < 0 ? "-" : ""}${digits.slice(0, -2)}.${digits.slice(-2)}`);
};

/** A large amount in the unit that the language counts in, `61.25` 万元 or `612.5` thousand; a small one to the fen. */
export const shortYuan = (
  fen: number,
  language: "zh" | "en",
): { readonly value: string; readonly unit: "yuan" | "large" } => {
  if (Math.abs(fen) < 10_000_000) return { value: yuanText(fen), unit: "yuan" };
  const [per, places] = language === "zh" ? [1_000_000, 2] : [100_000, 1];
  return { value: decimalText((fen / per).toFixed(places)), unit: "large" };
};

/** A share in per cent with one decimal: `2.4 %`. Null when there is nothing to share. */
export const percentText = (part: number, whole: number): string | null =>
  whole === 0 ? null : `${(Math.round((part * 1_000) / whole) / 10).toFixed(1)}${space}%`;

/** A size on disk or in memory: `23.4 GiB`, `88 MiB`. */
export const bytesText = (bytes: number): string =>
  bytes >= 1024 ** 3 ? `${(bytes / 1024 ** 3).toFixed(1)}${space}GiB` : `${Math.round(bytes / 1024 ** 2)}${space}MiB`;
