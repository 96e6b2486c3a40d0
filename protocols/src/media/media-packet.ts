/**
 * What a binary message carries: what a player needs first; a fragment of a movie; sound (G.711, 8,000 octets a second); one
 * JPEG; a piece of an MPEG transport stream with MPEG-1 video. The last two always count as key frames.
 */
export const mediaKinds = { begin: 1, fragment: 2, soundA: 3, soundU: 4, picture: 5, transport: 6 } as const;

/**
 * A binary message between gateway, hub and viewer. Every number big-endian: kind (1 octet), flags (1: begins with a key
 * frame), stream (2), when its first picture came in (8, milliseconds since 1970 as IEEE 754), then the payload. The same
 * octets go to every viewer.
 */
export interface MediaPacket {
  readonly kind: (typeof mediaKinds)[keyof typeof mediaKinds];
  readonly key: boolean;
  readonly stream: number;
  readonly wallMs: number;
  readonly payload: Uint8Array;
}

/** Octets before the payload. */
export const packetHeadBytes = 12;

/** Writes a packet's head into octets that have room for it in front of the payload. */
export const writePacketHead = (
  bytes: Uint8Array,
  { kind, key, stream, wallMs }: Omit<MediaPacket, "payload">,
): void => {
  const data = new DataView(bytes.buffer, bytes.byteOffset, packetHeadBytes);
  bytes[0] = kind;
  bytes[1] = key ? 1 : 0;
  data.setUint16(2, stream);
  data.setFloat64(4, wallMs);
};

/** Writes a packet. */
export const mediaPacket = ({ payload, ...head }: MediaPacket): Uint8Array => {
  const bytes = new Uint8Array(packetHeadBytes + payload.length);
  writePacketHead(bytes, head);
  bytes.set(payload, packetHeadBytes);
  return bytes;
};

const known = new Set<number>(Object.values(mediaKinds));

/** Reads one; undefined for what is none. The payload is a view. */
export const readMediaPacket = (bytes: Uint8Array): MediaPacket | undefined => {
  const [kind = 0, flags = 0] = bytes;
  if (bytes.length < packetHeadBytes || !known.has(kind)) return undefined;
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    kind: kind as MediaPacket["kind"],
    key: (flags & 1) === 1,
    stream: data.getUint16(2),
    wallMs: data.getFloat64(4),
    payload: bytes.subarray(packetHeadBytes),
  };
};
