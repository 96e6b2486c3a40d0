import type { LisRecord } from "../device-event.ts";

/** The four delimiters, as the instrument's H record declares them (LIS02-A2 section 6.1.2): never assumed. */
export interface Delimiters {
  readonly field: string;
  readonly repeat: string;
  readonly component: string;
  /** Empty when the instrument declares none. */
  readonly escape: string;
}

/** Used only for records that arrive before any H record (a stream that starts mid-message). */
export const standardDelimiters: Delimiters = { field: "|", repeat: "\\", component: "^", escape: "&" };

/** Letters, digits and blanks delimit nothing: a text that merely begins with H is no header. */
const mayDelimit = (char: string): boolean => !/[\p{L}\p{N}\s]/u.test(char);

/** Delimiters declared by an H record; `undefined` when the text declares none. */
export const declaredDelimiters = (header: string): Delimiters | undefined => {
  const [letter, field, repeat, component, mark] = header;
  if (letter?.toUpperCase() !== "H" || field === undefined || repeat === undefined || component === undefined) {
    return undefined;
  }
  if (field === repeat || field === component || repeat === component) return undefined;
  if (![field, repeat, component].every(mayDelimit)) return undefined;
  return { field, repeat, component, escape: mark === undefined || mark === field ? "" : mark };
};

/** Splits a record. In H the second field holds the delimiters themselves and is kept whole. */
export const parseRecord = (text: string, delimiters: Delimiters): LisRecord => {
  const fields = text.split(delimiters.field);
  const type = (fields[0] ?? "").trim().toUpperCase();
  return { type, text, fields };
};

/** Field `n` of the standard (1 = record type) as sent; empty when the record has no such field. */
export const fieldOf = (record: LisRecord | undefined, n: number): string => record?.fields[n - 1] ?? "";

/** Components of the first repeat of a field, unescaped. */
export const componentsOf = (field: string, delimiters: Delimiters): string[] => {
  const first = field.split(delimiters.repeat)[0] ?? "";
  return first.split(delimiters.component).map((part) => unescapeText(part, delimiters));
};

/**
 * Text with its escape sequences resolved (LIS02-A2 section 5.4.6): &F& field, &S& component, &R& repeat, &E& escape
 * delimiter, &Xhh…& hexadecimal. Highlighting (&H&, &N&) is dropped; unknown sequences stay as they are.
 */
export const unescapeText = (text: string, delimiters: Delimiters): string => {
  const mark = delimiters.escape;
  if (mark === "" || !text.includes(mark)) return text;
  const parts = text.split(mark);
  let plain = parts[0] ?? "";
  for (let at = 1; at < parts.length; at++) {
    const sequence = parts[at] ?? "";
    const meaning = at + 1 < parts.length ? escapeMeaning(sequence, delimiters) : undefined;
    if (meaning === undefined) {
      plain += `${mark}${sequence}`;
      continue;
    }
    plain += meaning + (parts[at + 1] ?? "");
    at++;
  }
  return plain;
};

const escapeMeaning = (sequence: string, delimiters: Delimiters): string | undefined => {
  if (sequence === "F") return delimiters.field;
  if (sequence === "S") return delimiters.component;
  if (sequence === "R") return delimiters.repeat;
  if (sequence === "E") return delimiters.escape;
  if (sequence === "H" || sequence === "N") return "";
  const hex = /^X((?:[0-9A-Fa-f]{2})+)$/.exec(sequence)?.[1];
  if (hex === undefined) return undefined;
  return String.fromCharCode(...(hex.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16)));
};
