import { headerBytes, type Pdu } from "./smpp-pdu.ts";

/** The largest unit that has a use here is a few hundred octets; a long `message_payload` fits as well. */
export const mostPduBytes = 16 * 1024;

/** What the length in front of a unit cannot be: where the next one begins is unknown from here on. */
export class BadLength extends Error {
  constructor(length: number) {
    super(`a unit of ${length} octets`);
  }
}

/** Cuts what comes in into units. Holds at most one unfinished one, of at most `mostPduBytes`. */
export class PduSplitter {
  #held = Buffer.alloc(0);

  /** Takes bytes however they were cut on the way. @throws {BadLength} shorter than a header, or too long */
  *push(bytes: Uint8Array): Generator<Pdu> {
    this.#held = this.#held.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#held, bytes]);
    while (this.#held.length >= 4) {
      const length = this.#held.readUInt32BE(0);
      if (length < headerBytes || length > mostPduBytes) throw new BadLength(length);
      if (this.#held.length < length) return;
      const unit = this.#held.subarray(0, length);
      this.#held = this.#held.subarray(length);
      yield {
        id: unit.readUInt32BE(4),
        status: unit.readUInt32BE(8),
        sequence: unit.readUInt32BE(12),
        body: Uint8Array.from(unit.subarray(headerBytes)),
      };
    }
  }
}
