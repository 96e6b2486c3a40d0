import { verdictOfWord } from "../../judgement/assay-verdict.ts";
import type { ResultEvent, Verdict } from "../device-event.ts";
import { createDateReader } from "./date-format.ts";
import { type ColumnPlace, isNumbered, type TableField, type TableFormat, tableFields } from "./table-format.ts";

/** What a row says of a result, without the bytes it was said in. */
export type TableResult = Omit<ResultEvent, "event" | "raw">;

/** What a row is. `title`: a row before the header. */
export type TableRow =
  | { readonly kind: "result"; readonly result: TableResult }
  | { readonly kind: "header" }
  | { readonly kind: "title" }
  | { readonly kind: "blank" }
  /** Why it is no result, in a few words. */
  | { readonly kind: "bad"; readonly why: string };

/** Reads the rows of one table, in order. */
export interface TableReader {
  row(cells: readonly string[]): TableRow;
  /** True once rows can be results: the header was there, or none is needed. */
  readonly begun: boolean;
}

/** Cells as people compare them: blanks and the mark of a text file's beginning do not count. */
const plain = (text: string): string =>
  text
    .replace(/[\s\ufeff\u3000]+/g, "")
    .replaceAll("（", "(")
    .replaceAll("）", ")")
    .toLowerCase();

const namesOf = (place: ColumnPlace): readonly string[] =>
  typeof place === "number" ? [] : (typeof place === "string" ? [place] : place).map(plain);

type Places = ReadonlyMap<TableField, number>;

/** Where the columns of a header stand; `null` when it lacks one, or has one twice. */
const placesIn = (header: readonly string[], format: TableFormat): Places | null => {
  const names = header.map(plain);
  const places = new Map<TableField, number>();
  for (const field of tableFields) {
    const place = format.columns[field];
    if (place === undefined) continue;
    if (typeof place === "number") {
      places.set(field, place - 1);
      continue;
    }
    const wanted = namesOf(place);
    const found = names.flatMap((name, index) => (wanted.includes(name) ? [index] : []));
    const [only] = found;
    if (only === undefined || found.length > 1) return null;
    places.set(field, only);
  }
  return places;
};

const numberedPlaces = (format: TableFormat): Places | null => (isNumbered(format) ? placesIn([], format) : null);

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
  if (match === null) return { value: text, unit: null };
  return { value: `${match[1] ?? ""}${match[2] ?? ""}`, unit: match[3] ?? null };
};

const wordsOf = (format: TableFormat): ReadonlyMap<string, Verdict> =>
  new Map(
    (Object.entries(format.verdicts) as [Verdict, readonly string[]][]).flatMap(([verdict, words]) =>
      words.map((word) => [plain(word), verdict] as const),
    ),
  );

type Said = (field: TableField) => string | null;

/** Makes results of rows whose columns are known. */
const createResultReader = (format: TableFormat) => {
  const dateOf = createDateReader(format.dateFormats);
  const words = wordsOf(format);

  const measured = (said: string | null, unit: string | null): Pick<TableResult, "value" | "unit"> => {
    if (said === null) return { value: null, unit };
    const split = splitUnit(said);
    const isSame = split.unit !== null && (unit === null || plain(unit) === plain(split.unit));
    const written = isSame ? split.value : said;
    const pointed = format.decimalComma ? written.replace(",", ".") : written;
    return { value: format.fraction ? timesHundred(pointed) : pointed, unit: isSame ? (unit ?? split.unit) : unit };
  };

  const verdictOf = (said: string | null): Verdict =>
    said === null ? "none" : (words.get(plain(said)) ?? verdictOfWord(said));

  return (said: Said): TableRow => {
    const date = said("at");
    const whole = date === null ? null : `${date} ${said("time") ?? ""}`.trim();
    const at = whole === null ? null : dateOf(whole);
    if (whole !== null && at === null) return { kind: "bad", why: "no time in a configured format" };
    const [number, channel] = [said("number"), said("channel")];
    const result: TableResult = {
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

/**
 * Reads the rows of a table. Where columns have names, everything above the header with all of them is a title, and a
 * header that comes again is a header. A row must have a cell in every column that is read, and say its time, or its number
 * where the table has no times: by that it is told from others.
 */
export const createTableReader = (format: TableFormat): TableReader => {
  const resultOf = createResultReader(format);
  const hasNames = !isNumbered(format);
  let places = numberedPlaces(format);
  let width = 0;

  const row = (cells: readonly string[]): TableRow => {
    if (cells.every((cell) => plain(cell) === "")) return { kind: "blank" };
    const header = hasNames ? placesIn(cells, format) : null;
    if (header !== null) {
      places = header;
      width = cells.length;
      return { kind: "header" };
    }
    if (places === null) return { kind: "title" };
    if (cells.some((cell) => cell.includes("\ufffd")))
      return { kind: "bad", why: "text is not in the configured encoding" };
    const needed = Math.max(...places.values()) + 1;
    if (cells.length < needed) return { kind: "bad", why: `${cells.length} cells, ${needed} expected` };
    if (width > 0 && cells.slice(width).some((cell) => plain(cell) !== "")) {
      return { kind: "bad", why: `${cells.length} cells, ${width} expected` };
    }
    const known = places;
    const said: Said = (field) => {
      const place = known.get(field);
      const text = place === undefined ? "" : (cells[place] ?? "").trim();
      return text === "" ? null : text;
    };
    const missing = known.has("at") ? "at" : "number";
    if (known.has(missing) && said(missing) === null)
      return { kind: "bad", why: missing === "at" ? "no time" : "no number" };
    return resultOf(said);
  };

  return {
    row,
    get begun() {
      return places !== null;
    },
  };
};
