import { z } from "zod";
import { cameraCauses, cameraEvents, cameraStates, cameraZones } from "../records/camera-body.ts";
import { apiDeviceSchema, apiGatewaySchema, apiTimeSchema } from "./common.ts";
import { placeSchema } from "./places.ts";
import { cameraViewings } from "./words.ts";

/** A camera, and how it stood when its gateway last said so. */
export const cameraViewSchema = z.strictObject({
  gw: apiGatewaySchema,
  channel: apiDeviceSchema,
  /** Name of the site where it stands now; where the register does not say, the one its gateway was registered with. */
  site: z.string(),
  place: placeSchema,
  viewing: z.enum(cameraViewings),
  /** Whether its gateway is connected; null: it never was. */
  online: z.boolean().nullable(),
  /** Its latest record of a state; null: none came yet. */
  reported: z
    .strictObject({
      state: z.enum(cameraStates),
      zone: z.enum(cameraZones),
      reason: z.string(),
      at: apiTimeSchema,
    })
    .nullable(),
});

/** `GET /api/v1/cameras`. */
export const cameraListSchema = z.strictObject({ asOf: apiTimeSchema, cameras: z.array(cameraViewSchema) });

/** Something that happened to a camera or its recording. */
export const cameraEventViewSchema = z.strictObject({
  lsn: z.int().nonnegative(),
  at: apiTimeSchema,
  event: z.enum(cameraEvents),
  state: z.enum(cameraStates),
  previous: z.enum(cameraStates).nullable(),
  reason: z.string(),
  /** The span of time that it is about; null: the moment itself. */
  from: z.string().nullable(),
  until: z.string().nullable(),
  /** The test, alert, command or rule behind it. */
  cause: z.strictObject({ type: z.enum(cameraCauses), ref: z.string() }).nullable(),
});

/** `GET /api/v1/cameras/:gw/:channel/events`: the newest first. */
export const cameraEventListSchema = z.strictObject({ events: z.array(cameraEventViewSchema) });

/** `GET /api/v1/public/cameras`. */
export const publicCameraListSchema = z.strictObject({
  cameras: z.array(z.strictObject({ gw: apiGatewaySchema, channel: apiDeviceSchema, site: z.string() })),
});

/** A token to watch with, sent as the first message; good once. `port`: of the media door, at the same host. */
export const viewTokenSchema = z.strictObject({
  token: z.string(),
  port: z.int(),
  connectByMs: z.number(),
  endsMs: z.number(),
});

export type CameraView = z.infer<typeof cameraViewSchema>;
export type CameraList = z.infer<typeof cameraListSchema>;
export type CameraEventView = z.infer<typeof cameraEventViewSchema>;
export type CameraEventList = z.infer<typeof cameraEventListSchema>;
export type PublicCameraList = z.infer<typeof publicCameraListSchema>;
export type ViewToken = z.infer<typeof viewTokenSchema>;
