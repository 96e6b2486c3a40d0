import { z } from "zod";
import type { Signer } from "../crypto/crypto-port.ts";
import { encodeSigned, signedTags } from "./signed.ts";

/** More authorities are never trusted at a time: the present one, the next one, and room for a mistake. */
const maxAuthorities = 4;

/**
 * The authorities that a gateway is to trust from now on, in place of those before: comes down on the receipt topic,
 * signed by the centre's receipt key, while the centre changes its authority and ever after. A gateway takes only a list
 * whose `n` is larger than that of the list it has. Gateways that do not know this message refuse it and go on.
 */
export const authoritiesSchema = z.object({
  v: z.literal(1),
  type: z.literal("authorities"),
  n: z.int().positive(),
  /** PEM. */
  certificates: z.array(z.string().max(16_384)).min(1).max(maxAuthorities),
  at: z.string().max(64),
});

export type AuthoritiesMessage = z.infer<typeof authoritiesSchema>;

/** The message as it is sent to gateway `gw`. `at` is ISO 8601 UTC. */
export const encodeAuthorities = (
  gw: string,
  list: Pick<AuthoritiesMessage, "n" | "certificates" | "at">,
  signer: Signer,
): Uint8Array => encodeSigned(signedTags.receipt, gw, { v: 1, type: "authorities", ...list }, signer);
