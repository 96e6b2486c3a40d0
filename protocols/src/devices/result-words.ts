import { verdictOfWord } from "../judgement/assay-verdict.ts";
import { createDateReader, usualDateFormats } from "./date-format.ts";
import type { ResultEvent, Verdict } from "./device-event.ts";

/** What a device's words say of a result, without the bytes it was said in. */
export type SaidResult = Omit<ResultEvent, "event" | "raw">;

/** What a device can say of a result, each in a column, a group or a place of its own. */
export const resultFields = ["at", "time", "number", "sample", "channel", "assay", "value", "unit", "verdict"] as const;

/** One of `resultFields`. */
export type ResultField = (typeof resultFields)[number];

/** How a device words its results, whatever form they come in. */
export interface ResultWords {
  /** What the device does not say because it is always the same. */
  readonly constants: { readonly assay?: string | undefined; readonly unit?: string | undefined };
  /** Formats of `at` (with `time` behind it where that is apart), tried in order. */
  readonly dateFormats: readonly string[];
  /** The instrument's words for each verdict, before the usual ones. */
  readonly verdicts: Readonly<Partial<Record<Verdict, readonly string[] | undefined>>>;
  /** The decimal point of values is a comma. */
  readonly decimalComma: boolean;
  /** Values are fractions of one: 0.523 is 52.3 %. */
  readonly fraction: boolean;
}

/** What a device says in one field; `null` when it is empty or not there. */
export type Said = (field: ResultField) => string | null;

/** A result, or why there is none. */
export type ReadResult =
  | { readonly kind: "result"; readonly result: SaidResult }
  | { readonly kind: "bad"; readonly why: string };

/** Words as people compare them: blanks, full-width brackets and the mark of a text's beginning do not count. */
export const plainText = (text: string): string =>
  text
    .replace(/[\s\ufeff\u3000]+/g, "")
    .replaceAll("（", "(")
    .replaceAll("）", ")")
    .toLowerCase();

/** `0.523` is `52.3`; text that is no number stays. */
const timesHundred = (text: string): string => {
  const match = /^([+-]?)(\d+)(?:\.(\d*))?$/.exec(text);
  if (match === null) return text;
  const [, sign = "", whole = "", fraction = ""] = match;
  const digits = `${whole}${fraction.padEnd(2, "0")}`;
  const point = whole.length + 2;
  const rest = digits.slice(point);
  return `${sign === "-" ? "-" : ""}${digits.slice(0, point).replace(/^0+(?=\d)/, "")}${rest === "" ? "" : `.${rest}`}`;
};

/** A number with its unit behind it, as some exports write it: `62.3%`. */
const splitUnit = (text: string): { readonly value: string; readonly unit: string | null } => {
  const match = /^([<>]=?\s*)?([+-]?\d+(?:[.,]\d+)?)\s*([%‰]|[a-zA-Zµμ][a-zA-Zµμ/0-9]*)$/u.exec(text);
  // `1E5` is a number, not one of a unit E5.
  if (match === null || /^e\d+$/i.test(match[3] ?? "")) return { value: text, unit: null };
  return { value: `${match[1] ?? ""}${match[2] ?? ""}`, unit: match[3] ?? null };
};

const wordsOf = ({ verdicts }: ResultWords): ReadonlyMap<string, Verdict> =>
  new Map(
    (["positive", "suspect", "negative", "invalid"] as const).flatMap((verdict) =>
      (verdicts[verdict] ?? []).map((word) => [plainText(word), verdict] as const),
    ),
  );

/** Makes results of what a device says in its fields; a time that cannot be read makes none. */
export const createResultReader = (format: ResultWords) => {
  const dateOf = createDateReader(format.dateFormats);
  const words = wordsOf(format);

  const measured = (said: string | null, unit: string | null): Pick<SaidResult, "value" | "unit"> => {
    if (said === null) return { value: null, unit };
    const split = splitUnit(said);
    const isSame = split.unit !== null && (unit === null || plainText(unit) === plainText(split.unit));
    const written = isSame ? split.value : said;
    const pointed = format.decimalComma ? written.replace(",", ".") : written;
    return { value: format.fraction ? timesHundred(pointed) : pointed, unit: isSame ? (unit ?? split.unit) : unit };
  };

  const verdictOf = (said: string | null): Verdict =>
    said === null ? "none" : (words.get(plainText(said)) ?? verdictOfWord(said));

  return (said: Said): ReadResult => {
    const date = said("at");
    const whole = date === null ? null : `${date} ${said("time") ?? ""}`.trim();
    const at = whole === null ? null : dateOf(whole);
    if (whole !== null && at === null) return { kind: "bad", why: "no time in a configured format" };
    const [number, channel] = [said("number"), said("channel")];
    const result: SaidResult = {
      sample: said("sample"),
      ...(number === null ? {} : { number }),
      ...(channel === null ? {} : { channel }),
      assay: said("assay") ?? format.constants.assay ?? null,
      ...measured(said("value"), said("unit") ?? format.constants.unit ?? null),
      instrumentVerdict: verdictOf(said("verdict")),
      at,
    };
    return { kind: "result", result };
  };
};

/** Nothing said beyond the usual words. */
export const usualResultWords: ResultWords = {
  constants: {},
  dateFormats: usualDateFormats,
  verdicts: {},
  decimalComma: false,
  fraction: false,
};
