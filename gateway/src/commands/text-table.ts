/** East Asian wide and fullwidth characters take two columns of a terminal (Unicode Standard Annex #11). */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]/u;

const columnsOf = (text: string): number => {
  let columns = 0;
  for (const char of text) columns += wide.test(char) ? 2 : 1;
  return columns;
};

/** Rows as aligned lines, two blanks between columns. */
export const textTable = (rows: readonly (readonly string[])[]): string[] => {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, columnsOf(cell));
  }
  const pad = (cell: string, column: number): string =>
    cell + " ".repeat(Math.max(0, (widths[column] ?? 0) - columnsOf(cell)));
  return rows.map((row) => row.map(pad).join("  ").trimEnd());
};
