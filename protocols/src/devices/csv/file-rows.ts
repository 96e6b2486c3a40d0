/** One row of a text file: where it stands, and whether a line end shows that it is whole. */
export interface FileRow {
  /** From 1, as a spreadsheet counts the rows. */
  readonly number: number;
  readonly bytes: Uint8Array;
  readonly ended: boolean;
}

const [lf, cr, quote] = [0x0a, 0x0d, 0x22];
/** A quoted cell that is longer than this was never closed. */
const maxQuotedBytes = 4096;

/**
 * The line feed that ends the row that begins at `from`; the end of the bytes when there is none. `isWhole`: nothing will be
 * written behind the end, so that a quotation mark that is still open there was a stray one.
 */
const endOfRow = (
  bytes: Uint8Array,
  from: number,
  isWhole: boolean,
  isSeparator: (byte: number | undefined) => boolean,
): number => {
  let quotedFrom = -1;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at];
    if (quotedFrom >= 0) {
      if (byte === quote) {
        if (bytes[at + 1] === quote) at++;
        else quotedFrom = -1;
      } else if (at - quotedFrom > maxQuotedBytes) {
        const line = bytes.indexOf(lf, from);
        return line < 0 ? bytes.length : line;
      }
    } else if (byte === lf) return at;
    else if (byte === quote && (at === from || isSeparator(bytes[at - 1]))) quotedFrom = at;
  }
  if (quotedFrom < 0 || !isWhole) return bytes.length;
  const line = bytes.indexOf(lf, from);
  return line < 0 ? bytes.length : line;
};

/** Files of old Macintosh programs and some instruments end rows with CR alone. */
const withLineFeeds = (bytes: Uint8Array): Uint8Array =>
  bytes.includes(lf) || !bytes.includes(cr) ? bytes : bytes.map((byte) => (byte === cr ? lf : byte));

const skippedMark = (bytes: Uint8Array): number =>
  bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;

/**
 * The rows of a text file in any encoding whose line ends, separators and quotation marks are those of ASCII (UTF-8,
 * GB18030, code pages). Line ends are not part of a row; one inside a quoted cell ends none. A mark of UTF-8 at the
 * beginning is left out.
 */
export const fileRows = function* (file: Uint8Array, isWhole = true): Generator<FileRow> {
  const bytes = withLineFeeds(file);
  const isSeparator = (byte: number | undefined): boolean =>
    byte !== undefined && [0x2c, 0x3b, 0x09, 0x7c].includes(byte);
  let number = 0;
  for (let from = skippedMark(bytes); from < bytes.length; ) {
    const end = endOfRow(bytes, from, isWhole, isSeparator);
    const text = bytes[end - 1] === cr && end > from ? end - 1 : end;
    number++;
    yield { number, bytes: file.subarray(from, text), ended: end < bytes.length };
    from = end + 1;
  }
};
