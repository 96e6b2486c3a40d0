import { z } from "zod";
import { fromUtf8, toHex, utf8 } from "../bytes/bytes.ts";
import { gatewayIdPattern } from "../chain/line.ts";
import { logLevelSchema } from "../commands/command.ts";
import type { CryptoPort, Signer } from "../crypto/crypto-port.ts";
import { keyIdOf } from "../crypto/key-id.ts";
import { encodeSigned, parseSigned, signedTags, signedVerifies } from "../messages/signed.ts";

/** A gateway has so long to confirm a configuration before it goes back to the one before. */
export const confirmWithinMs = 60_000;

/**
 * What can be changed from afar. What is left out stays as it is in the gateway's own file. Nothing here reaches buffered
 * data, keys, or the way to the centre: a fault in it can always be mended from afar, too.
 */
export const settingsSchema = z
  .strictObject({
    /** As in the gateway's file; drivers check their own options. */
    devices: z.array(z.record(z.string(), z.unknown())).max(256).optional(),
    log: z.strictObject({ level: logLevelSchema }).optional(),
    /** What the market's public screen shows; whether there is one, and where, its own file says. */
    marketScreen: z
      .strictObject({
        stalls: z.array(z.record(z.string(), z.unknown())).max(500).optional(),
        notices: z.array(z.record(z.string(), z.unknown())).max(20).optional(),
      })
      .optional(),
  })
  .refine((settings) => Object.values(settings).some((part) => part !== undefined), "nothing is changed");

export type ConfigurationSettings = z.infer<typeof settingsSchema>;

/** A configuration document, signed by the centre's command key (`mc-config-v1`). */
export const configurationSchema = z.object({
  v: z.literal(1),
  gw: z.string().regex(gatewayIdPattern),
  /** Strictly increasing per gateway, for ever. */
  version: z.int().positive(),
  by: z.string().min(1).max(64),
  at: z.iso.datetime(),
  settings: settingsSchema,
});

export type Configuration = z.infer<typeof configurationSchema>;

/** A document as it travels and is stored: the two lines of a signed message, as text. */
export const encodeConfiguration = (configuration: Configuration, signer: Signer): string =>
  fromUtf8(encodeSigned(signedTags.configuration, configuration.gw, configuration, signer)) ?? "";

/** A verified document with the digest of its text, or why it is none. */
export type ReadConfiguration =
  | { readonly configuration: Configuration; readonly sha256: string }
  | { readonly fault: string; readonly sha256: string };

/** Reads a document for gateway `gw`, signed by the pinned `commandKey`. Never throws. */
export const readConfiguration = (
  crypto: CryptoPort,
  gw: string,
  commandKey: Uint8Array,
  text: string,
): ReadConfiguration => {
  const bytes = utf8(text);
  const sha256 = toHex(crypto.sha256(bytes));
  const signed = parseSigned(bytes);
  if (signed === undefined) return { fault: "not a signed document", sha256 };
  if (signed.kid !== keyIdOf(crypto.sha256, commandKey)) return { fault: `signed by ${signed.kid}`, sha256 };
  if (!signedVerifies(crypto, commandKey, signedTags.configuration, gw, signed)) {
    return { fault: "the signature does not verify", sha256 };
  }
  const parsed = configurationSchema.safeParse(signed.value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return { fault: `${issue?.path.join(".") ?? "document"}: ${issue?.message ?? "not as expected"}`, sha256 };
  }
  return { configuration: parsed.data, sha256 };
};
