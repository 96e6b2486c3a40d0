import { z } from "zod";
import { apiCountSchema, apiDecimalSchema, apiDeviceSchema, apiGatewaySchema, apiTimeSchema } from "./common.ts";
import { placeSchema } from "./places.ts";
import { testViewSchema, weighingViewSchema } from "./readings.ts";

/**
 * `online`, `silent`, `offline`, `parked` as its gateway says; `unknown` when the gateway itself is not heard from, or
 * has said nothing of the device yet.
 */
export const deviceStates = ["online", "silent", "offline", "parked", "unknown"] as const;

/** A device and what it said last. */
export const deviceViewSchema = z.object({
  gw: apiGatewaySchema,
  /** Name of the site where it stands now; where the register does not say, the one its gateway was registered with. */
  site: z.string(),
  /** Where it stands now. */
  place: placeSchema,
  dev: apiDeviceSchema,
  class: z.enum(["scale", "tester", "camera", "unknown"]),
  driver: z.string().nullable(),
  state: z.enum(deviceStates),
  /** What its gateway said last, whether or not that is still known to hold. */
  statedAs: z.enum(["online", "silent", "offline", "parked"]).nullable(),
  statedAt: apiTimeSchema.nullable(),
  reason: z.string().nullable(),
  /** Effective time of its latest record. */
  lastAt: apiTimeSchema.nullable(),
  lastReceivedAt: apiTimeSchema.nullable(),
  /** Its latest weighing or test, of any day. */
  lastWeighing: weighingViewSchema.nullable(),
  lastTest: testViewSchema.nullable(),
  /** Counts of the business day. `grams` leaves out tares, and `withoutGrams` weighings in units that have none. */
  today: z.object({
    weighings: apiCountSchema,
    grams: apiDecimalSchema,
    withoutGrams: apiCountSchema,
    tests: apiCountSchema,
    scaleEvents: apiCountSchema,
  }),
});

/** `GET /api/v1/devices`. */
export const deviceListSchema = z.object({ asOf: apiTimeSchema, devices: z.array(deviceViewSchema) });

export type DeviceState = (typeof deviceStates)[number];
export type DeviceView = z.infer<typeof deviceViewSchema>;
export type DeviceList = z.infer<typeof deviceListSchema>;
