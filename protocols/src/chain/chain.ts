import { concat, fromHex, lengthPrefixed, u64, utf8 } from "../bytes/bytes.ts";
import type { Sha256 } from "../crypto/crypto-port.ts";
import { MingchengError } from "../errors/mingcheng-error.ts";
import type { Line } from "./line.ts";

const startTag = utf8("mc-chain-v1\0");
const linkTag = Uint8Array.of(0x01);

/** The 16 octets of a line's `eid`. @throws {MingchengError} MESSAGE_DAMAGED when it is not 32 hexadecimal digits */
export const eidOctets = (eid: string): Uint8Array => {
  const octets = fromHex(eid);
  if (octets?.length !== 16)
    throw new MingchengError("MESSAGE_DAMAGED", "eid is not 32 hexadecimal digits", { field: "eid" });
  return octets;
};

/** `h(0)` of a line: SHA-256("mc-chain-v1" 0x00 ‖ u16 length of gw ‖ gw ‖ ep u64 BE ‖ eid 16 octets). */
export const chainStart = (sha256: Sha256, line: Line): Uint8Array =>
  sha256(concat(startTag, lengthPrefixed(utf8(line.gw)), u64(line.ep), eidOctets(line.eid)));

/** `d(i)`: SHA-256 of a record's bytes as captured, without the line feed. */
export const recordDigest = (sha256: Sha256, bytes: Uint8Array): Uint8Array => sha256(bytes);

/** `h(i)` = SHA-256(0x01 ‖ h(i-1) ‖ d(i)). */
export const chainLink = (sha256: Sha256, previous: Uint8Array, digest: Uint8Array): Uint8Array =>
  sha256(linkTag, previous, digest);
