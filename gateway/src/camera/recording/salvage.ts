import { createHash } from "node:crypto";
import { open, readFile, unlink } from "node:fs/promises";
import { boxesOf, decodeTime, timeScale, wholeBytes } from "./boxes.ts";
import type { Segment } from "./segment.ts";

const hex = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Length of what fragments there are: from the first one's time to the last one's, and as much again as one of them. */
const durationMs = (bytes: Uint8Array): number => {
  const moofs = [...boxesOf(bytes)].filter(({ type }) => type === "moof");
  const times = moofs.map(({ start }) => decodeTime(bytes.subarray(start))).filter((time) => time !== undefined);
  const [first, last] = [times[0], times.at(-1)];
  const scale = timeScale(bytes);
  if (first === undefined || last === undefined || scale === undefined || scale === 0) return 0;
  const spanMs = (Number(last - first) * 1000) / scale;
  return times.length < 2 ? 0 : (spanMs * times.length) / (times.length - 1);
};

const beginBytes = (bytes: Uint8Array): number => {
  for (const { type, start } of boxesOf(bytes)) if (type === "moof") return start;
  return 0;
};

/**
 * Makes a segment of a file that a crash left unfinished: what is whole stays, what was cut off goes. Undefined when nothing
 * of it can be played; then the file is gone.
 * @throws the system's error
 */
export const salvageSegment = async (
  path: string,
  { number, startMs }: { readonly number: number; readonly startMs: number },
): Promise<Segment | undefined> => {
  const found = await readFile(path);
  const { bytes: whole, fragments } = wholeBytes(found);
  if (fragments === 0) {
    await unlink(path);
    return undefined;
  }
  const kept = found.subarray(0, whole);
  const file = await open(path, "r+");
  try {
    await file.truncate(whole);
    await file.datasync();
  } finally {
    await file.close();
  }
  const begin = kept.subarray(0, beginBytes(kept));
  return {
    ...{ number, startMs, durationMs: durationMs(kept), bytes: whole, sha256: hex(kept) },
    ...{ beginBytes: begin.length, beginSha256: hex(begin), salvaged: true },
  };
};
