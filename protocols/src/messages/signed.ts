import { concat, fromBase64, fromUtf8, lengthPrefixed, toBase64, utf8 } from "../bytes/bytes.ts";
import type { CryptoPort, Signer } from "../crypto/crypto-port.ts";
import { isKeyId } from "../crypto/key-id.ts";

/** Domain tags: a signature made for one purpose can never pass for another. */
export const signedTags = {
  receipt: "mc-receipt-v1",
  state: "mc-state-v1",
  gone: "mc-gone-v1",
  command: "mc-command-v1",
  ack: "mc-ack-v1",
  configuration: "mc-config-v1",
  manifest: "mc-manifest-v1",
} as const;

export type SignedTag = (typeof signedTags)[keyof typeof signedTags];

/** The octets a signed message signs: tag ‖ 0x00 ‖ u16+gw ‖ the body line's bytes exactly as sent. */
export const signedOctets = (tag: SignedTag, gw: string, body: Uint8Array): Uint8Array =>
  concat(utf8(`${tag}\0`), lengthPrefixed(utf8(gw)), body);

/**
 * Encodes a signed message: line 1 is the body as JSON, line 2 `{"kid":…,"sig":…}`. The signature covers line 1's bytes
 * as they are, so nobody ever has to re-encode JSON to verify.
 */
export const encodeSigned = (tag: SignedTag, gw: string, body: object, signer: Signer): Uint8Array<ArrayBuffer> => {
  const line = utf8(JSON.stringify(body));
  const sig = toBase64(signer.sign(signedOctets(tag, gw, line)));
  return concat(line, utf8(`\n${JSON.stringify({ kid: signer.kid, sig })}`));
};

/** A signed message taken apart; `verified` tells nothing yet: call {@link signedVerifies}. */
export interface SignedMessage {
  readonly body: Uint8Array;
  readonly value: unknown;
  readonly kid: string;
  readonly sig: Uint8Array;
}

/** Takes a signed message apart; `undefined` when it does not have the form. */
export const parseSigned = (payload: Uint8Array): SignedMessage | undefined => {
  const cut = payload.lastIndexOf(0x0a);
  if (cut <= 0) return undefined;
  const body = payload.subarray(0, cut);
  const bodyText = fromUtf8(body);
  const tailText = fromUtf8(payload.subarray(cut + 1));
  if (bodyText === undefined || tailText === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(bodyText);
    const tail: unknown = JSON.parse(tailText);
    if (typeof tail !== "object" || tail === null || !("kid" in tail) || !("sig" in tail)) return undefined;
    const sig = typeof tail.sig === "string" ? fromBase64(tail.sig) : undefined;
    if (typeof tail.kid !== "string" || !isKeyId(tail.kid) || sig?.length !== 64) return undefined;
    // Line 2 has one form only, so that no octet of a signed message can change unseen.
    if (tailText !== JSON.stringify({ kid: tail.kid, sig: toBase64(sig) })) return undefined;
    return { body, value, kid: tail.kid, sig };
  } catch {
    return undefined;
  }
};

/** True when the message was signed by `publicKey` for this purpose and this gateway. */
export const signedVerifies = (
  crypto: CryptoPort,
  publicKey: Uint8Array,
  tag: SignedTag,
  gw: string,
  message: SignedMessage,
): boolean => crypto.verify(publicKey, signedOctets(tag, gw, message.body), message.sig);
