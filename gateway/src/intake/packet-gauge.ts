/** Most that may come in before the broker has said who it is. */
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
  private admitted = false;
  private seen = 0;
  private inLength = false;
  private shift = 0;
  private length = 0;
  private body = 0;

  /** The client is known: larger packets may come. */
  admit(): void {
    this.admitted = true;
  }

  /** Looks at the next bytes; says why the stream must be cut, or undefined. */
  take(bytes: Uint8Array): PacketFault | undefined {
    if (!this.admitted) {
      this.seen += bytes.length;
      if (this.seen > maxBytesBeforeConnack) return "too much before CONNACK";
    }
    for (let at = 0; at < bytes.length; ) {
      if (this.body > 0) {
        const part = Math.min(this.body, bytes.length - at);
        this.body -= part;
        at += part;
        continue;
      }
      const fault = this.header(bytes[at] ?? 0);
      if (fault !== undefined) return fault;
      at += 1;
    }
    return undefined;
  }

  private header(byte: number): PacketFault | undefined {
    if (!this.inLength) {
      this.inLength = true;
      this.shift = 0;
      this.length = 0;
      return undefined;
    }
    this.length += (byte & 0x7f) * 2 ** this.shift;
    this.shift += 7;
    if ((byte & 0x80) !== 0) return this.shift >= 28 ? "malformed length" : undefined;
    if (this.length > (this.admitted ? maxPacketBytes : maxBytesBeforeConnack)) return "packet too large";
    this.body = this.length;
    this.inLength = false;
    return undefined;
  }
}
