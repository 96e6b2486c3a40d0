/** A box of an ISO base media file (ISO/IEC 14496-12 §4.2): its length, its type, what is in it. */
export const box = (type: string, ...content: readonly (Uint8Array | readonly number[])[]): Buffer => {
  const parts = content.map((part) => (part instanceof Uint8Array ? part : Uint8Array.from(part)));
  const size = parts.reduce((sum, part) => sum + part.length, 8);
  const bytes = Buffer.allocUnsafe(size);
  bytes.writeUInt32BE(size, 0);
  bytes.write(type, 4, "latin1");
  let at = 8;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
};

/** A box with version and flags (§4.2). */
export const fullBox = (
  type: string,
  { version = 0, flags = 0 }: { readonly version?: number; readonly flags?: number },
  ...content: readonly (Uint8Array | readonly number[])[]
): Buffer => box(type, [version, ...u24(flags)], ...content);

/** Big-endian numbers. */
export const u16 = (value: number): readonly number[] => [(value >> 8) & 255, value & 255];
export const u24 = (value: number): readonly number[] => [(value >> 16) & 255, (value >> 8) & 255, value & 255];
export const u32 = (value: number): readonly number[] => [...u16(value >>> 16), ...u16(value)];

/** So many noughts. */
export const zeros = (count: number): readonly number[] => new Array<number>(count).fill(0);
