/** What stands between two cells of a row. */
export const cellSeparators = { comma: ",", semicolon: ";", tab: "\t", bar: "|" } as const;

/** One of `cellSeparators`. */
export type CellSeparator = keyof typeof cellSeparators;

/**
 * The cells of one row as in RFC 4180: a cell in quotation marks may hold separators, line ends and doubled quotation
 * marks. `null` when a quotation mark stands where none may (the row is damaged).
 */
export const cellsIn = (row: string, separator: string): readonly string[] | null => {
  const cells: string[] = [];
  for (let at = 0; ; ) {
    if (row.charAt(at) !== '"') {
      const end = row.indexOf(separator, at);
      const cell = row.slice(at, end < 0 ? row.length : end);
      if (cell.includes('"')) return null;
      cells.push(cell);
      if (end < 0) return cells;
      at = end + 1;
      continue;
    }
    let cell = "";
    for (at++; ; at++) {
      const end = row.indexOf('"', at);
      if (end < 0) return null;
      cell += row.slice(at, end);
      at = end + 1;
      if (row.charAt(at) !== '"') break;
      cell += '"';
    }
    cells.push(cell);
    if (at === row.length) return cells;
    if (row.charAt(at) !== separator) return null;
    at++;
  }
};

/** The separator that a header row uses: the one that gives it the most cells; a comma when none gives two. */
export const separatorOf = (header: string): CellSeparator => {
  const names = Object.keys(cellSeparators) as CellSeparator[];
  const counts = names.map((name) => [name, cellsIn(header, cellSeparators[name])?.length ?? 0] as const);
  const best = counts.reduce((most, one) => (one[1] > most[1] ? one : most));
  return best[1] > 1 ? best[0] : "comma";
};
