/** Most that may come in before the broker has said who it is: 4 KiB, in the centre as at the LAN intake. */
export const maxBytesBeforeConnack = 4 * 1024;
/** Largest MQTT packet afterwards. */
export const maxPacketBytes = 1024 * 1024;

/** Why a stream is cut. */
export type PacketFault = "too much before CONNACK" | "packet too large" | "malformed length";

/**
 * Reads only the lengths of MQTT packets (MQTT 3.1.1 §2.2.3: a byte of type, then up to four bytes of length, seven bits
 * each), so that a size is refused when it is announced, before anybody buffers a byte of it.
 */
export class PacketGauge {
  #admitted = false;
  #seen = 0;
  #expect: "type" | "length" = "type";
  #shift = 0;
  #length = 0;
  #body = 0;

  /** The client is known: larger packets may come. */
  admit(): void {
    this.#admitted = true;
  }

  /** Looks at the next bytes; says why the stream must be cut, or undefined. */
  take(bytes: Uint8Array): PacketFault | undefined {
    if (!this.#admitted) {
      this.#seen += bytes.length;
      if (this.#seen > maxBytesBeforeConnack) return "too much before CONNACK";
    }
    for (let at = 0; at < bytes.length; ) {
      if (this.#body > 0) {
        const part = Math.min(this.#body, bytes.length - at);
        this.#body -= part;
        at += part;
        continue;
      }
      const fault = this.#header(bytes[at] ?? 0);
      if (fault !== undefined) return fault;
      at++;
    }
    return undefined;
  }

  #header(byte: number): PacketFault | undefined {
    if (this.#expect === "type") {
      this.#expect = "length";
      this.#shift = 0;
      this.#length = 0;
      return undefined;
    }
    this.#length += (byte & 0x7f) * 2 ** this.#shift;
    this.#shift += 7;
    if ((byte & 0x80) !== 0) return this.#shift >= 28 ? "malformed length" : undefined;
    const limit = this.#admitted ? maxPacketBytes : maxBytesBeforeConnack;
    if (this.#length > limit) return "packet too large";
    this.#body = this.#length;
    this.#expect = "type";
    return undefined;
  }
}
