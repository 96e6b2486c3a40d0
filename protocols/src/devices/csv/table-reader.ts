import {
  createResultReader,
  plainText,
  type ReadResult,
  type ResultField,
  resultFields,
  type Said,
} from "../result-words.ts";
import { type ColumnPlace, isNumbered, type TableFormat } from "./table-format.ts";

/** What a row is. `title`: a row before the header. */
export type TableRow =
  | ReadResult
  | { readonly kind: "header" }
  | { readonly kind: "title" }
  | { readonly kind: "blank" };

/** Reads the rows of one table, in order. */
export interface TableReader {
  row(cells: readonly string[]): TableRow;
  /** True once rows can be results: the header was there, or none is needed. */
  readonly begun: boolean;
}

const namesOf = (place: ColumnPlace): readonly string[] =>
  typeof place === "number" ? [] : (typeof place === "string" ? [place] : place).map(plainText);

type Places = ReadonlyMap<ResultField, number>;

/** Where the columns of a header stand; `null` when it lacks one, or has one twice. */
const placesIn = (header: readonly string[], format: TableFormat): Places | null => {
  const names = header.map(plainText);
  const places = new Map<ResultField, number>();
  for (const field of resultFields) {
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

/** A cheap look at a row before its cells are compared with names: most rows are no header. */
const headerTest = (format: TableFormat): ((cells: readonly string[]) => boolean) => {
  const named = Object.values(format.columns).find((place) => place !== undefined && typeof place !== "number");
  const firsts = new Set((named === undefined ? [] : namesOf(named)).flatMap((name) => name.charAt(0)));
  if (firsts.has("(")) firsts.add("（");
  return (cells) => cells.some((cell) => firsts.has(cell.trimStart().charAt(0).toLowerCase()));
};

const numberedPlaces = (format: TableFormat): Places | null => (isNumbered(format) ? placesIn([], format) : null);

/**
 * Reads the rows of a table. Where columns have names, everything above the header with all of them is a title, and a
 * header that comes again is a header. A row must have a cell in every column that is read, and say its time, or its number
 * where the table has no times: by that it is told from others.
 */
export const createTableReader = (format: TableFormat): TableReader => {
  const resultOf = createResultReader(format);
  const mayBeHeader = headerTest(format);
  let places = numberedPlaces(format);
  let width = 0;

  const row = (cells: readonly string[]): TableRow => {
    if (cells.every((cell) => cell.trim() === "")) return { kind: "blank" };
    const header = mayBeHeader(cells) ? placesIn(cells, format) : null;
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
    if (width > 0 && cells.slice(width).some((cell) => plainText(cell) !== "")) {
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
