/** What a player needs first, and what it can expect. The same object as long as nothing changed. */
export interface MovieBegin {
  /** `ftyp` and `moov`. */
  readonly bytes: Uint8Array;
  /** As media source extensions want it: `avc1.4d401f`, `hvc1.1.6.L93.B0` (RFC 6381, ISO/IEC 14496-15 Annex E). */
  readonly codec: string;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** A piece of a stream, about 200 ms long, cut at every key frame: what viewers, recorder, stills and watchdog share. */
export interface Fragment {
  readonly movie: MovieBegin;
  /** `movie.bytes`, for those who only store. */
  readonly begin: Uint8Array;
  /** A `moof` and its `mdat`. */
  readonly bytes: Uint8Array;
  /** The same octets with free ones for the head of a message in front of them. Left out: there is no room. */
  readonly roomy?: Uint8Array;
  /** True when it begins with a key frame. */
  readonly key: boolean;
  readonly durationMs: number;
  /** When its first picture came in: by the wall clock, and by the one that never jumps. */
  readonly wallMs: number;
  readonly monoMs: number;
  /** The camera's own time stamp of the first picture (RTP). */
  readonly rtpTime: number;
}
