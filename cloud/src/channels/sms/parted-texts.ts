/** Which part of a longer message this is, 3GPP TS 23.040 §9.2.3.24.1 and .8. */
export interface Part {
  readonly reference: number;
  readonly total: number;
  /** From 1. */
  readonly number: number;
}

/**
 * Reads where a part belongs from a user data header (its length octet left off): information elements 0x00 (8 bit
 * reference) and 0x08 (16 bit). Undefined when it has none that holds together.
 */
export const partOf = (header: Uint8Array): Part | undefined => {
  for (let at = 0; at + 1 < header.length; ) {
    const [element = 0, length = 0] = [header[at], header[at + 1]];
    const data = header.subarray(at + 2, at + 2 + length);
    at += 2 + length;
    if (!((element === 0x00 && length === 3) || (element === 0x08 && length === 4)) || data.length < length) continue;
    const [number = 0, total = 0] = [data[length - 1], data[length - 2]];
    const reference = element === 0x00 ? (data[0] ?? 0) : ((data[0] ?? 0) << 8) | (data[1] ?? 0);
    return number >= 1 && number <= total ? { reference, total, number } : undefined;
  }
  return undefined;
};

interface Gathering {
  readonly from: string;
  readonly total: number;
  readonly texts: Map<number, string>;
  firstMs: number;
}

/** A message that was put together again. */
export interface WholeText {
  readonly from: string;
  readonly text: string;
}

/** A reply has a few characters; what claims to be longer is cut off here. */
const mostParts = 10;
const mostGathering = 200;
const patienceMs = 3_600_000;
const missing = "…";

const joined = ({ from, total, texts }: Gathering): WholeText => ({
  from,
  text: Array.from({ length: Math.min(total, mostParts) }, (_, index) => texts.get(index + 1) ?? missing).join(""),
});

/**
 * Puts longer messages together, in whatever order and however often their parts come. Bounded: so many messages at a
 * time, so many parts each. Nothing is dropped for it: what does not become whole within an hour, or has to make room, is
 * handed out with … where a part is missing.
 */
export class PartedTexts {
  readonly #gathering = new Map<string, Gathering>();

  /** Takes a part. Returns the message when it is whole; it stays known until `forget`, so that a last part can come again. */
  take(from: string, part: Part, text: string, nowMs: number): WholeText | undefined {
    const key = `${from} ${part.reference} ${part.total}`;
    const known = this.#gathering.get(key) ?? { from, total: part.total, texts: new Map(), firstMs: nowMs };
    this.#gathering.set(key, known);
    if (part.number <= mostParts) known.texts.set(part.number, text);
    return known.texts.size >= Math.min(known.total, mostParts) ? joined(known) : undefined;
  }

  /** The message of this part has been handed on. */
  forget(from: string, part: Part): void {
    this.#gathering.delete(`${from} ${part.reference} ${part.total}`);
  }

  /** Those that waited too long or are too many, oldest first. `taken` says whether one was handed on; if not it stays. */
  expire(nowMs: number, taken: (whole: WholeText) => boolean): void {
    for (const [key, one] of this.#gathering) {
      const isOld = nowMs - one.firstMs > patienceMs;
      if (!isOld && this.#gathering.size <= mostGathering) return;
      if (!taken(joined(one)) && this.#gathering.size <= 2 * mostGathering) return;
      this.#gathering.delete(key);
    }
  }
}
