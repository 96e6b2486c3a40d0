import { encodeSigned, MingchengError, type Signer, signedTags, toHex } from "@mingcheng/protocols";
import {
  type Command,
  type Configuration,
  encodeConfiguration,
  maxCommandBytes,
  settingsSchema,
} from "@mingcheng/protocols/commands";
import { nodeCrypto } from "../crypto/node-crypto.ts";
import type { Order } from "./order.ts";

/** A command as it is sent. */
export interface SignedOrder {
  readonly payload: Uint8Array;
  /** SHA-256 of it, hexadecimal. */
  readonly payloadHash: string;
}

const bodyOf = (order: Order, version: number | null, signer: Signer): Command["body"] => {
  if (version === null) return { ...order.body };
  const { gw, by, orderedMs } = order;
  const settings = settingsSchema.parse(order.body["settings"]);
  const configuration: Configuration = { v: 1, gw, version, by, at: new Date(orderedMs).toISOString(), settings };
  return { document: encodeConfiguration(configuration, signer) };
};

/**
 * Signs an order in its place of the gateway's sequence.
 * @throws {MingchengError} INPUT_INVALID when it is larger than a command may be
 */
export const signOrder = (
  order: Order,
  { cseq, version }: { readonly cseq: number; readonly version: number | null },
  signer: Signer,
): SignedOrder => {
  const { gw, id, kind, by, orderedMs, expiresMs } = order;
  const command: Command = {
    ...{ v: 1, gw, cseq, id, kind, by, atMs: orderedMs, ttlMs: expiresMs - orderedMs },
    body: bodyOf(order, version, signer),
  };
  const payload = encodeSigned(signedTags.command, gw, command, signer);
  if (payload.length > maxCommandBytes) {
    throw new MingchengError("INPUT_INVALID", `${payload.length} bytes; a command has ${maxCommandBytes} at most`, {
      field: "settings",
    });
  }
  return { payload, payloadHash: toHex(nodeCrypto.sha256(payload)) };
};
