/** An answer of a camera. Names of headers in lower case; of one that comes twice both values. */
export interface RtspAnswer {
  readonly status: number;
  readonly reason: string;
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly body: string;
}

/** What a connection brings. */
export interface RtspReaderSink {
  answer(answer: RtspAnswer): void;
  /** A packet between the answers (RFC 2326 §10.12): it lies in `bytes` from `start` to `end`, during the call only. */
  packet(channel: number, bytes: Buffer, start: number, end: number): void;
  /** The camera asks something itself (some send OPTIONS): only its CSeq matters. */
  request(method: string, sequence: string): void;
}

const mostHeadBytes = 16 * 1024;
const mostBodyBytes = 64 * 1024;
const dollar = 0x24;
const packetHeadBytes = 4;
const emptyLine = Buffer.from("\r\n\r\n");

const headersOf = (lines: readonly string[]): Map<string, string[]> => {
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon < 1) continue;
    const name = line.slice(0, colon).trim().toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), line.slice(colon + 1).trim()]);
  }
  return headers;
};

/** Takes a connection's bytes apart: answers and packets. What it keeps is bounded, and a copy. */
export class RtspReader {
  readonly #sink: RtspReaderSink;
  #rest: Buffer = Buffer.alloc(0);

  constructor(sink: RtspReaderSink) {
    this.#sink = sink;
  }

  /**
   * Takes what came; the memory may be used again afterwards. False: the other side does not speak RTSP, or says more than
   * anybody would say at once.
   */
  push(bytes: Buffer): boolean {
    let data = bytes;
    let at = 0;
    if (this.#rest.length > 0) {
      if (this.#rest[0] === dollar) at = this.#finishPacket(bytes);
      else {
        data = Buffer.concat([this.#rest, bytes]);
        this.#rest = data.subarray(0, 0);
      }
    }
    while (at < data.length) {
      const used = data[at] === dollar ? this.#takePacket(data, at) : this.#takeMessage(data.subarray(at));
      if (used < 0) return false;
      if (used === 0) break;
      at += used;
    }
    if (at < data.length) this.#rest = Buffer.from(data.subarray(at));
    return true;
  }

  /** Completes the packet whose beginning is kept; only that one is copied. How many of `bytes` belong to it. */
  #finishPacket(bytes: Buffer): number {
    const rest = this.#rest;
    const missing = Math.max(0, packetHeadBytes - rest.length);
    const head = missing === 0 ? rest : Buffer.concat([rest, bytes.subarray(0, missing)]);
    const needed = head.length < packetHeadBytes ? missing : packetHeadBytes + head.readUInt16BE(2) - rest.length;
    const packet = Buffer.concat([rest, bytes.subarray(0, needed)]);
    if (bytes.length < needed) {
      this.#rest = packet;
      return bytes.length;
    }
    this.#rest = packet.subarray(0, 0);
    this.#takePacket(packet, 0);
    return needed;
  }

  #takePacket(data: Buffer, at: number): number {
    const start = at + packetHeadBytes;
    if (data.length < start) return 0;
    const end = start + (((data[at + 2] ?? 0) << 8) | (data[at + 3] ?? 0));
    if (data.length < end) return 0;
    this.#sink.packet(data[at + 1] ?? 0, data, start, end);
    return end - at;
  }

  #takeMessage(data: Buffer): number {
    // Some cameras put empty lines between messages.
    if (data[0] === 0x0d || data[0] === 0x0a) return 1;
    const end = data.indexOf(emptyLine);
    if (end < 0) return data.length > mostHeadBytes ? -1 : 0;
    if (end > mostHeadBytes) return -1;
    const [start = "", ...lines] = data.subarray(0, end).toString("latin1").split("\r\n");
    const headers = headersOf(lines);
    const length = Number(headers.get("content-length")?.[0] ?? 0);
    if (!Number.isInteger(length) || length < 0 || length > mostBodyBytes) return -1;
    const used = end + emptyLine.length + length;
    if (data.length < used) return 0;
    const [, status, reason = ""] = /^RTSP\/\d\.\d (\d{3}) ?(.*)$/.exec(start) ?? [];
    const [, method] = /^([A-Z_]+) \S+ RTSP\/\d\.\d$/.exec(start) ?? [];
    if (status === undefined && method === undefined) return -1;
    const body = data.subarray(end + emptyLine.length, used).toString("utf8");
    if (status === undefined) this.#sink.request(method ?? "", headers.get("cseq")?.[0] ?? "");
    else this.#sink.answer({ status: Number(status), reason: reason.slice(0, 64), headers, body });
    return used;
  }
}
