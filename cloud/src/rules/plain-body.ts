type Loose = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => boolean;

const decimal = /^-?\d+(\.\d+)?$/;

const isText =
  (most: number): Check =>
  (value) =>
    typeof value === "string" && value.length <= most;
const isDecimal: Check = (value) => typeof value === "string" && decimal.test(value);
const isFen: Check = (value) => Number.isSafeInteger(value) && Math.abs(Number(value)) <= 1e12;
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const oneOf = (...texts: readonly string[]): Check => {
  const known: ReadonlySet<unknown> = new Set(texts);
  return (value) => known.has(value);
};

/** An object with exactly these fields. */
const exactly = (fields: Readonly<Record<string, Check>>): Check => {
  const checks = Object.entries(fields);
  return (value) => {
    if (typeof value !== "object" || value === null) return false;
    let found = 0;
    for (const _ in value) found++;
    return found === checks.length && checks.every(([name, check]) => check((value as Loose)[name]));
  };
};

const listOf =
  (most: number, check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.length <= most && value.every(check);

const code = isText(64);
const isCount: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const isLength: Check = (value) => typeof value === "number" && Number.isFinite(value) && value >= 0;

/** What scales say most, with the fields that they always have. */
const plain: Readonly<Record<string, Check>> = {
  weighing: exactly({
    ...{ protocol: code, value: isDecimal, unit: isText(16), grams: orNull(isDecimal) },
    ...{ mode: oneOf("gross", "net", "tare", "unknown"), tare: orNull(isDecimal), tareGrams: orNull(isDecimal) },
    stable: oneOf("reported-stable", "reported-unstable", "inferred", "unknown"),
    settling: exactly({ samples: isCount, durationMs: isLength, rule: oneOf("reported", "inferred") }),
  }),
  sale: exactly({
    ...{ protocol: code, number: orNull(code), at: orNull(isText(32)), department: orNull(code), store: orNull(code) },
    ...{ scale: orNull(code), amountFen: orNull(isFen) },
    lines: listOf(
      200,
      exactly({
        ...{ item: orNull(code), soldBy: oneOf("weight", "count", "unknown"), weight: orNull(isDecimal) },
        ...{ unit: orNull(isText(16)), grams: orNull(isDecimal), count: orNull(isDecimal), tare: orNull(isDecimal) },
        ...{ unitPriceFen: orNull(isFen), grossAmountFen: orNull(isFen), amountFen: orNull(isFen) },
        mismatch: (value) => typeof value === "boolean",
      }),
    ),
  }),
};

/**
 * True when a body surely is as the schema of its kind wants it, found out at a fraction of what the schema costs. False
 * says nothing: the schema judges then.
 */
export const isPlainBody = (kind: string, body: unknown): boolean =>
  Object.hasOwn(plain, kind) && plain[kind]?.(body) === true;
