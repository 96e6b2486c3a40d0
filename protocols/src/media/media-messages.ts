import { z } from "zod";
import { deviceIdPattern } from "../chain/line.ts";
import { cameraStates } from "../records/camera-body.ts";

/** Which of a camera's streams: the large one, or the small one for walls of pictures. */
export const qualities = ["main", "sub"] as const;

/** See {@link qualities}. */
export type Quality = (typeof qualities)[number];

/**
 * What a tile can be shown: a stream as the camera coded it; `pictures`: key frames as JPEG every few seconds, where the
 * browser cannot play the codec or the line is slow; `stills`: the same much more seldom; `compatible`: MPEG-1, where a
 * camera is configured for it.
 */
export const showings = [...qualities, "pictures", "stills", "compatible"] as const;

/** See {@link showings}. */
export type Showing = (typeof showings)[number];

const stream = z.int().min(0).max(65_535);
const tile = z.int().min(0).max(255);
const text = (max: number) => z.string().max(max);
const moment = z.iso.datetime({ offset: true });

/** How fast a recording can be played. */
export const playbackSpeeds = [1, 2, 4, 8] as const;

/** A recording, from this moment on (time with offset), so fast. */
export interface Played {
  readonly from: string;
  readonly speed: (typeof playbackSpeeds)[number];
}

/** From when a recording is played; left out: what is live. */
const played = { from: moment.optional(), speed: z.literal(playbackSpeeds).optional() };

/** Said before the octets that a player needs first. `codec` is `image/jpeg` for pictures, `mpeg1` for what was recoded. */
export const beginMessage = z.strictObject({
  type: z.literal("begin"),
  stream,
  codec: text(64),
  widthPx: z.int().nonnegative(),
  heightPx: z.int().nonnegative(),
  /** Which of the camera's streams it comes from: the large one where there is no small one. */
  source: z.enum(qualities).optional(),
  /** The form it comes in, where that is less than was asked for: the box is not to send more. */
  showing: z.enum(showings).optional(),
});

/** See {@link beginMessage}. */
export type BeginMessage = z.infer<typeof beginMessage>;

const stateMessage = z.strictObject({
  type: z.literal("state"),
  stream,
  state: z.enum(cameraStates),
  reason: text(256),
});

/** The line was too slow: something was left out. A player asks for less. */
const slowMessage = z.strictObject({ type: z.literal("slow"), stream });

/** Said when a stream cannot be had, or is over. */
const endedMessage = z.strictObject({ type: z.literal("ended"), stream, code: text(64), reason: text(256) });

/** Why there is no picture of a time, in the words of the gateway's recording, such as `camera-disconnected`. */
const gapReason = text(32);

/** A recording is played: no picture of this time. Said where it is; the pictures after it follow at once. */
const gapMessage = z.strictObject({ type: z.literal("gap"), stream, from: moment, until: moment, reason: gapReason });

/** A recording is played: what there is around its beginning, without a hole in the account. */
const timelineMessage = z.strictObject({
  type: z.literal("timeline"),
  stream,
  from: moment,
  until: moment,
  stretches: z.array(z.strictObject({ from: moment, until: moment, gap: gapReason.nullable() })).max(500),
});

/** From a gateway to the hub, beside packets. */
export const gatewayMessage = z.discriminatedUnion("type", [
  beginMessage,
  stateMessage,
  slowMessage,
  endedMessage,
  gapMessage,
  timelineMessage,
]);

/** See {@link gatewayMessage}. */
export type GatewayMessage = z.infer<typeof gatewayMessage>;

/** From the hub to a gateway: begin or end to send a stream, bring a clip. */
export const fromHub = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("open"),
    stream,
    channel: z.string().regex(deviceIdPattern),
    quality: z.enum(showings),
    ...played,
  }),
  z.strictObject({ type: z.literal("close"), stream }),
  /** A clip that a signed command had exported, by the command's id: to be brought, file by file. */
  z.strictObject({ type: z.literal("fetch"), clip: z.string().regex(/^[0-9a-z][0-9a-z-]{0,63}$/) }),
]);

/** See {@link fromHub}. */
export type FromHub = z.infer<typeof fromHub>;

/**
 * From a viewer. The token stands in the message, never in the address. With `from` the recording is played from there.
 * `seek` plays the recording of a tile that watches from another moment, or at another speed, under the same token; it is
 * answered by another `watching`.
 */
export const viewerMessage = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("watch"), tile, token: z.string().min(1).max(2_048), ...played }),
  z.strictObject({ type: z.literal("seek"), tile, ...played, from: moment }),
  z.strictObject({ type: z.literal("stop"), tile }),
]);

/** See {@link viewerMessage}. */
export type ViewerMessage = z.infer<typeof viewerMessage>;

/** To a viewer, beside packets. `watching` says which stream's packets a tile shows. */
export type ServerMessage =
  | { readonly type: "watching"; readonly tile: number; readonly stream: number }
  | { readonly type: "refused"; readonly tile: number; readonly code: string; readonly reason: string }
  | GatewayMessage;
