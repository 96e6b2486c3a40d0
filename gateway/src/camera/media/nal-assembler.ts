import type { VideoCodec } from "./access-unit.ts";

/** A NAL unit in the pieces in which it came. */
export type PiecedNal = readonly Uint8Array[];

/** More than any camera needs for one NAL unit. */
const mostBytes = 8 * 1024 * 1024;

/** Largest header of a packet of several NAL units or of a piece. */
interface Shape {
  readonly headerBytes: number;
  readonly aggregate: number;
  readonly fragment: number;
}

const shapes: Readonly<Record<VideoCodec, Shape>> = {
  h264: { headerBytes: 1, aggregate: 24, fragment: 28 },
  h265: { headerBytes: 2, aggregate: 48, fragment: 49 },
};

/**
 * Puts NAL units together from the payloads of packets: single ones, aggregation packets and fragmentation units of RFC 6184
 * (§5.6-5.8, non-interleaved mode) and RFC 7798 (§4.4, without DONL). Nothing is copied.
 */
export class NalAssembler {
  readonly #codec: VideoCodec;
  readonly #shape: Shape;
  #pieces: Uint8Array[] = [];
  #bytes = 0;

  constructor(codec: VideoCodec) {
    this.#codec = codec;
    this.#shape = shapes[codec];
  }

  /** NAL units that this payload completes; `broken` when it cannot be understood or a piece before it is missing. */
  push(payload: Uint8Array): { readonly nals: readonly PiecedNal[]; readonly broken: boolean } {
    const { headerBytes, aggregate, fragment } = this.#shape;
    if (payload.length <= headerBytes) return { nals: [], broken: payload.length > 0 };
    const [first = 0] = payload;
    const type = this.#codec === "h264" ? first & 0x1f : (first >> 1) & 0x3f;
    if (type === fragment) return this.#fragment(payload);
    const broken = this.#pieces.length > 0;
    this.forget();
    if (type === aggregate) return this.#aggregate(payload, broken);
    // Interleaved packets (STAP-B, MTAP, FU-B) and PACI are never negotiated by us.
    if (type > (this.#codec === "h264" ? 23 : 47)) return { nals: [], broken: true };
    return { nals: [[payload]], broken };
  }

  /** A packet is missing: what was begun is nobody's. */
  forget(): void {
    this.#pieces = [];
    this.#bytes = 0;
  }

  #aggregate(payload: Uint8Array, brokenBefore: boolean): { nals: PiecedNal[]; broken: boolean } {
    const nals: PiecedNal[] = [];
    let at = this.#shape.headerBytes;
    while (at + 2 <= payload.length) {
      const size = ((payload[at] ?? 0) << 8) | (payload[at + 1] ?? 0);
      const end = at + 2 + size;
      if (end > payload.length) return { nals, broken: true };
      if (size > this.#shape.headerBytes) nals.push([payload.subarray(at + 2, end)]);
      at = end;
    }
    return { nals, broken: brokenBefore };
  }

  #fragment(payload: Uint8Array): { nals: PiecedNal[]; broken: boolean } {
    const { headerBytes } = this.#shape;
    const [first = 0, second = 0] = payload;
    const header = payload[headerBytes] ?? 0;
    const body = payload.subarray(headerBytes + 1);
    const isStart = (header & 0x80) !== 0;
    let broken = isStart === this.#pieces.length > 0;
    if (isStart) {
      const start =
        this.#codec === "h264"
          ? Uint8Array.of((first & 0xe0) | (header & 0x1f))
          : Uint8Array.of((first & 0x81) | ((header & 0x3f) << 1), second);
      this.#pieces = [start];
      this.#bytes = 0;
    } else if (this.#pieces.length === 0) return { nals: [], broken: true };
    this.#pieces.push(body);
    this.#bytes += body.length;
    if (this.#bytes > mostBytes) {
      this.forget();
      broken = true;
    }
    if ((header & 0x40) === 0 || this.#pieces.length === 0) return { nals: [], broken };
    const nal = this.#pieces;
    this.forget();
    return { nals: [nal], broken };
  }
}
