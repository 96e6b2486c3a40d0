/** One picture: its NAL units as coded, without start codes. Parameter sets stand before key frames. */
export interface CodedPicture {
  readonly nals: readonly Uint8Array[];
  readonly key: boolean;
}

/** A loop of pictures that a simulated camera sends over and over. */
export interface CodedStream {
  readonly codec: "h264" | "h265";
  readonly framesPerSecond: number;
  readonly pictures: readonly CodedPicture[];
  /** Of the first picture: SPS and PPS, for H.265 VPS first. */
  readonly parameterSets: readonly Uint8Array[];
}

/** Type of a NAL unit (ITU-T H.264 §7.3.1, H.265 §7.3.1.2). */
export const nalType = (codec: CodedStream["codec"], nal: Uint8Array): number =>
  codec === "h264" ? (nal[0] ?? 0) & 0x1f : ((nal[0] ?? 0) >> 1) & 0x3f;

const types = {
  h264: { delimiter: 9, parameters: [7, 8], leastKey: 5, mostKey: 5 },
  h265: { delimiter: 35, parameters: [32, 33, 34], leastKey: 16, mostKey: 21 },
} as const;

/** NAL units between start codes (Annex B). */
const nalsOf = (bytes: Uint8Array): Uint8Array[] => {
  const starts: number[] = [];
  for (let at = 0; at + 2 < bytes.length; at++) {
    if (bytes[at] === 0 && bytes[at + 1] === 0 && bytes[at + 2] === 1) starts.push(at + 3);
  }
  return starts.map((start, index) => {
    let end = (starts[index + 1] ?? bytes.length + 3) - 3;
    while (end > start && bytes[end - 1] === 0) end--;
    return bytes.subarray(start, end);
  });
};

/** Cuts an elementary stream with delimiters into pictures. */
export const codedStreamOf = (bytes: Uint8Array, codec: CodedStream["codec"], framesPerSecond: number): CodedStream => {
  const { delimiter, parameters, leastKey, mostKey } = types[codec];
  const groups: Uint8Array[][] = [];
  for (const nal of nalsOf(bytes)) {
    if (nalType(codec, nal) === delimiter) groups.push([]);
    else groups.at(-1)?.push(nal);
  }
  const pictures = groups.map((nals): CodedPicture => {
    const key = nals.some((nal) => nalType(codec, nal) >= leastKey && nalType(codec, nal) <= mostKey);
    return { nals, key };
  });
  const isParameterSet = (nal: Uint8Array): boolean => (parameters as readonly number[]).includes(nalType(codec, nal));
  return { codec, framesPerSecond, pictures, parameterSets: (groups[0] ?? []).filter(isParameterSet) };
};
