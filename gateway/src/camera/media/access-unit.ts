/** What a camera's pictures are coded in. */
export type VideoCodec = "h264" | "h265";

/** One whole picture as the camera coded it; parameter sets and delimiters are left out. */
export interface AccessUnit {
  /** NAL units, each behind its length in four octets (ISO/IEC 14496-15 §5.3.2). A view, good during the call only. */
  readonly bytes: Buffer;
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
