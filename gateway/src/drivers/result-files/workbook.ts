import { MingchengError } from "@mingcheng/protocols";
import { strFromU8, unzipSync } from "fflate";
import { type CellValue, readSheet } from "read-excel-file/node";

/** One row of the first sheet. */
export interface WorkbookRow {
  /** From 1. */
  readonly number: number;
  readonly cells: readonly string[];
}

const maxUnpackedMiB = 64;

const refuse = (why: string, cause?: unknown): never => {
  throw new MingchengError("RESULT_FILE_UNREADABLE", why, { cause });
};

/** Files of the workbook that say how cells are shown and what they hold. */
const needed = /^xl\/(workbook\.xml|_rels\/workbook\.xml\.rels|styles\.xml|worksheets\/[^/]+\.xml)$/;

/** Unpacks what is needed, and refuses what would not fit into memory before it is unpacked. */
const unpack = (bytes: Uint8Array): ReadonlyMap<string, Uint8Array> => {
  let unpacked = 0;
  try {
    unzipSync(bytes, {
      filter: ({ originalSize }) => {
        unpacked += originalSize;
        return false;
      },
    });
    if (unpacked <= maxUnpackedMiB * 1024 * 1024) {
      return new Map(Object.entries(unzipSync(bytes, { filter: ({ name }) => needed.test(name) })));
    }
  } catch (cause) {
    refuse("not an Excel workbook, or not written to its end (不是完整的 Excel 工作簿)", cause);
  }
  return refuse(`larger than ${maxUnpackedMiB} MiB unpacked: save it as CSV (解压后过大，请另存为 CSV)`);
};

const attribute = (tag: string, name: string): string | undefined => new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1];

/** Numbers of the cell styles that show a fraction as per cent (ECMA-376 part 1, section 18.8.30: formats 9 and 10). */
const percentStyles = (styles: string): ReadonlySet<string> => {
  const custom = (styles.match(/<numFmt\b[^>]*>/g) ?? [])
    .filter((tag) => attribute(tag, "formatCode")?.includes("%") === true)
    .map((tag) => attribute(tag, "numFmtId"));
  const formats = new Set(["9", "10", ...custom]);
  const cells = /<cellXfs\b[\s\S]*?<\/cellXfs>/.exec(styles)?.[0] ?? "";
  const found = (cells.match(/<xf\b[^>]*>/g) ?? []).flatMap((tag, index) =>
    formats.has(attribute(tag, "numFmtId")) ? [index.toString()] : [],
  );
  return new Set(found);
};

/** The file of the first sheet. */
const firstSheet = (files: ReadonlyMap<string, Uint8Array>): string => {
  const text = (name: string): string => strFromU8(files.get(name) ?? new Uint8Array());
  const first = /<sheet\b[^>]*>/.exec(text("xl/workbook.xml"))?.[0] ?? "";
  const id = attribute(first, "r:id");
  const relations = text("xl/_rels/workbook.xml.rels").match(/<Relationship\b[^>]*>/g) ?? [];
  const target = relations
    .map((tag) => (attribute(tag, "Id") === id ? attribute(tag, "Target") : undefined))
    .find(Boolean);
  const path = target?.replace(/^\/?(xl\/)?/, "xl/") ?? "xl/worksheets/sheet1.xml";
  return text(path);
};

/** Places (`D5`) of the first sheet's cells that are shown as per cent. */
const percentCells = (files: ReadonlyMap<string, Uint8Array>): ReadonlySet<string> => {
  const styles = percentStyles(strFromU8(files.get("xl/styles.xml") ?? new Uint8Array()));
  const places = new Set<string>();
  if (styles.size === 0) return places;
  for (const [tag] of firstSheet(files).matchAll(/<c\b[^>]*>/g)) {
    const [place, style] = [attribute(tag, "r"), attribute(tag, "s")];
    if (place !== undefined && style !== undefined && styles.has(style)) places.add(place);
  }
  return places;
};

/** 0 is `A`, 27 is `AB`. */
const columnName = (index: number): string =>
  index < 26
    ? String.fromCharCode(65 + index)
    : `${columnName(Math.floor(index / 26) - 1)}${String.fromCharCode(65 + (index % 26))}`;

const significantDigits = 15;

/** Excel stores local times without a zone; the library gives them as if they were UTC. */
const cellText = (value: CellValue | null, isPercent: boolean): string => {
  if (value === null) return "";
  if (value instanceof Date) {
    const nearest = new Date(Math.round(value.getTime() / 1000) * 1000);
    return nearest.toISOString().slice(0, 19).replace("T", " ");
  }
  // What a person sees as 52.3% is stored as 0.523.
  if (isPercent && typeof value === "number") return `${Number((value * 100).toPrecision(significantDigits))}%`;
  return String(value);
};

/**
 * The rows of the first sheet of a workbook as text: times as `2024-05-17 09:30:15`, percentages as shown (`52.3%`).
 * @throws {MingchengError} RESULT_FILE_UNREADABLE
 */
export const workbookRows = async (bytes: Uint8Array): Promise<readonly WorkbookRow[]> => {
  const percent = percentCells(unpack(bytes));
  const rows = await readSheet(Buffer.from(bytes), { trim: false }).catch((cause: unknown) =>
    refuse("the workbook cannot be read (无法读取工作簿)", cause),
  );
  return rows.map((row, index) => ({
    number: index + 1,
    cells: row.map((value, column) => cellText(value, percent.has(`${columnName(column)}${index + 1}`))),
  }));
};
