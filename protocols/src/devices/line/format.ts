import type { TextCode } from "../../framing/text-code.ts";
import type { ReadingEvent } from "../device-event.ts";
import { motionOf, numberIn, readingWith, unitIn } from "../reading.ts";

/** How an unknown device writes a weight in one line. Regular expressions without delimiters. */
export interface LineFormat {
  /** Must hold the group `value`; may hold `sign`, `unit`, `mode`. */
  readonly pattern: string;
  readonly encoding: TextCode;
  /** A line in which it occurs was said in motion; `null`: the device does not tell. */
  readonly unstable: string | null;
  readonly overload: string | null;
  readonly underload: string | null;
  /** The decimal point is a comma. */
  readonly decimalComma: boolean;
  /** Bit 7 is parity. */
  readonly sevenBit: boolean;
}

/** A number and its unit, nothing else: what most printers and indicators without a name send. */
export const defaultLineFormat: LineFormat = {
  pattern:
    "^\\s*(?<sign>[+-])?\\s*(?<value>\\d+(?:[.,]\\d+)?)\\s*(?<unit>[A-Za-z]{1,3}|公斤|千克|市?斤|克|两|吨)?\\s*$",
  encoding: "auto",
  unstable: null,
  overload: "\\bOL\\b|OVER|过载|超载",
  underload: "\\bUL\\b|UNDER|欠载",
  decimalComma: false,
  sevenBit: false,
};

const modeWords: readonly (readonly [RegExp, ReadingEvent["mode"]])[] = [
  [/^(g|gs|gross|b|brutto|毛重?)$/i, "gross"],
  [/^(n|nt|net|netto|净重?)$/i, "net"],
  [/^(t|tr|pt|tare|tara|皮重?)$/i, "tare"],
];

const modeIn = (word: string | undefined): ReadingEvent["mode"] =>
  modeWords.find(([words]) => words.test(word?.trim() ?? ""))?.[1] ?? "unknown";

/** Reads lines of one format. */
export interface LineReadingRules {
  /** The reading in a line; `null` when it has none. */
  read(text: string, raw: Uint8Array): ReadingEvent | null;
}

/**
 * Compiles a format.
 * @throws {SyntaxError} when an expression is none
 */
export const compileLineFormat = (format: LineFormat): LineReadingRules => {
  const compiled = (source: string | null): RegExp | null => (source === null ? null : new RegExp(source, "iu"));
  const pattern = new RegExp(format.pattern, "iu");
  const [unstable, overload, underload] = [format.unstable, format.overload, format.underload].map(compiled);

  const numberOf = (groups: Readonly<Record<string, string | undefined>>): string | null => {
    const digits = groups["value"] ?? "";
    // The other of comma and point is a separator of thousands or nobody's: such a line has no number.
    const text = format.decimalComma ? (digits.includes(".") ? "" : digits.replace(",", ".")) : digits;
    return numberIn(`${groups["sign"] ?? ""}${text}`);
  };

  const read = (text: string, raw: Uint8Array): ReadingEvent | null => {
    if (overload?.test(text) === true) return readingWith(raw, { overload: true });
    if (underload?.test(text) === true) return readingWith(raw, { underload: true });
    const groups = pattern.exec(text)?.groups;
    const value = groups === undefined ? null : numberOf(groups);
    if (groups === undefined || value === null) return null;
    return readingWith(raw, {
      value,
      unit: unitIn(groups["unit"] ?? ""),
      mode: modeIn(groups["mode"]),
      ...(unstable == null ? {} : motionOf(unstable.test(text))),
    });
  };
  return { read };
};
