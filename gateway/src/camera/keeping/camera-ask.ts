import { cameraCauses, deviceIdPattern, type ErrorCode } from "@mingcheng/protocols";
import { z } from "zod";

const channel = z.string().regex(deviceIdPattern);
const id = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
const moment = z.iso.datetime({ offset: true });
const by = z.string().min(1).max(64);
const cause = z.strictObject({ type: z.enum(cameraCauses), ref: z.string().max(128) });
const why = z.string().max(200).default("");

/** What the camera process can be asked to do, by the gateway and by commands on the spot. */
export const cameraAsk = z.discriminatedUnion("type", [
  /** A picture of now is kept. The same id again finds the one that is there. */
  z.strictObject({ type: z.literal("still"), id, channel, cause, by }),
  /** A span is exported as files with a signed manifest. */
  z.strictObject({ type: z.literal("clip"), id, channel, from: moment, until: moment, cause, by }),
  /** A span is kept until somebody releases it, or, where `days` says so, for so long. */
  z.strictObject({
    ...{ type: z.literal("hold"), id, channel, from: moment, until: moment, cause, by, why },
    days: z.number().positive().max(36_500).optional(),
  }),
  z.strictObject({ type: z.literal("release"), id, by, why }),
  z.strictObject({ type: z.literal("holds"), channel: channel.optional() }),
  z.strictObject({ type: z.literal("recordings"), channel, from: moment, until: moment }),
]);

/** See {@link cameraAsk}. */
export type CameraAsk = z.output<typeof cameraAsk>;

/** How it was answered. `result` depends on what was asked. */
export type CameraAnswer =
  | { readonly ok: true; readonly result: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string };
