type Json = unknown;

const isObject = (value: Json): value is Readonly<Record<string, Json>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const sorted = (value: Json): Json => {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
};

/**
 * What a message says, in one spelling: members sorted, no spaces, without `sentAt`. Two messages of one id say the same
 * exactly when these texts are equal.
 */
export const canonicalContent = (channel: string, message: Readonly<Record<string, unknown>>): string => {
  const { sentAt: _sentAt, ...said } = message;
  return `${channel}\n${JSON.stringify(sorted(said))}`;
};

/** Members of `input` that the schema does not know, as dotted paths; `known` is what the schema made of it. */
export const unknownMembers = (input: Json, known: Json, path = ""): string[] => {
  if (Array.isArray(input) && Array.isArray(known)) {
    return input.flatMap((item, index) => unknownMembers(item, known[index], `${path}[${index}]`));
  }
  if (!isObject(input) || !isObject(known)) return [];
  return Object.keys(input).flatMap((key) => {
    const at = path === "" ? key : `${path}.${key}`;
    return Object.hasOwn(known, key) ? unknownMembers(input[key], known[key], at) : [at];
  });
};
