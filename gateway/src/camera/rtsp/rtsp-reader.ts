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
  /** A packet between the answers (RFC 2326 §10.12). A view; it may be kept. */
  packet(channel: number, bytes: Uint8Array): void;
  /** The camera asks something itself (some send OPTIONS): only its CSeq matters. */
  request(method: string, sequence: string): void;
}

const mostHeadBytes = 16 * 1024;
const mostBodyBytes = 64 * 1024;
const dollar = 0x24;
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

/** Takes a connection's bytes apart: answers and packets. What it keeps is bounded. */
export class RtspReader {
  readonly #sink: RtspReaderSink;
  #rest: Buffer = Buffer.alloc(0);

  constructor(sink: RtspReaderSink) {
    this.#sink = sink;
  }

  /** Takes what came. False: the other side does not speak RTSP, or more than anybody would say at once. */
  push(bytes: Buffer): boolean {
    let data = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    while (data.length > 0) {
      const used = data[0] === dollar ? this.#takePacket(data) : this.#takeMessage(data);
      if (used < 0) return false;
      if (used === 0) break;
      data = data.subarray(used);
    }
    this.#rest = data;
    return true;
  }

  #takePacket(data: Buffer): number {
    if (data.length < 4) return 0;
    const end = 4 + data.readUInt16BE(2);
    if (data.length < end) return 0;
    this.#sink.packet(data[1] ?? 0, data.subarray(4, end));
    return end;
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
