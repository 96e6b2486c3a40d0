import type { VideoCodec } from "../media/access-unit.ts";

/** A track that a camera offers. */
export interface DescribedTrack {
  readonly kind: "video" | "audio";
  readonly payloadType: number;
  /** Null: pictures or sound that we cannot use. */
  readonly codec: VideoCodec | "pcma" | "pcmu" | null;
  /** As the camera calls it. */
  readonly name: string;
  readonly control: string;
  /** Parameter sets that stand in the description. */
  readonly parameterSets: readonly Uint8Array[];
}

const codecs: Readonly<Record<string, DescribedTrack["codec"]>> = {
  H264: "h264",
  H265: "h265",
  HEVC: "h265",
  PCMA: "pcma",
  PCMU: "pcmu",
};
const fixedTypes: Readonly<Record<number, string>> = { 0: "PCMU", 8: "PCMA" };
const mostLines = 512;
const mostSetBytes = 4_096;

const formatParameters = (text: string): Map<string, string> =>
  new Map(
    text.split(";").map((part) => {
      const at = part.indexOf("=");
      return [part.slice(0, at).trim().toLowerCase(), part.slice(at + 1).trim()];
    }),
  );

const parameterSetsOf = (text: string): Uint8Array[] => {
  const parameters = formatParameters(text);
  return ["sprop-parameter-sets", "sprop-vps", "sprop-sps", "sprop-pps"]
    .flatMap((name) => (parameters.get(name) ?? "").split(","))
    .map((set) => Buffer.from(set.trim(), "base64"))
    .filter((set) => set.length > 2 && set.length <= mostSetBytes);
};

const trackOf = (lines: readonly string[]): DescribedTrack | undefined => {
  const [, kind, type] = /^m=(video|audio) \d+(?:\/\d+)? RTP\/\S+ (\d{1,3})/.exec(lines[0] ?? "") ?? [];
  if (kind !== "video" && kind !== "audio") return undefined;
  const payloadType = Number(type);
  const value = (start: string): string | undefined =>
    lines.find((line) => line.startsWith(start))?.slice(start.length);
  const mapped = value(`a=rtpmap:${type} `)?.split("/")[0]?.trim().toUpperCase();
  const name = mapped ?? fixedTypes[payloadType] ?? `type ${payloadType}`;
  const codec = codecs[name] ?? null;
  const parameterSets = kind === "video" ? parameterSetsOf(value(`a=fmtp:${type} `) ?? "") : [];
  return { kind, payloadType, codec, name: name.slice(0, 32), control: value("a=control:") ?? "", parameterSets };
};

/** Reads what a camera says of its stream (RFC 4566). Tracks that are neither pictures nor sound are left out. */
export const readDescription = (
  text: string,
): { readonly control: string; readonly tracks: readonly DescribedTrack[] } => {
  const blocks: string[][] = [[]];
  for (const line of text.split(/\r\n|\n|\r/).slice(0, mostLines)) {
    if (line.startsWith("m=")) blocks.push([]);
    blocks.at(-1)?.push(line);
  }
  const [session = [], ...media] = blocks;
  const control = session.find((line) => line.startsWith("a=control:"))?.slice("a=control:".length) ?? "";
  return { control, tracks: media.map(trackOf).filter((track) => track !== undefined) };
};

/** Address of a track: its `control` is whole, or added to the base (RFC 2326 §C.1.1). */
export const trackAddress = (base: string, control: string): string => {
  if (control === "" || control === "*") return base;
  if (/^rtsps?:\/\//i.test(control)) return control;
  return control.startsWith("/") || base.endsWith("/")
    ? `${base.replace(/\/$/, "")}/${control.replace(/^\//, "")}`
    : `${base}/${control}`;
};
