import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "../harness/repository.ts";
import { type CodedStream, codedStreamOf } from "./coded-stream.ts";
import type { Encoding } from "./encode-pictures.ts";

/** Where the committed streams lie. */
export const fixtureFolder = join(repositoryRoot, "device-sims/fixtures/cameras");

const small = { widthPx: 640, heightPx: 360, framesPerSecond: 25, keyEvery: 25 } as const;

/** The committed streams and how each was made (`make-fixtures-entry`). */
export const fixtureEncodings = {
  "kitchen-640x360": { ...small, codec: "h264", scene: "kitchen", frames: 100, kbitPerSecond: 450 },
  "kitchen-h265-640x360": { ...small, codec: "h265", scene: "kitchen", frames: 100, kbitPerSecond: 300 },
  "kitchen-320x240": {
    ...{ ...small, widthPx: 320, heightPx: 240, codec: "h264", scene: "kitchen" },
    ...{ frames: 50, kbitPerSecond: 200 },
  },
  "frozen-640x360": { ...small, codec: "h264", scene: "frozen", frames: 50, kbitPerSecond: null },
  "black-640x360": { ...small, codec: "h264", scene: "black", frames: 50, kbitPerSecond: null },
  "covered-640x360": { ...small, codec: "h264", scene: "covered", frames: 50, kbitPerSecond: null },
} as const satisfies Record<string, Encoding>;

/** Name of a committed stream. */
export type FixtureName = keyof typeof fixtureEncodings;

/** A committed stream. @throws the system's error where it cannot be read */
export const fixtureStream = (name: FixtureName): CodedStream => {
  const { codec, framesPerSecond } = fixtureEncodings[name];
  return codedStreamOf(readFileSync(join(fixtureFolder, `${name}.${codec}`)), codec, framesPerSecond);
};
