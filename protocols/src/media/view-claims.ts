import { z } from "zod";
import { deviceIdPattern, gatewayIdPattern } from "../chain/line.ts";
import { showings } from "./media-messages.ts";

/** What a view token says. Good once, for one channel, for one person. Times are milliseconds since 1970. */
export const viewClaims = z.strictObject({
  v: z.literal(1),
  id: z.string().min(8).max(64),
  gw: z.string().regex(gatewayIdPattern),
  channel: z.string().regex(deviceIdPattern),
  quality: z.enum(showings),
  /** User name; `public` for anybody. */
  person: z.string().min(1).max(64),
  isPublic: z.boolean(),
  why: z.string().max(200),
  /** Good for connecting until then. */
  connectByMs: z.number(),
  /** The view ends then. */
  endsMs: z.number(),
});

/** See {@link viewClaims}. */
export type ViewClaims = z.infer<typeof viewClaims>;
