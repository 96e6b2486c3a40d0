import type { VideoCodec } from "./access-unit.ts";

/** What a NAL unit is for. */
export type NalRole = "vps" | "sps" | "pps" | "key" | "picture" | "noise" | "other";

const h264Role = (type: number): NalRole => {
  if (type === 7) return "sps";
  if (type === 8) return "pps";
  if (type === 5) return "key";
  if (type >= 1 && type <= 4) return "picture";
  // Delimiters, ends and fillers have no place in a file (ISO/IEC 14496-15 §5.3).
  return type >= 9 && type <= 12 ? "noise" : "other";
};

const h265Role = (type: number): NalRole => {
  if (type === 32) return "vps";
  if (type === 33) return "sps";
  if (type === 34) return "pps";
  if (type >= 16 && type <= 21) return "key";
  if (type < 32) return "picture";
  return type >= 35 && type <= 38 ? "noise" : "other";
};

/** Role of a NAL unit by its first octet (ITU-T H.264 table 7-1, H.265 table 7-1). */
export const nalRole = (codec: VideoCodec, first: number): NalRole =>
  codec === "h264" ? h264Role(first & 0x1f) : h265Role((first >> 1) & 0x3f);
