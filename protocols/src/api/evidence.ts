import { z } from "zod";

/** The centre's own key for evidence, as it offers it to whoever asks: worth as much as the connection that it came over. */
export const evidenceKeysSchema = z.object({
  centreName: z.string(),
  /** Raw Ed25519 public key of the manifest key, hexadecimal. */
  centre: z.string(),
  /** Its key id: what can be read out and compared. */
  kid: z.string(),
});

export type EvidenceKeys = z.infer<typeof evidenceKeysSchema>;
