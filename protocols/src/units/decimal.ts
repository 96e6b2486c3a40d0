/** An exact decimal number: `digits` × 10^-`scale`. Never a binary float, so nothing a device said is rounded. */
export interface Decimal {
  readonly digits: bigint;
  /** Digits after the point, not negative. */
  readonly scale: number;
}

/** Longest text read as a number: hostile input must not cost unbounded arithmetic. */
const maxDecimalChars = 64;

/** Reads `12`, `-0.120`, `+3.5`; `undefined` for anything else (no exponent, no blanks, no lone point). */
export const parseDecimal = (text: string): Decimal | undefined => {
  if (text.length > maxDecimalChars) return undefined;
  const match = /^([+-]?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (match === null) return undefined;
  const fraction = match[3] ?? "";
  const digits = BigInt(`${match[2] ?? ""}${fraction}`);
  return { digits: match[1] === "-" ? -digits : digits, scale: fraction.length };
};

/** Text of a number with exactly its scale: 120 × 10^-3 is `0.120`. */
export const formatDecimal = ({ digits, scale }: Decimal): string => {
  const magnitude = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, "0");
  const point = magnitude.length - scale;
  const text = scale === 0 ? magnitude : `${magnitude.slice(0, point)}.${magnitude.slice(point)}`;
  return digits < 0n ? `-${text}` : text;
};

/** The same number without trailing zeros after the point. */
export const trimDecimal = ({ digits, scale }: Decimal): Decimal => {
  let trimmed = digits;
  let places = scale;
  while (places > 0 && trimmed % 10n === 0n) {
    trimmed /= 10n;
    places--;
  }
  return { digits: trimmed, scale: places };
};

const atScale = ({ digits, scale }: Decimal, wanted: number): bigint => digits * 10n ** BigInt(wanted - scale);

/** Exact product. */
export const multiplyDecimal = (a: Decimal, b: Decimal): Decimal => ({
  digits: a.digits * b.digits,
  scale: a.scale + b.scale,
});

/** Exact sum. */
export const addDecimal = (a: Decimal, b: Decimal): Decimal => {
  const scale = Math.max(a.scale, b.scale);
  return { digits: atScale(a, scale) + atScale(b, scale), scale };
};

/** Below 0, 0 or above 0 as `a` is smaller than, equal to or larger than `b`. Negative zero equals zero. */
export const compareDecimal = (a: Decimal, b: Decimal): number => {
  const scale = Math.max(a.scale, b.scale);
  const difference = atScale(a, scale) - atScale(b, scale);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
};
