import { type CodedPicture, nalType } from "./coded-stream.ts";

/** How pictures are put into packets. */
export interface Packeting {
  readonly codec: "h264" | "h265";
  /** Largest payload of a packet. */
  readonly mostBytes: number;
  /** Small NAL units that follow one another share a packet (STAP-A, AP). */
  readonly aggregates: boolean;
}

const concat = (...parts: readonly Uint8Array[]): Uint8Array => Buffer.concat(parts);

/** Fragmentation units: FU-A of RFC 6184 §5.8, FU of RFC 7798 §4.4.3. */
const fragments = ({ codec, mostBytes }: Packeting, nal: Uint8Array): Uint8Array[] => {
  const headerBytes = codec === "h264" ? 1 : 2;
  const type = nalType(codec, nal);
  const [first = 0, second = 0] = nal;
  const indicator = codec === "h264" ? [(first & 0xe0) | 28] : [(first & 0x81) | (49 << 1), second];
  const body = nal.subarray(headerBytes);
  const piece = mostBytes - indicator.length - 1;
  const payloads: Uint8Array[] = [];
  for (let at = 0; at < body.length; at += piece) {
    const start = at === 0 ? 0x80 : 0;
    const end = at + piece >= body.length ? 0x40 : 0;
    payloads.push(concat(Uint8Array.from([...indicator, start | end | type]), body.subarray(at, at + piece)));
  }
  return payloads;
};

/** An aggregation packet: STAP-A of RFC 6184 §5.7.1, AP of RFC 7798 §4.4.2. */
const aggregate = (codec: Packeting["codec"], nals: readonly Uint8Array[]): Uint8Array => {
  const reference = Math.max(...nals.map((nal) => (nal[0] ?? 0) & 0x60));
  const header = codec === "h264" ? Uint8Array.of(reference | 24) : Uint8Array.of(48 << 1, 1);
  const sized = nals.flatMap((nal) => [Uint8Array.of(nal.length >> 8, nal.length & 255), nal]);
  return concat(header, ...sized);
};

/** The payloads of the packets that carry a picture, in order. */
export const payloadsOf = (packeting: Packeting, { nals }: Pick<CodedPicture, "nals">): Uint8Array[] => {
  const { codec, mostBytes, aggregates } = packeting;
  const payloads: Uint8Array[] = [];
  let together: Uint8Array[] = [];
  let bytes = 2;
  const flush = (): void => {
    const [only] = together;
    if (together.length === 1 && only !== undefined) payloads.push(only);
    if (together.length > 1) payloads.push(aggregate(codec, together));
    together = [];
    bytes = 2;
  };
  for (const nal of nals) {
    if (!aggregates || bytes + nal.length + 2 > mostBytes) flush();
    if (nal.length > mostBytes) payloads.push(...fragments(packeting, nal));
    else {
      together.push(nal);
      bytes += nal.length + 2;
      if (!aggregates) flush();
    }
  }
  flush();
  return payloads;
};

/** What stands in a packet's header (RFC 3550 §5.1). */
export interface RtpHeader {
  readonly payloadType: number;
  readonly marker: boolean;
  readonly sequence: number;
  readonly timestamp: number;
  readonly source: number;
}

/** A packet as it is sent. */
export const rtpPacket = (header: RtpHeader, payload: Uint8Array): Uint8Array => {
  const bytes = Buffer.allocUnsafe(12 + payload.length);
  bytes[0] = 0x80;
  bytes[1] = (header.marker ? 0x80 : 0) | header.payloadType;
  bytes.writeUInt16BE(header.sequence & 0xffff, 2);
  bytes.writeUInt32BE(header.timestamp >>> 0, 4);
  bytes.writeUInt32BE(header.source >>> 0, 8);
  bytes.set(payload, 12);
  return bytes;
};
