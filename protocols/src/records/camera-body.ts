import { z } from "zod";

const text = (max: number) => z.string().max(max);
const hash = z.string().regex(/^[0-9a-f]{64}$/);

/**
 * How a camera stands, as truthfully as it is known. `none`: nobody asks it for a picture. `pending`: asked, no picture yet.
 * `live`: pictures come and change. `stalled`: the connection lives, pictures do not come. `frozen`: pictures come and are
 * all the same. `black`: nothing can be seen. `covered`: something is in front of it. `auth-failed`: it refuses the
 * password. `disconnected`: it does not answer.
 */
export const cameraStates = [
  "none",
  "pending",
  "live",
  "stalled",
  "frozen",
  "black",
  "covered",
  "auth-failed",
  "disconnected",
] as const;

/** Where a camera looks. The zone decides how long is recorded and how urgent an outage is. */
export const cameraZones = [
  "test-room",
  "disposal",
  "rough-processing",
  "cooking",
  "special-room",
  "washing",
  "serving",
  "warehouse",
  "stalls",
  "entrance",
  "other",
] as const;

/** What a camera record tells: a change of state, a picture or clip that was kept, or what became of the recording. */
export const cameraEvents = [
  "state",
  "still",
  "clip",
  "recording-gap",
  "held",
  "released",
  "deleted",
  "public-on",
  "public-off",
  "finding",
] as const;

/**
 * Why a picture or a clip was kept, a hold placed, a recording deleted. `state`: the camera's own state was evidence;
 * `finding`: a detector's belief; `expired`: the time for which an event's recording was held is over.
 */
export const cameraCauses = [
  "command",
  "alert",
  "schedule",
  "test",
  "goods-destroyed",
  "operator",
  "state",
  "finding",
  "age",
  "bytes",
  "free-space",
  "expired",
] as const;

/** `ref`: the record, alert or command behind it. */
const cause = z.strictObject({
  type: z.enum(cameraCauses),
  ref: text(128),
});

/** A file that stays at the gateway, known by its digest. */
const file = z.strictObject({
  name: text(128),
  type: z.enum(["jpeg", "fmp4", "json"]),
  bytes: z.int().nonnegative(),
  sha256: hash,
});

/** A camera's state, pictures and recording. Pictures never travel in records: files are named by their digest. */
export const cameraBody = z.strictObject({
  event: z.enum(cameraEvents),
  zone: z.enum(cameraZones),
  state: z.enum(cameraStates),
  previous: z.enum(cameraStates).nullable(),
  /** How long the state before lasted; null when it is not known. */
  previousMs: z.int().nonnegative().nullable(),
  /** In plain words: what was measured, or what the camera answered. */
  reason: text(256),
  /** What the camera sends, once it is known. */
  picture: z
    .strictObject({ codec: text(32), widthPx: z.int().nonnegative(), heightPx: z.int().nonnegative() })
    .optional(),
  /** The span of time that it is about, in local time with offset. */
  from: text(40).optional(),
  until: text(40).optional(),
  cause: cause.optional(),
  /** What a detector believes to see. A belief, never a verdict: a person decides, and nothing follows from it by itself. */
  finding: z
    .strictObject({
      detector: text(64),
      version: text(32),
      class: text(64),
      /** The detector's own certainty, the least of the pictures that agreed. */
      confidencePercent: z.int().min(0).max(100),
      /** How many pictures behind one another said the same. */
      pictures: z.int().positive(),
    })
    .optional(),
  files: z.array(file).max(64).optional(),
  /** Segments that were held, released or deleted: `sha256` is over their own digests, in order of time, as hex lines. */
  segments: z.strictObject({ count: z.int().nonnegative(), bytes: z.int().nonnegative(), sha256: hash }).optional(),
});

export type CameraCause = z.infer<typeof cause>;
export type CameraState = (typeof cameraStates)[number];
export type CameraZone = (typeof cameraZones)[number];
export type CameraEvent = (typeof cameraEvents)[number];
export type CameraBody = z.infer<typeof cameraBody>;
