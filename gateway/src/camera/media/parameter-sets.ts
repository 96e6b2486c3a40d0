import { BitReader } from "./bit-reader.ts";

/** What a parameter set says of the pictures. */
export interface PictureFormat {
  /** RFC 6381 name for media source extensions. */
  readonly codec: string;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** What `hvcC` repeats of an H.265 SPS. */
export interface H265Format extends PictureFormat {
  /** The 12 octets of profile, tier, level as they stand in the SPS. */
  readonly profileTierLevel: Uint8Array;
  readonly chromaFormat: number;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
  readonly subLayers: number;
  readonly nested: boolean;
}

const hex = (value: number): string => value.toString(16).padStart(2, "0");

/** Profiles whose SPS says more of colours (ITU-T H.264 §7.3.2.1.1). */
const highProfiles = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);

const skipScalingLists = (reader: BitReader, chroma: number): void => {
  for (let list = 0; list < (chroma === 3 ? 12 : 8); list++) {
    if (reader.bit() === 0) continue;
    let last = 8;
    let next = 8;
    for (let at = 0; at < (list < 6 ? 16 : 64); at++) {
      if (next !== 0) next = (last + reader.signed() + 256) % 256;
      if (next !== 0) last = next;
    }
  }
};

const skipPictureOrder = (reader: BitReader): void => {
  const type = reader.unsigned();
  if (type === 0) reader.unsigned();
  if (type !== 1) return;
  reader.bit();
  reader.signed();
  reader.signed();
  const cycle = Math.min(255, reader.unsigned());
  for (let at = 0; at < cycle; at++) reader.signed();
};

/** Size after cropping (H.264 §7.4.2.1.1, formulas 7-19 to 7-22). */
export const h264Format = (sps: Uint8Array): PictureFormat => {
  const [, profile = 0, constraints = 0, level = 0] = sps;
  const reader = new BitReader(sps, 4);
  reader.unsigned();
  let chroma = 1;
  if (highProfiles.has(profile)) {
    chroma = reader.unsigned();
    if (chroma === 3) reader.bit();
    reader.unsigned();
    reader.unsigned();
    reader.bit();
    if (reader.bit() === 1) skipScalingLists(reader, chroma);
  }
  reader.unsigned();
  skipPictureOrder(reader);
  reader.unsigned();
  reader.bit();
  const width = (reader.unsigned() + 1) * 16;
  const mapUnits = reader.unsigned() + 1;
  const frameOnly = reader.bit();
  const height = (2 - frameOnly) * mapUnits * 16;
  if (frameOnly === 0) reader.bit();
  reader.bit();
  const crop = reader.bit() === 1 ? [reader.unsigned(), reader.unsigned(), reader.unsigned(), reader.unsigned()] : [];
  const [left = 0, right = 0, top = 0, bottom = 0] = crop;
  const unitX = chroma === 1 || chroma === 2 ? 2 : 1;
  const unitY = (chroma === 1 ? 2 : 1) * (2 - frameOnly);
  return {
    codec: `avc1.${hex(profile)}${hex(constraints)}${hex(level)}`,
    widthPx: width - unitX * (left + right),
    heightPx: height - unitY * (top + bottom),
  };
};

const skipSubLayers = (reader: BitReader, subLayers: number): void => {
  const present: { profile: boolean; level: boolean }[] = [];
  for (let at = 0; at < subLayers; at++) present.push({ profile: reader.bit() === 1, level: reader.bit() === 1 });
  if (subLayers > 0) reader.skip(2 * (8 - subLayers));
  for (const { profile, level } of present) reader.skip((profile ? 88 : 0) + (level ? 8 : 0));
};

/** Compatibility flags in reverse order of bits, as ISO/IEC 14496-15 §E.3 wants them. */
const reversed = (bits: number): number => {
  let value = 0;
  for (let at = 0; at < 32; at++) value = value * 2 + (Math.floor(bits / 2 ** at) % 2);
  return value;
};

const h265Codec = (profileTierLevel: Uint8Array): string => {
  const data = new DataView(profileTierLevel.buffer, profileTierLevel.byteOffset, profileTierLevel.byteLength);
  const [first = 0] = profileTierLevel;
  const space = ["", "A", "B", "C"][first >> 6] ?? "";
  const tier = (first & 0x20) === 0 ? "L" : "H";
  const constraints = [...profileTierLevel.subarray(5, 11)];
  while (constraints.at(-1) === 0) constraints.pop();
  const parts = [
    `hvc1.${space}${first & 0x1f}`,
    reversed(data.getUint32(1)).toString(16),
    `${tier}${profileTierLevel[11] ?? 0}`,
  ];
  return [...parts, ...constraints.map((byte) => byte.toString(16).toUpperCase())].join(".");
};

/** Size after cropping and what `hvcC` needs (ITU-T H.265 §7.3.2.2, §7.3.3). */
export const h265Format = (sps: Uint8Array): H265Format => {
  const reader = new BitReader(sps, 2);
  reader.skip(4);
  const subLayers = reader.bits(3);
  const nested = reader.bit() === 1;
  const profileTierLevel = Uint8Array.from({ length: 12 }, () => reader.bits(8));
  skipSubLayers(reader, subLayers);
  reader.unsigned();
  const chromaFormat = reader.unsigned();
  if (chromaFormat === 3) reader.bit();
  const width = reader.unsigned();
  const height = reader.unsigned();
  const crop = reader.bit() === 1 ? [reader.unsigned(), reader.unsigned(), reader.unsigned(), reader.unsigned()] : [];
  const [left = 0, right = 0, top = 0, bottom = 0] = crop;
  const unitX = chromaFormat === 1 || chromaFormat === 2 ? 2 : 1;
  const unitY = chromaFormat === 1 ? 2 : 1;
  return {
    ...{ codec: h265Codec(profileTierLevel), profileTierLevel, chromaFormat, subLayers: subLayers + 1, nested },
    widthPx: width - unitX * (left + right),
    heightPx: height - unitY * (top + bottom),
    bitDepthLuma: reader.unsigned() + 8,
    bitDepthChroma: reader.unsigned() + 8,
  };
};
