import { z } from "zod";
import { dutyTierNames } from "./alert-duty.ts";
import {
  apiCountSchema,
  apiDaySchema,
  apiDecimalSchema,
  apiDeviceSchema,
  apiGatewaySchema,
  apiTimeSchema,
  bilingualSchema,
} from "./common.ts";
import { deviceStates } from "./devices.ts";
import { alertSeverities } from "./words.ts";

const countedTests = {
  /** Every result, and how many of them wait for confirmation. */
  tests: apiCountSchema,
  positive: apiCountSchema,
  suspect: apiCountSchema,
};

const countedDevices = z.object({ all: apiCountSchema, online: apiCountSchema });

/** What a site did today, and how it stands. */
export const wallSiteSchema = z.object({
  /** Null: what the register places at no site; only who sees the whole centre is told of it. */
  code: z.string().nullable(),
  name: z.string(),
  /** Codes of its areas, the widest first. */
  areas: z.array(z.string()),
  devices: countedDevices,
  cameras: countedDevices,
  /** Gateways of which something stands here; how many of them are not heard from, and since when the first of those. */
  gateways: z.object({ all: apiCountSchema, away: apiCountSchema, awaySince: apiTimeSchema.nullable() }),
  weighings: apiCountSchema,
  grams: apiDecimalSchema,
  sales: apiCountSchema,
  amountFen: z.int(),
  ...countedTests,
  /** Open alerts; `firing`: of those without an answer. */
  alerts: z.object({ open: apiCountSchema, firing: apiCountSchema, alarm: apiCountSchema }),
});

/** An open alert as a wall shows it: whose it is by office, never by a person's name. */
export const wallAlertSchema = z.object({
  id: z.string(),
  severity: z.enum(alertSeverities),
  state: z.enum(["firing", "acknowledged", "handled"]),
  title: bilingualSchema,
  gw: apiGatewaySchema,
  dev: apiDeviceSchema,
  site: z.object({ code: z.string().nullable(), name: z.string() }),
  /** What is written on its stall. */
  stall: z.string().nullable(),
  firedAt: apiTimeSchema,
  /** The office that has it now; null before it is routed: then a role has it, which is named here. */
  tier: z.enum(dutyTierNames).nullable(),
  role: z.string(),
  /** What has to come next, and by when. */
  due: z.object({ act: z.enum(["receipt", "arrival", "handling"]), at: apiTimeSchema }).nullable(),
});

/** `GET /api/v1/wall`: the business day in few words, for screens that are looked at from afar. Every figure is exact. */
export const wallSchema = z.object({
  asOf: apiTimeSchema,
  day: apiDaySchema,
  timezone: z.string(),
  from: apiTimeSchema,
  to: apiTimeSchema,
  /** The ledger number that these figures contain, and the ledger's last. */
  lsn: apiCountSchema,
  head: apiCountSchema,
  sites: z.array(wallSiteSchema),
  /** Tests by item, those with the largest share of positives first; items with few samples behind the others. */
  items: z.array(z.object({ item: z.string().nullable(), ...countedTests })).max(200),
  /** Open ones: those without an answer first, the longest waiting first, at most 40; the counts are exact. Null: not to be read. */
  alerts: z
    .object({
      firing: apiCountSchema,
      acknowledged: apiCountSchema,
      handled: apiCountSchema,
      first: z.array(wallAlertSchema),
    })
    .nullable(),
});

/** Below so many samples no rate is said. */
export const fewSamples = 30;

/** A shape of GeoJSON: areas and sites in one system of coordinates, x to the right and y upwards. */
export const mapShapeSchema = z.object({
  type: z.enum(["Point", "Polygon", "MultiPolygon"]),
  coordinates: z.array(z.unknown()),
});

/** Query of `GET /api/v1/map`: the city, or the floor plan of a site. */
export const mapQuerySchema = z.strictObject({ site: z.string().min(1).max(64).optional() });

/** `GET /api/v1/map`: what the register draws now of what the user sees. */
export const mapSchema = z.object({
  asOf: apiTimeSchema,
  features: z
    .array(
      z.object({
        place: z.enum(["area", "site", "stall"]),
        code: z.string(),
        name: z.string(),
        /** Of areas: `city`, `district` …; of stalls what is sold there; else empty. */
        sort: z.string(),
        shape: mapShapeSchema,
      }),
    )
    .max(5_000),
});

/** Query of `GET /api/v1/wall/devices`. */
export const wallDevicesQuerySchema = z.strictObject({ site: z.string().min(1).max(64) });

/** `GET /api/v1/wall/devices`: how the devices of a site stand now. */
export const wallDevicesSchema = z.object({
  asOf: apiTimeSchema,
  devices: z.array(
    z.object({
      gw: apiGatewaySchema,
      dev: apiDeviceSchema,
      class: z.enum(["scale", "tester", "camera", "unknown"]),
      state: z.enum(deviceStates),
      /** Code and label of its stall. */
      stall: z.object({ code: z.string(), label: z.string() }).nullable(),
      lastAt: apiTimeSchema.nullable(),
      weighings: apiCountSchema,
      tests: apiCountSchema,
    }),
  ),
});

/** What a wall is called: `hall`. */
export const wallNameSchema = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/);

/** What a wall can be told from a desk or a telephone. */
export const wallActSchema = z.discriminatedUnion("do", [
  z.strictObject({ do: z.literal("scene"), scene: z.int().min(1).max(4) }),
  z.strictObject({ do: z.enum(["next", "previous", "hold", "rotate", "home"]) }),
  /** Chooses an alert; its camera is shown. */
  z.strictObject({ do: z.literal("alert"), id: z.string().min(1).max(128) }),
  /** Goes into a site. */
  z.strictObject({ do: z.literal("site"), code: z.string().min(1).max(64) }),
]);

/** Path of `POST /api/v1/walls/:name/acts`. */
export const wallPathSchema = z.strictObject({ name: wallNameSchema });

/** Its answer: how many walls heard it. */
export const wallToldSchema = z.object({ walls: apiCountSchema });

/** `GET /api/v1/walls`: walls with a name that are open now and that the user may tell something. */
export const wallListSchema = z.object({ walls: z.array(z.object({ name: wallNameSchema, screens: apiCountSchema })) });

export type Wall = z.infer<typeof wallSchema>;
export type WallAlert = z.infer<typeof wallAlertSchema>;
export type WallSite = z.infer<typeof wallSiteSchema>;
export type CityMap = z.infer<typeof mapSchema>;
export type MapShape = z.infer<typeof mapShapeSchema>;
export type WallDevices = z.infer<typeof wallDevicesSchema>;
export type WallAct = z.infer<typeof wallActSchema>;
export type WallList = z.infer<typeof wallListSchema>;
