import type { VideoCodec } from "./access-unit.ts";
import type { GatheredBytes } from "./gathered-bytes.ts";

/** Octets of the length in front of every NAL unit. */
export const lengthBytes = 4;

/** Largest header of a packet of several NAL units or of a piece. */
interface Shape {
  readonly headerBytes: number;
  readonly aggregate: number;
  readonly fragment: number;
  /** Types of NAL units that stand in a packet by themselves. */
  readonly mostSingle: number;
}

const shapes: Readonly<Record<VideoCodec, Shape>> = {
  h264: { headerBytes: 1, aggregate: 24, fragment: 28, mostSingle: 23 },
  h265: { headerBytes: 2, aggregate: 48, fragment: 49, mostSingle: 47 },
};

/**
 * Puts NAL units together from the payloads of packets: single ones, aggregation packets and fragmentation units of RFC 6184
 * (§5.6-5.8, non-interleaved mode) and RFC 7798 (§4.4, without DONL). They are gathered one behind the other, each behind its
 * length, as a movie has them: each octet is copied once, out of what came from the camera.
 */
export class NalAssembler {
  readonly #shape: Shape;
  readonly #isH264: boolean;
  readonly #into: GatheredBytes;
  readonly #onNal: (at: number) => void;
  /** Where the one begins that is not whole yet; -1: none. */
  #begun = -1;

  /** `onNal`: a whole one lies in `into` from there to the end. */
  constructor(codec: VideoCodec, into: GatheredBytes, onNal: (at: number) => void) {
    this.#shape = shapes[codec];
    this.#isH264 = codec === "h264";
    this.#into = into;
    this.#onNal = onNal;
  }

  /** True while one is not whole. */
  get isWithin(): boolean {
    return this.#begun >= 0;
  }

  /** Takes a payload. False: it cannot be understood, is too large, or a piece before it is missing. */
  push(bytes: Buffer, start: number, end: number): boolean {
    const { headerBytes, aggregate, fragment, mostSingle } = this.#shape;
    if (end - start <= headerBytes) return end === start;
    const first = bytes[start] ?? 0;
    const type = this.#isH264 ? first & 0x1f : (first >> 1) & 0x3f;
    if (type === fragment) return this.#fragment(bytes, start, end);
    const isWhole = this.#begun < 0;
    this.forget();
    if (type === aggregate) return this.#aggregate(bytes, start, end) && isWhole;
    // Interleaved packets (STAP-B, MTAP, FU-B) and PACI are never negotiated by us.
    return type <= mostSingle && this.#single(bytes, start, end) && isWhole;
  }

  /** A packet is missing: what was begun is nobody's. */
  forget(): void {
    if (this.#begun >= 0) this.#into.length = this.#begun;
    this.#begun = -1;
  }

  #single(bytes: Buffer, start: number, end: number): boolean {
    const at = this.#into.length;
    if (!this.#into.room(lengthBytes + end - start)) return false;
    this.#into.length = at + lengthBytes;
    this.#into.add(bytes, start, end);
    this.#into.writeWord(end - start, at);
    this.#onNal(at);
    return true;
  }

  #aggregate(bytes: Buffer, start: number, end: number): boolean {
    const { headerBytes } = this.#shape;
    for (let at = start + headerBytes; at + 2 <= end; ) {
      const size = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
      const next = at + 2 + size;
      if (next > end) return false;
      if (size > headerBytes && !this.#single(bytes, at + 2, next)) return false;
      at = next;
    }
    return true;
  }

  #fragment(bytes: Buffer, start: number, end: number): boolean {
    const { headerBytes } = this.#shape;
    const header = bytes[start + headerBytes] ?? 0;
    const isStart = (header & 0x80) !== 0;
    const fits = isStart !== this.#begun >= 0;
    if (isStart) {
      this.forget();
      if (!this.#into.room(lengthBytes + headerBytes)) return false;
      this.#begun = this.#into.length;
      this.#into.length += lengthBytes;
      const first = bytes[start] ?? 0;
      if (this.#isH264) this.#into.addByte((first & 0xe0) | (header & 0x1f));
      else {
        this.#into.addByte((first & 0x81) | ((header & 0x3f) << 1));
        this.#into.addByte(bytes[start + 1] ?? 0);
      }
    } else if (this.#begun < 0) return false;
    const body = start + headerBytes + 1;
    if (!this.#into.room(end - body)) {
      this.forget();
      return false;
    }
    this.#into.add(bytes, body, end);
    if ((header & 0x40) === 0) return fits;
    const at = this.#begun;
    this.#begun = -1;
    this.#into.writeWord(this.#into.length - at - lengthBytes, at);
    this.#onNal(at);
    return fits;
  }
}
