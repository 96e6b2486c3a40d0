import { z } from "zod";

/**
 * Told to a gateway over the record path: somebody wants to watch, so dial the media door of your centre. Only the port is
 * named, never a host: whatever this says, a gateway dials nobody but its centre, over TLS.
 */
export const mediaHint = z.strictObject({
  v: z.literal(1),
  type: z.literal("media"),
  port: z.int().min(1).max(65_535),
});

/** See {@link mediaHint}. */
export type MediaHint = z.infer<typeof mediaHint>;
