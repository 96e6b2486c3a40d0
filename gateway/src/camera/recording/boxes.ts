/** A box of an ISO base media file: its type and where it is. */
export interface Box {
  readonly type: string;
  readonly start: number;
  /** Where what is in it begins. */
  readonly content: number;
  readonly end: number;
}

const headerBytes = 8;
const largeHeaderBytes = 16;

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * The boxes that lie whole in `bytes` between `start` and `end`, in order (ISO/IEC 14496-12 §4.2). Ends before the first
 * one that is cut off or cannot be: what follows it is nobody's.
 */
export const boxesOf = function* (bytes: Uint8Array, start = 0, end = bytes.length): Generator<Box> {
  const data = view(bytes);
  let at = start;
  while (at + headerBytes <= end) {
    const short = data.getUint32(at);
    const large = short === 1;
    if (large && at + largeHeaderBytes > end) return;
    const size = large ? Number(data.getBigUint64(at + headerBytes)) : short;
    const header = large ? largeHeaderBytes : headerBytes;
    if (size < header || at + size > end) return;
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + headerBytes));
    yield { type, start: at, content: at + header, end: at + size };
    at += size;
  }
};

/** The first box along a path of types, from the outermost. */
const find = (
  bytes: Uint8Array,
  path: readonly string[],
  range = { content: 0, end: bytes.length },
): Box | undefined => {
  const [type, ...rest] = path;
  for (const box of boxesOf(bytes, range.content, range.end)) {
    if (box.type === type) return rest.length === 0 ? box : find(bytes, rest, box);
  }
  return undefined;
};

/** Units a second of the first track (`mdhd`, ISO/IEC 14496-12 §8.4.2); undefined where there is none. */
export const timeScale = (bytes: Uint8Array): number | undefined => {
  const mdhd = find(bytes, ["moov", "trak", "mdia", "mdhd"]);
  if (mdhd === undefined) return undefined;
  const at = mdhd.content + (bytes[mdhd.content] === 1 ? 20 : 12);
  return at + 4 > mdhd.end ? undefined : view(bytes).getUint32(at);
};

/**
 * How many bytes from the start are whole: the beginning of a file (`ftyp`, `moov`) and pairs of `moof` and `mdat`. What a
 * crash left behind them cannot be played.
 */
export const wholeBytes = (bytes: Uint8Array): { readonly bytes: number; readonly fragments: number } => {
  let whole = 0;
  let fragments = 0;
  for (const { type, end } of boxesOf(bytes)) {
    if (type === "moof") continue;
    if (type === "mdat") fragments++;
    whole = end;
  }
  return { bytes: whole, fragments };
};

/** Where the decode time of a fragment's track stands, and in how many bytes; undefined where there is none. */
const decodeTimePlace = (bytes: Uint8Array, moof: Box): { at: number; long: boolean } | undefined => {
  const tfdt = find(bytes, ["traf", "tfdt"], moof);
  return tfdt === undefined ? undefined : { at: tfdt.content + 4, long: bytes[tfdt.content] === 1 };
};

/** `baseMediaDecodeTime` of the first fragment (ISO/IEC 14496-12 §8.8.12), in units of the track's time scale. */
export const decodeTime = (bytes: Uint8Array): bigint | undefined => {
  for (const box of boxesOf(bytes)) {
    if (box.type !== "moof") continue;
    const place = decodeTimePlace(bytes, box);
    if (place === undefined) return undefined;
    return place.long ? view(bytes).getBigUint64(place.at) : BigInt(view(bytes).getUint32(place.at));
  }
  return undefined;
};

/** Moves every fragment's decode time by `by`, in place: a clip begins at nought, and goes on without a hole over a cut. */
export const moveDecodeTimes = (bytes: Uint8Array, by: bigint): void => {
  const data = view(bytes);
  for (const box of boxesOf(bytes)) {
    const place = box.type === "moof" ? decodeTimePlace(bytes, box) : undefined;
    if (place === undefined) continue;
    if (place.long) data.setBigUint64(place.at, data.getBigUint64(place.at) + by);
    else data.setUint32(place.at, Number((BigInt(data.getUint32(place.at)) + by) & 0xffff_ffffn));
  }
};

/** True when the first picture of a fragment as we write it is a key frame (`trun` with flags of each sample, §8.8.8). */
export const beginsWithKey = (fragment: Uint8Array): boolean => {
  const trun = find(fragment, ["moof", "traf", "trun"]);
  // Flags, count, data offset, then duration, size and flags of the first picture.
  if (trun === undefined || trun.content + 24 > trun.end) return false;
  return (view(fragment).getUint32(trun.content + 20) & 0x1_0000) === 0;
};

/** What is in a box, wherever it is; undefined where there is none. For the beginnings that we write. */
export const contentOf = (bytes: Uint8Array, type: string): Uint8Array | undefined => {
  const at = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf(type, 0, "latin1");
  if (at < 4) return undefined;
  return bytes.subarray(at + 4, at - 4 + view(bytes).getUint32(at - 4));
};
