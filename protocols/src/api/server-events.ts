import { z } from "zod";
import { apiCountSchema, apiDeviceSchema, apiGatewaySchema, apiTimeSchema } from "./common.ts";
import { recordViewSchema } from "./readings.ts";
import { wallActSchema, wallNameSchema } from "./wall.ts";

/**
 * What a scale shows at this moment: unsettled, never stored, never counted. `value` null: its state forbids a number
 * (overload, underload, motion of some makes).
 */
export const liveReadingSchema = z.object({
  gw: apiGatewaySchema,
  dev: apiDeviceSchema,
  /** When the centre received it. */
  at: apiTimeSchema,
  value: z.string().max(32).nullable(),
  unit: z.string().max(16).nullable(),
  mode: z.enum(["gross", "net", "tare", "unknown"]),
  stable: z.enum(["reported-stable", "reported-unstable", "inferred", "unknown"]),
  tare: z.string().max(32).nullable(),
  overload: z.boolean(),
  underload: z.boolean(),
});

/**
 * Events of `GET /api/v1/events` by name. The id of `records` and `reload` is a ledger number, so that a reader that
 * comes back with `Last-Event-ID` gets what it missed, after a restart of the centre too.
 */
export const serverEventSchemas = {
  /** First, at every connection. `resumed`: what follows continues behind the given Last-Event-ID. */
  hello: z.object({ at: apiTimeSchema, lsn: apiCountSchema, resumed: z.boolean() }),
  /** Records newly projected, in ledger order. */
  records: z.object({ lsn: apiCountSchema, records: z.array(recordViewSchema) }),
  /** Something else than a new record changed (times, lines, alerts, gateways): read those parts again. */
  changed: z.object({ at: apiTimeSchema, parts: z.array(z.enum(["readings", "alerts", "gateways"])) }),
  live: liveReadingSchema,
  /** Somebody at a desk or a telephone tells this wall something; only for streams that were opened with the wall's name. */
  wall: z.object({ at: apiTimeSchema, by: z.string(), act: wallActSchema }),
  /** Too much was missed, or the reader was too slow: read everything again. */
  reload: z.object({ at: apiTimeSchema, lsn: apiCountSchema, reason: z.enum(["too-old", "too-slow"]) }),
  /** The session has ended; the stream closes. */
  "signed-out": z.object({ at: apiTimeSchema }),
} as const;

export type LiveReading = z.infer<typeof liveReadingSchema>;
export type ServerEventName = keyof typeof serverEventSchemas;
export type ServerEvent = {
  [Name in ServerEventName]: { readonly name: Name; readonly data: z.infer<(typeof serverEventSchemas)[Name]> };
}[ServerEventName];

/** Query of `GET /api/v1/events`: the wall that listens, and whether records themselves are wanted or only that there are. */
export const eventsQuerySchema = z.strictObject({
  wall: wallNameSchema.optional(),
  records: z.enum(["all", "none"]).default("all"),
});
