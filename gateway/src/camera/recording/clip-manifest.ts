import { z } from "zod";

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const text = (most: number) => z.string().max(most);
const moment = text(40);

/** `clip.json`: what a clip is, whom it is for, what it is made of and what is missing. Its own octets are signed. */
export const clipManifest = z.object({
  v: z.literal(1),
  id: text(64),
  gw: text(64),
  channel: text(64),
  zone: text(32),
  asked: z.object({ from: moment, until: moment }),
  cause: z.object({ type: text(32), ref: text(128) }),
  by: text(64),
  at: moment,
  sync: text(16),
  parts: z
    .array(
      z.object({
        name: z.string().regex(/^part-\d{1,5}\.mp4$/),
        type: z.literal("fmp4"),
        bytes: z.int().nonnegative(),
        sha256: hash,
        from: moment,
        until: moment,
      }),
    )
    .min(1),
  gaps: z.array(z.object({ from: moment, until: moment, reason: text(32) })),
  segments: z.array(z.object({ from: moment, durationMs: z.number(), bytes: z.int(), sha256: hash })),
});

/** See {@link clipManifest}. */
export type ClipManifest = z.output<typeof clipManifest>;

/** `clip.sig.json`: the gateway's signature of `clip.json`, and how its keys are joined. */
export const clipSignature = z.object({ publicKey: hash, signature: z.base64(), keyLog: z.base64() });
