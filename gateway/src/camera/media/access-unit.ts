/** What a camera's pictures are coded in. */
export type VideoCodec = "h264" | "h265";

/** One whole picture as the camera coded it: NAL units without start codes, parameter sets and delimiters left out. */
export interface AccessUnit {
  readonly nals: readonly Uint8Array[];
  /** True when a decoder can begin here (IDR, or CRA/BLA of H.265). */
  readonly key: boolean;
  /** RTP time stamp, 90,000 a second, modulo 2^32 (RFC 3550 §5.1). */
  readonly rtpTime: number;
}

/** What a decoder must know first. A change of any of them is a new beginning. */
export interface ParameterSets {
  readonly codec: VideoCodec;
  /** Only H.265 has one. */
  readonly vps: Uint8Array | null;
  readonly sps: Uint8Array;
  readonly pps: Uint8Array;
}
