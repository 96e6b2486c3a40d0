import type { Column } from "../model/column.ts";
import type { FindingCode, FindingList } from "../model/finding.ts";
import type { RegisterKind } from "../model/register-kind.ts";
import { always, forever, type ZoneClock } from "../model/validity.ts";
import type { StagedRow } from "./staged-rows.ts";

/** Titles of the columns of validity in Chinese, accepted in files too. */
const validityTitles = { from: "生效时间", to: "失效时间" } as const;

const timeExpected = {
  zh: "时间，精确到分，如 2026-11-24 12:30 或 2026-11-24T12:30+08:00",
  en: "a time in whole minutes, e.g. 2026-11-24 12:30 or 2026-11-24T12:30+08:00",
};

/** Shows a wrong value without letting it fill the report. */
const shown = (value: string): string => JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);

/** What rows are read with. */
export interface RowReaderOptions {
  readonly kind: RegisterKind;
  readonly clock: ZoneClock;
  readonly findings: FindingList;
}

/** Turns rows of texts into rows for the register, and says of each wrong value where it is and what is wrong. */
export class RowReader {
  readonly #options: RowReaderOptions;
  readonly #columns: readonly { readonly column: Column; readonly at: number | undefined }[];
  readonly #from: number | undefined;
  readonly #to: number | undefined;
  readonly #width: number;

  /** `header`: the titles, as names of the columns or in Chinese. */
  constructor(header: readonly string[], options: RowReaderOptions) {
    this.#options = options;
    this.#width = header.length;
    const places = this.#places(header);
    this.#columns = options.kind.columns.map((column) => ({ column, at: places.get(column.name) }));
    this.#from = places.get("from");
    this.#to = places.get("to");
  }

  /** One row; undefined when it cannot be used. `number` counts as a spreadsheet does. */
  read(number: number, cells: readonly string[]): StagedRow | undefined {
    let good = true;
    if (cells.length > this.#width && cells.slice(this.#width).some((cell) => cell.trim() !== "")) {
      good = this.#fault(number, null, "too-many-values", {
        zh: `有 ${cells.length} 个值，标题只有 ${this.#width} 列`,
        en: `${cells.length} values for ${this.#width} columns`,
      });
    }
    const values = this.#columns.map(({ column, at }) => {
      const text = at === undefined ? "" : (cells[at] ?? "").trim();
      if (!this.#fits(number, column, text)) good = false;
      return text;
    });
    const from = this.#minute(number, "from", this.#from, cells, always);
    const to = this.#minute(number, "to", this.#to, cells, forever);
    if (!good || from === undefined || to === undefined) return undefined;
    if (from < to) return { row: number, values, from, to };
    this.#fault(number, "to", "ends-before-it-begins", {
      zh: "失效时间必须晚于生效时间",
      en: "it must end after it begins",
    });
    return undefined;
  }

  #places(header: readonly string[]): Map<string, number> {
    const { kind } = this.#options;
    const names = new Map<string, string>();
    for (const { name, title } of kind.columns) names.set(name, name).set(title, name);
    for (const [name, title] of Object.entries(validityTitles)) names.set(name, name).set(title, name);
    const places = new Map<string, number>();
    for (const [at, title] of header.entries()) {
      const name = names.get(title.trim());
      if (name === undefined) {
        const known = [...new Set(names.values())].join(", ");
        this.#fault(1, title.trim(), "unknown-column", {
          zh: `没有这一列；可用的列：${known}`,
          en: `there is no such column; there are: ${known}`,
        });
      } else if (places.has(name)) {
        this.#fault(1, name, "column-twice", { zh: "这一列出现了两次", en: "this column is there twice" });
      } else places.set(name, at);
    }
    for (const { name, title, optional } of kind.columns) {
      if (optional || places.has(name)) continue;
      this.#fault(1, name, "column-missing", { zh: `缺少列 ${name}（${title}）`, en: `column ${name} is missing` });
    }
    return places;
  }

  #fits(number: number, column: Column, text: string): boolean {
    if (text === "") {
      if (column.optional) return true;
      return this.#fault(number, column.name, "empty", { zh: "不能为空", en: "must not be empty" });
    }
    if (column.type.accepts(text)) return true;
    const { zh, en } = column.type.expected;
    return this.#fault(number, column.name, "invalid", {
      zh: `${shown(text)} 不符合要求：${zh}`,
      en: `${shown(text)}: expected ${en}`,
    });
  }

  #minute(
    number: number,
    column: "from" | "to",
    at: number | undefined,
    cells: readonly string[],
    empty: number,
  ): number | undefined {
    const text = at === undefined ? "" : (cells[at] ?? "").trim();
    if (text === "") return empty;
    const minute = this.#options.clock.parse(text);
    if (minute !== undefined && minute > always && minute < forever) return minute;
    this.#fault(number, column, "invalid", {
      zh: `${shown(text)} 不符合要求：${timeExpected.zh}`,
      en: `${shown(text)}: expected ${timeExpected.en}`,
    });
    return undefined;
  }

  #fault(
    row: number,
    column: string | null,
    code: FindingCode,
    text: { readonly zh: string; readonly en: string },
  ): false {
    const { kind, findings } = this.#options;
    findings.add({ kind: kind.kind, row, column, code, ...text });
    return false;
  }
}
