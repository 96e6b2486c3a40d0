import {
  type AuthoritiesMessage,
  authoritiesSchema,
  type Downlink,
  downlinkSchema,
  keyIdOf,
  parseSigned,
  signedTags,
  signedVerifies,
} from "@mingcheng/protocols";
import { nodeCrypto } from "../crypto/node-crypto.ts";

/** Larger answers are not looked at: a full receipt of a thousand holes has about 100 KiB. */
const maxDownlinkBytes = 4 * 1024 * 1024;

/** An answer of the centre, verified; or why it is none. */
export type ReadDownlink =
  | { readonly message: Downlink }
  | { readonly authorities: AuthoritiesMessage }
  | { readonly refused: string };

/** Reads answers for gateway `gw`, signed by the pinned `receiptKey` and by nothing else. Never throws. */
export const downlinkReader = (gw: string, receiptKey: Uint8Array): ((payload: Uint8Array) => ReadDownlink) => {
  const kid = keyIdOf(nodeCrypto.sha256, receiptKey);
  return (payload) => {
    if (payload.length > maxDownlinkBytes) return { refused: `${payload.length} bytes` };
    const signed = parseSigned(payload);
    if (signed === undefined) return { refused: "not a signed message" };
    if (signed.kid !== kid) return { refused: `signed by ${signed.kid}, not by the centre's receipt key` };
    if (!signedVerifies(nodeCrypto, receiptKey, signedTags.receipt, gw, signed)) {
      return { refused: "the signature does not verify" };
    }
    const authorities = authoritiesSchema.safeParse(signed.value);
    if (authorities.success) return { authorities: authorities.data };
    const parsed = downlinkSchema.safeParse(signed.value);
    if (parsed.success) return { message: parsed.data };
    return { refused: `${parsed.error.issues[0]?.path.join(".") ?? "body"}: not as expected` };
  };
};
