import { z } from "zod";

/**
 * One file of a recording: some seconds from a key frame on, with the beginning that a player needs, so that each plays by
 * itself. Times of the wall clock are milliseconds since 1970.
 */
export interface Segment {
  /** Counts up over all segments of a channel: their true order, whatever the clock did. */
  readonly number: number;
  readonly startMs: number;
  readonly durationMs: number;
  readonly bytes: number;
  /** Of the whole file, in hex. */
  readonly sha256: string;
  /** How many bytes the beginning has; what follows are fragments. */
  readonly beginBytes: number;
  /** Of the beginning, in hex: another one means that size or codec changed. */
  readonly beginSha256: string;
  /** True when a crash cut it off and only what was whole was kept. */
  readonly salvaged: boolean;
}

/** Why nothing was recorded for a time. */
export const gapReasons = [
  "camera-disconnected",
  "camera-stalled",
  "camera-auth-failed",
  "gateway-down",
  "disk-full",
  "disk-error",
  "holds-full",
  "switched-off",
  "clock-moved",
  "unknown",
] as const;

export type GapReason = (typeof gapReasons)[number];

/** A time without a recording. */
export interface RecordedGap {
  readonly fromMs: number;
  readonly toMs: number;
  readonly reason: GapReason;
}

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const ms = z.number().nonnegative();

const segmentLine = z.strictObject({
  type: z.literal("segment"),
  number: z.int().nonnegative(),
  startMs: ms,
  durationMs: ms,
  bytes: z.int().nonnegative(),
  sha256: hash,
  beginBytes: z.int().nonnegative(),
  beginSha256: hash,
  salvaged: z.boolean(),
});

const gapLine = z.strictObject({ type: z.literal("gap"), fromMs: ms, toMs: ms, reason: z.enum(gapReasons) });

/** A line of a day's index. */
export const indexLine = z.discriminatedUnion("type", [segmentLine, gapLine]);

export type IndexLine = z.infer<typeof indexLine>;

/** Name of a segment's file. */
export const segmentName = ({ number, startMs }: Pick<Segment, "number" | "startMs">): string =>
  `${Math.floor(startMs)}-${number}.mp4`;

/** What a file's name says; undefined when it is no segment's. */
export const parseSegmentName = (name: string): { readonly startMs: number; readonly number: number } | undefined => {
  const [, startMs, number] = /^(\d{1,15})-(\d{1,15})\.mp4$/.exec(name) ?? [];
  return startMs === undefined ? undefined : { startMs: Number(startMs), number: Number(number) };
};

/** Folder of the day, in UTC, in which a segment lies: `2026-11-25`. */
export const dayOf = (startMs: number): string => new Date(startMs).toISOString().slice(0, 10);

/** True for the name of a day's folder. */
export const isDay = (name: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(name);
