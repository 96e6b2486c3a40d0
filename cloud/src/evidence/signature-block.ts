import type { EvidenceFault, SignatureCheck } from "@mingcheng/protocols";
import { nodeCrypto } from "../crypto/node-crypto.ts";

/** Signatures per block: about eight milliseconds of one core. */
export const checksPerBlock = 64;

/** Signatures of a file that follow one another, and what to report of each if it does not hold. */
export interface SignatureBlock {
  /** The first one's place among all signatures of the file, from 0. */
  readonly from: number;
  /** Key (32 octets), signature (64), length of what is signed (4, big-endian), what is signed; one behind the other. */
  readonly packed: Uint8Array<ArrayBuffer>;
  readonly faults: readonly EvidenceFault[];
}

const keyBytes = 32;
const signatureBytes = 64;
const headBytes = keyBytes + signatureBytes + 4;
/** S beyond the group's order: no key verifies it (RFC 8032 §5.1.7). */
const never = new Uint8Array(signatureBytes).fill(0xff);

/** Packs checks for another thread: one piece of memory instead of many small objects. */
export const packBlock = (from: number, checks: readonly SignatureCheck[]): SignatureBlock => {
  const packed = new Uint8Array(checks.reduce((sum, { octets }) => sum + headBytes + octets.length, 0));
  const view = new DataView(packed.buffer);
  let at = 0;
  for (const { publicKey, signature, octets } of checks) {
    const isWhole = publicKey.length === keyBytes && signature.length === signatureBytes;
    if (isWhole) packed.set(publicKey, at);
    packed.set(isWhole ? signature : never, at + keyBytes);
    view.setUint32(at + headBytes - 4, octets.length);
    packed.set(octets, at + headBytes);
    at += headBytes + octets.length;
  }
  return { from, packed, faults: checks.map(({ fault }) => fault) };
};

/** Index of the first signature of a packed block that does not hold; -1 when all do. */
export const firstBadOf = (packed: Uint8Array): number => {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.length);
  let index = 0;
  for (let at = 0; at < packed.length; index++) {
    const length = view.getUint32(at + headBytes - 4);
    const octets = packed.subarray(at + headBytes, at + headBytes + length);
    const publicKey = packed.subarray(at, at + keyBytes);
    if (!nodeCrypto.verify(publicKey, octets, packed.subarray(at + keyBytes, at + keyBytes + signatureBytes))) {
      return index;
    }
    at += headBytes + length;
  }
  return -1;
};
