/** A binary message as `@mingcheng/protocols/media` describes it (`MediaPacket`). */
export interface Packet {
  readonly kind: (typeof kinds)[number];
  readonly key: boolean;
  readonly stream: number;
  /** When its first picture was taken, by the gateway's clock: milliseconds since 1970. */
  readonly wallMs: number;
  readonly payload: Uint8Array<ArrayBuffer>;
}

const kinds = ["begin", "fragment", "soundA", "soundU", "picture", "transport"] as const;
const headBytes = 12;

/** Reads one; undefined for what is none. */
export const readPacket = (bytes: ArrayBuffer): Packet | undefined => {
  if (bytes.byteLength < headBytes) return undefined;
  const data = new DataView(bytes);
  const kind = kinds[data.getUint8(0) - 1];
  if (kind === undefined) return undefined;
  return {
    kind,
    key: (data.getUint8(1) & 1) === 1,
    stream: data.getUint16(2),
    wallMs: data.getFloat64(4),
    payload: new Uint8Array(bytes, headBytes),
  };
};
