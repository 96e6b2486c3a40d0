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

/**
 * Told to a gateway over the record path, at every connection and whenever it changes: channels that nobody of the public may
 * watch now, whatever the box itself is configured to show. All of them: what is not named is not switched off any more.
 */
export const viewingOff = z.strictObject({
  v: z.literal(1),
  type: z.literal("viewing"),
  off: z.array(z.string().min(1).max(64)).max(512),
});

/** See {@link mediaHint}. */
export type MediaHint = z.infer<typeof mediaHint>;
