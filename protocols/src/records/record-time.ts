import { z } from "zod";

/**
 * When a record was captured, as the gateway knew it. Never corrected in place: the centre derives the effective time
 * from `clock` records and receipt bounds and keeps this beside it.
 */
export const recordTimeSchema = z.strictObject({
  /** Gateway's local time with offset, ISO 8601, milliseconds. */
  wall: z.iso.datetime({ offset: true }),
  /** Monotonic milliseconds since boot. */
  mono_ms: z.number().nonnegative(),
  /** Boot id: changes at every start of the operating system. */
  boot: z.string().min(1).max(64),
  /** How the clock was last set. */
  sync: z.enum(["ntp", "rtc", "receipt", "none"]),
  /** Bound of the error of `wall` in milliseconds; null when unknown. */
  err_ms: z.number().nonnegative().nullable(),
});

export type RecordTime = z.infer<typeof recordTimeSchema>;
