/** A binary message as `@mingcheng/protocols/media` describes it (`MediaPacket`). */
export interface Packet {
  readonly kind: "begin" | "fragment" | "soundA" | "soundU";
  readonly key: boolean;
  readonly stream: number;
  readonly payload: Uint8Array<ArrayBuffer>;
}

const kinds = ["begin", "fragment", "soundA", "soundU"] as const;
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
    payload: new Uint8Array(bytes, headBytes),
  };
};
