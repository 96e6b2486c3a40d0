import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fromHex } from "@mingcheng/protocols";
import { bytesOf, type DeviceCodec, type DeviceEvent } from "@mingcheng/protocols/devices";
import { repositoryRoot } from "../src/harness/repository.ts";
import type { Random } from "../src/random.ts";

/** Events that a decoder vouches for. */
export const isBelieved = (event: DeviceEvent): boolean =>
  event.event === "frame" ? event.checksumOk : event.event !== "discarded" && bytesOf(event).length > 0;

/** Everything a decoder makes of `bytes`, the end included. */
export const decodeAll = (codec: DeviceCodec, bytes: Uint8Array): DeviceEvent[] => {
  const decoder = codec.createDecoder();
  return [...decoder.push(bytes), ...decoder.end()];
};

const folder = join(repositoryRoot, "protocols/fixtures");

/** The inputs of a family's fixtures, with everything that is wrong in them. */
export const fixtureInputs = (family: string): readonly Uint8Array[] =>
  readdirSync(join(folder, family))
    .sort()
    .map((name) => {
      const text = readFileSync(join(folder, family, name, "input.hex"), "utf8");
      const bytes = fromHex(text.replace(/#.*$/gm, "").replace(/\s+/g, ""));
      if (bytes === undefined) throw new Error(`${family}/${name}/input.hex is no hexadecimal text`);
      return bytes;
    });

/** The good frames of a family's fixtures, each once. */
export const goodFrames = (codec: DeviceCodec): readonly Uint8Array[] => {
  const frames = new Map<string, Uint8Array>();
  for (const input of fixtureInputs(codec.id)) {
    for (const event of decodeAll(codec, input)) {
      if (isBelieved(event) && event.event !== "request") frames.set(bytesOf(event).join(), bytesOf(event));
    }
  }
  return [...frames.values()];
};

/** A line's worth of good frames in random order, at least `minBytes`, in pieces as a port hands them over. */
export const streamOf = (frames: readonly Uint8Array[], minBytes: number, random: Random): readonly Uint8Array[] => {
  const longest = Math.max(...frames.map(({ length }) => length));
  const store = new Uint8Array(minBytes + longest);
  let filled = 0;
  while (filled < minBytes) {
    const frame = frames[random.below(frames.length)] ?? new Uint8Array();
    store.set(frame, filled);
    filled += frame.length;
  }
  const whole = store.subarray(0, filled);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < whole.length; ) {
    const piece = whole.subarray(at, at + 1 + random.below(maxPieceBytes));
    pieces.push(piece);
    at += piece.length;
  }
  return pieces;
};

const maxPieceBytes = 128;
