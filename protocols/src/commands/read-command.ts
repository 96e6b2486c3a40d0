import { toHex } from "../bytes/bytes.ts";
import type { CryptoPort } from "../crypto/crypto-port.ts";
import { keyIdOf } from "../crypto/key-id.ts";
import { parseSigned, signedTags, signedVerifies } from "../messages/signed.ts";
import { type Command, commandSchema, maxCommandBytes, type RefusalReason } from "./command.ts";

/** A message of the command topic: a verified command for this gateway, or why it is none. */
export type ReadCommand = { readonly payload: string } & (
  | { readonly command: Command }
  | { readonly fault: RefusalReason; readonly detail: string }
);

/** Reads messages of the command topic for gateway `gw`, signed by the pinned `commandKey` and by nothing else. Never throws. */
export const commandReader = (
  crypto: CryptoPort,
  gw: string,
  commandKey: Uint8Array,
): ((message: Uint8Array) => ReadCommand) => {
  const kid = keyIdOf(crypto.sha256, commandKey);
  return (message) => {
    const payload = toHex(crypto.sha256(message));
    const refuse = (fault: RefusalReason, detail: string): ReadCommand => ({ payload, fault, detail });
    if (message.length > maxCommandBytes) return refuse("malformed", `${message.length} bytes`);
    const signed = parseSigned(message);
    if (signed === undefined) return refuse("malformed", "not a signed message");
    if (signed.kid !== kid) return refuse("unknown-key", `signed by ${signed.kid}, not by the centre's command key`);
    const parsed = commandSchema.safeParse(signed.value);
    const named = parsed.success ? parsed.data.gw : gw;
    // The gateway's id is signed beside the body: a command for another verifies only under that one's name.
    if (!signedVerifies(crypto, commandKey, signedTags.command, named, signed)) {
      return refuse("forged", "the signature does not verify");
    }
    if (!parsed.success)
      return refuse("malformed", `${parsed.error.issues[0]?.path.join(".") ?? "body"}: not as expected`);
    if (named !== gw) return refuse("wrong-gateway", `it is for ${named}`);
    return { payload, command: parsed.data };
  };
};
