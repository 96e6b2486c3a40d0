/** East Asian wide and fullwidth characters take two columns of a terminal (Unicode Standard Annex #11). */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]/u;

/** Columns that `text` takes on a terminal. */
export const displayWidth = (text: string): number => {
  let width = 0;
  for (const char of text) width += wide.test(char) ? 2 : 1;
  return width;
};

const pad = (text: string, width: number, right: boolean): string => {
  const blanks = " ".repeat(Math.max(0, width - displayWidth(text)));
  return right ? blanks + text : text + blanks;
};

/** A table as lines: the first row is the head, columns named in `right` are aligned right. */
export const textTable = (rows: readonly (readonly string[])[], right: ReadonlySet<number> = new Set()): string[] => {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, displayWidth(cell));
  }
  const lines = rows.map((row) =>
    row
      .map((cell, column) => pad(cell, widths[column] ?? 0, right.has(column)))
      .join("  ")
      .trimEnd(),
  );
  const rule = widths.map((width) => "─".repeat(width)).join("  ");
  return lines.length === 0 ? [] : [lines[0] ?? "", rule, ...lines.slice(1)];
};
