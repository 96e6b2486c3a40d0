import { z } from "zod";

/**
 * The device's own message behind a record, where a device numbers its messages. `sha256` is over the content in its
 * canonical form, so that the same message is known again however it is written.
 */
export const messageRefSchema = z.strictObject({
  id: z.string().min(1).max(64),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/** See {@link messageRefSchema}. */
export type MessageRef = z.infer<typeof messageRefSchema>;
