import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CodedStream, codedStreamOf } from "../src/cameras/coded-stream.ts";
import { type Encoding, encodePictures } from "../src/cameras/encode-pictures.ts";

/** Streams that relays are measured with: as kitchen cameras are usually set. */
export const relayEncodings = {
  "1080p25": {
    ...{ codec: "h264", scene: "kitchen", widthPx: 1920, heightPx: 1080, framesPerSecond: 25 },
    ...{ keyEvery: 50, frames: 100, kbitPerSecond: 4_000 },
  },
  "360p25": {
    ...{ codec: "h264", scene: "kitchen", widthPx: 640, heightPx: 360, framesPerSecond: 25 },
    ...{ keyEvery: 50, frames: 100, kbitPerSecond: 600 },
  },
} as const satisfies Record<string, Encoding>;

/** Name of a stream that relays are measured with. */
export type RelayStream = keyof typeof relayEncodings;

/** Drawn and coded once on a machine, too large to be committed. */
export const relayStream = async (name: RelayStream): Promise<CodedStream> => {
  const encoding = relayEncodings[name];
  const folder = join(tmpdir(), "mingcheng-relay-streams");
  const path = join(folder, `${name}-${encoding.kbitPerSecond}.h264`);
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${path}.making`, await encodePictures(encoding));
    renameSync(`${path}.making`, path);
  }
  return codedStreamOf(readFileSync(path), encoding.codec, encoding.framesPerSecond);
};
