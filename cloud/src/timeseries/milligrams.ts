const form = /^(-?)(\d+)(?:\.(\d+))?$/;

/**
 * Exact decimal grams as integer milligrams; what is finer is rounded half away from zero. Null when it is no decimal, or too
 * much for an exact integer (nine thousand tonnes).
 */
export const milligramsOf = (grams: string): number | null => {
  const found = form.exec(grams);
  if (found === null) return null;
  const [, sign, whole = "", fraction = ""] = found;
  const exact = Number(`${whole}${fraction.slice(0, 3).padEnd(3, "0")}`);
  const rounded = exact + (fraction.length > 3 && fraction.charAt(3) >= "5" ? 1 : 0);
  if (!Number.isSafeInteger(rounded)) return null;
  return sign === "-" && rounded !== 0 ? -rounded : rounded;
};
