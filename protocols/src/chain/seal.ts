import { concat, fromBase64, lengthPrefixed, toBase64, u64, utf8 } from "../bytes/bytes.ts";
import type { CryptoPort, Signer } from "../crypto/crypto-port.ts";
import { eidOctets } from "./chain.ts";
import type { Line } from "./line.ts";

const sealTag = utf8("mc-seal-v1\0");

/** What a seal's `wall` is made of: ASCII that JSON writes as it is, so that a seal has one written form only. */
export const sealWallPattern = /^[ !#-[\]-~]{1,64}$/;

/** A gateway's signature over the state of a line at `seq`. `wall` is the gateway's local time with offset (ISO 8601). */
export interface Seal {
  readonly wall: string;
  readonly kid: string;
  /** Base64 of the 64-octet Ed25519 signature over {@link sealOctets}. */
  readonly sig: string;
}

/**
 * The octets a seal signs: "mc-seal-v1" 0x00 ‖ u16+gw ‖ ep u64 BE ‖ eid 16 octets ‖ seq u64 BE ‖ h(seq) 32 octets ‖
 * u16+wall ‖ u16+kid (text in UTF-8). For many seals of one line: what they share is made once.
 */
export const sealOctetsOf = (line: Line): ((seq: number, h: Uint8Array, wall: string, kid: string) => Uint8Array) => {
  const shared = concat(sealTag, lengthPrefixed(utf8(line.gw)), u64(line.ep), eidOctets(line.eid));
  return (seq, h, wall, kid) => concat(shared, u64(seq), h, lengthPrefixed(utf8(wall)), lengthPrefixed(utf8(kid)));
};

/** The octets one seal signs, see {@link sealOctetsOf}. */
export const sealOctets = (line: Line, seq: number, h: Uint8Array, wall: string, kid: string): Uint8Array =>
  sealOctetsOf(line)(seq, h, wall, kid);

/** Seals `line` at `seq`. */
export const sealAt = (signer: Signer, line: Line, seq: number, h: Uint8Array, wall: string): Seal => ({
  wall,
  kid: signer.kid,
  sig: toBase64(signer.sign(sealOctets(line, seq, h, wall, signer.kid))),
});

/** True when `seal` is a signature of `publicKey` over this very state of the line. */
export const sealVerifies = (
  crypto: CryptoPort,
  publicKey: Uint8Array,
  line: Line,
  seq: number,
  h: Uint8Array,
  seal: Seal,
): boolean => {
  const signature = fromBase64(seal.sig);
  return signature?.length === 64 && crypto.verify(publicKey, sealOctets(line, seq, h, seal.wall, seal.kid), signature);
};
