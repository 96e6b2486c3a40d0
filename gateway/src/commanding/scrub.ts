/** Stands where a secret stood. */
export const removed = "[removed]";

/** Names under which secrets are kept. */
const secretName =
  /pass(word|wd|phrase)?$|^pwd$|secret|token|credential|private|api.?key|access.?key|authori[sz]ation|cookie|^pin$|pincode|enrol.*code/i;

/** The same value with everything left out that stands under a secret's name. */
export const withoutSecrets = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, secretName.test(name) ? removed : withoutSecrets(inner)]),
  );
};

/** Every text that stands under a secret's name. */
export const secretsIn = (value: unknown, isSecret = false): string[] => {
  if (typeof value === "string") return isSecret ? [value] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => secretsIn(inner, isSecret || secretName.test(name)));
};

/** Forms in which secrets are written into logs and addresses. A backslash may stand before a quotation mark. */
const patterns: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z0-9 ]+-----[\s\S]*?(?:-----END [A-Z0-9 ]+-----|(?=\\*")|$)/g, removed],
  [/\bmc1\.[A-Za-z0-9_-]+\.[0-9a-f]{8}\b/g, removed],
  [/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/"\\@]+@/gi, `$1${removed}@`],
  [/\b(Bearer|Basic)\s+[A-Za-z0-9+/=._~-]{6,}/g, `$1 ${removed}`],
  [
    /((?:pass(?:word|wd|phrase)?|pwd|secret|token|credential|api[_-]?key|密码|口令)(?:\\*["'])?\s*[:=：]\s*(?:\\*["'])?)(?!\[removed)[^\s"'\\,;}\]]+/gi,
    `$1${removed}`,
  ],
];

/** Shorter texts are no secrets, and would be found everywhere. */
const leastSecretChars = 6;

const asJson = (text: string): string => JSON.stringify(text).slice(1, -1);

/** A secret as it stands in text, in an address, in JSON, and in JSON inside JSON. */
const formsOf = (secret: string): string[] => [
  ...[secret, encodeURIComponent(secret)],
  ...[asJson(secret), asJson(asJson(secret)), asJson(asJson(asJson(secret)))],
];

/** The text without any of `secrets`, as they are and as JSON writes them, and without what looks like one. */
export const scrubbed = (text: string, secrets: readonly string[]): string => {
  const forms = new Set(secrets.filter((secret) => secret.length >= leastSecretChars).flatMap(formsOf));
  let clean = text;
  for (const form of [...forms].sort((a, b) => b.length - a.length)) clean = clean.replaceAll(form, removed);
  for (const [pattern, by] of patterns) clean = clean.replace(pattern, by);
  return clean;
};
