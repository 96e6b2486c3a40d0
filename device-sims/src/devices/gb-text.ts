/** GB2312 bytes by character: the reverse of what the runtime can decode, built once. */
let table: ReadonlyMap<string, readonly number[]> | undefined;

const build = (): ReadonlyMap<string, readonly number[]> => {
  const decoder = new TextDecoder("gb18030");
  const entries: [string, readonly number[]][] = [];
  for (let high = 0xa1; high <= 0xf7; high++) {
    for (let low = 0xa1; low <= 0xfe; low++) entries.push([decoder.decode(Uint8Array.of(high, low)), [high, low]]);
  }
  return new Map(entries);
};

/**
 * Text as an instrument holds it, GB2312, cut between characters to at most `maxBytes`. What GB2312 does not have becomes a
 * question mark.
 */
export const gbBytes = (text: string, maxBytes: number): Uint8Array => {
  table ??= build();
  const bytes: number[] = [];
  for (const char of text) {
    const code = char.charCodeAt(0);
    const more = code < 0x80 ? [code] : (table.get(char) ?? [0x3f]);
    if (bytes.length + more.length > maxBytes) break;
    bytes.push(...more);
  }
  return Uint8Array.from(bytes);
};
