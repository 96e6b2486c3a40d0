import { contentOf } from "../recording/boxes.ts";
import type { ParameterSets } from "./access-unit.ts";
import { box, fullBox, u16, u24, u32, zeros } from "./boxes.ts";
import type { MovieBegin } from "./fragment.ts";
import { h264Format, h265Format, type PictureFormat } from "./parameter-sets.ts";

/** Units a second of the track: those of RTP, so that nothing is rounded. */
export const timeScale = 90_000;

const unity = [...u32(0x10000), ...zeros(12), ...u32(0x10000), ...zeros(12), ...u32(0x4000_0000)];

/** ISO/IEC 14496-15 §5.3.3.1.2 */
const avcC = ({ sps, pps }: ParameterSets): Buffer => {
  const profile = sps[1] ?? 0;
  const high = [100, 110, 122, 144].includes(profile);
  return box(
    "avcC",
    [1, profile, sps[2] ?? 0, sps[3] ?? 0, 0xff, 0xe1, ...u16(sps.length)],
    ...[sps, [1, ...u16(pps.length)], pps],
    // 4:2:0 with 8 bits: what cameras send, and what nobody looks at.
    high ? [0xfd, 0xf8, 0xf8, 0] : [],
  );
};

/** ISO/IEC 14496-15 §8.3.3.1.2 */
const hvcC = ({ vps, sps, pps }: ParameterSets): Buffer => {
  const format = h265Format(sps);
  const sets = [
    [32, vps ?? new Uint8Array()],
    [33, sps],
    [34, pps],
  ] as const;
  const arrays = sets.flatMap(([type, nal]) => [[0x80 | type, ...u16(1), ...u16(nal.length)], nal]);
  return box(
    "hvcC",
    ...[[1], format.profileTierLevel, [...u16(0xf000), 0xfc, 0xfc | format.chromaFormat]],
    [0xf8 | (format.bitDepthLuma - 8), 0xf8 | (format.bitDepthChroma - 8), ...u16(0)],
    [(Math.min(7, format.subLayers) << 3) | (format.nested ? 4 : 0) | 3, sets.length],
    ...arrays,
  );
};

const sampleEntry = (sets: ParameterSets, { widthPx, heightPx }: PictureFormat): Buffer =>
  box(
    sets.codec === "h264" ? "avc1" : "hvc1",
    [...zeros(6), ...u16(1), ...zeros(16), ...u16(widthPx), ...u16(heightPx)],
    [...u32(0x480000), ...u32(0x480000), ...zeros(4), ...u16(1), ...zeros(32), ...u16(24), 0xff, 0xff],
    sets.codec === "h264" ? avcC(sets) : hvcC(sets),
  );

const track = (sets: ParameterSets, format: PictureFormat): Buffer => {
  const { widthPx, heightPx } = format;
  const tkhd = fullBox(
    ...(["tkhd", { flags: 3 }] as const),
    [...zeros(8), ...u32(1), ...zeros(4), ...u32(0), ...zeros(16), ...unity],
    [...u32(widthPx * 0x10000), ...u32(heightPx * 0x10000)],
  );
  const mdhd = fullBox("mdhd", {}, [...zeros(8), ...u32(timeScale), ...u32(0), ...u16(0x55c4), 0, 0]);
  const hdlr = fullBox("hdlr", {}, zeros(4), Buffer.from("vide"), zeros(12), Buffer.from("camera\0"));
  const dinf = box("dinf", fullBox("dref", {}, u32(1), fullBox("url ", { flags: 1 })));
  const empty = [fullBox("stts", {}, u32(0)), fullBox("stsc", {}, u32(0)), fullBox("stsz", {}, zeros(8))];
  const stsd = fullBox("stsd", {}, u32(1), sampleEntry(sets, format));
  const stbl = box("stbl", stsd, ...empty, fullBox("stco", {}, u32(0)));
  const minf = box("minf", fullBox("vmhd", { flags: 1 }, zeros(8)), dinf, stbl);
  return box("trak", tkhd, box("mdia", mdhd, hdlr, minf));
};

/** `ftyp` and `moov` of a fragmented movie with one track of pictures (ISO/IEC 14496-12 §8). */
export const movieBegin = (sets: ParameterSets): MovieBegin => {
  const format: PictureFormat = sets.codec === "h264" ? h264Format(sets.sps) : h265Format(sets.sps);
  const ftyp = box("ftyp", Buffer.from("iso5"), u32(0x200), Buffer.from("iso5iso6mp41"));
  const mvhd = fullBox(
    ...(["mvhd", {}] as const),
    [...zeros(8), ...u32(timeScale), ...u32(0), ...u32(0x10000), ...u16(0x100), ...zeros(10), ...unity],
    [...zeros(24), ...u32(2)],
  );
  const mvex = box("mvex", fullBox("trex", {}, [...u32(1), ...u32(1), ...u32(0), ...u32(0), 0, ...u24(0)]));
  const bytes = Buffer.concat([ftyp, box("moov", mvhd, track(sets, format), mvex)]);
  return { bytes, codec: format.codec, widthPx: format.widthPx, heightPx: format.heightPx };
};

/** What a beginning that was recorded says; undefined for one that we did not write. */
export const recordedMovie = (bytes: Uint8Array): MovieBegin | undefined => {
  const [avc, hevc] = [contentOf(bytes, "avcC"), contentOf(bytes, "hvcC")];
  const setAt = (from: Uint8Array, at: number): Uint8Array =>
    from.subarray(at + 2, at + 2 + (((from[at] ?? 0) << 8) | (from[at + 1] ?? 0)));
  try {
    if (avc !== undefined) return { bytes, ...shown(h264Format(setAt(avc, 6))) };
    if (hevc === undefined) return undefined;
    // Arrays of one each: the video parameter set (type, count, length), then the one that says what is sent.
    const vps = setAt(hevc, 26);
    return { bytes, ...shown(h265Format(setAt(hevc, 26 + 2 + vps.length + 3))) };
  } catch {
    return undefined;
  }
};

const shown = ({ codec, widthPx, heightPx }: PictureFormat): Omit<MovieBegin, "bytes"> => ({
  ...{ codec, widthPx, heightPx },
});
