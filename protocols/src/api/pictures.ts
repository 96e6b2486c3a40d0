import { z } from "zod";
import { apiTimeSchema } from "./common.ts";

/** Forms of pictures that are taken as evidence. */
export const pictureTypes = ["image/jpeg", "image/png", "image/webp"] as const;

/** A picture is not larger. */
export const largestPictureBytes = 8 * 1024 * 1024;

/** SHA-256 of a picture's bytes, taken where it was made; lower-case hexadecimal. */
export const pictureDigestSchema = z.string().regex(/^[0-9a-f]{64}$/);

/**
 * Query of `POST /api/v1/alerts/:id/pictures`; the body is the picture itself. The digest is what makes sending twice
 * harmless: the same picture of the same alert is kept once.
 */
export const pictureQuerySchema = z.strictObject({
  sha256: pictureDigestSchema,
  /** By the clock of the device that took it, which may be wrong; the centre's own time of receipt is kept beside it. */
  takenAt: apiTimeSchema,
});

/** Path of one picture of an alert. */
export const picturePathSchema = z.strictObject({ id: z.string().min(1).max(128), sha256: pictureDigestSchema });

/** Answer to a picture. `already`: it was there, under the same digest. */
export const pictureTakenSchema = z.object({
  outcome: z.enum(["done", "already"]),
  sha256: pictureDigestSchema,
  receivedAt: apiTimeSchema,
});

export type PictureQuery = z.output<typeof pictureQuerySchema>;
export type PictureTaken = z.infer<typeof pictureTakenSchema>;
