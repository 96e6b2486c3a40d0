import { createHash } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Decoder, KeyFrame } from "../decode/decode-job.ts";
import { dayOf, isDay } from "../recording/segment.ts";

/** Why a picture was kept, and when it was taken. */
export interface StillRequest {
  /** Unique; names the folder. */
  readonly id: string;
  readonly gw: string;
  readonly channel: string;
  readonly zone: string;
  readonly cause: { readonly type: string; readonly ref: string };
  readonly by: string;
  /** When the picture came in, milliseconds since 1970; the same as local time with offset, and how the clock was set. */
  readonly takenMs: number;
  readonly at: string;
  readonly sync: string;
  readonly errMs: number | null;
  /** The camera's own time stamp of the picture (RTP), where it is known. */
  readonly rtpTime: number | null;
}

/** A file of a still. */
export interface StillFile {
  readonly name: string;
  readonly type: "fmp4" | "jpeg" | "json";
  readonly bytes: number;
  readonly sha256: string;
}

/** A picture that was kept. */
export interface Still {
  readonly id: string;
  readonly folder: string;
  readonly files: readonly StillFile[];
}

/** A picture that is larger also gets a smaller copy, `preview.jpg`, that can be sent to the centre in pieces. */
export const mostBroughtBytes = 700 * 1024;
const previewWidthPx = 1_280;

const idPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const said = z.object({ channel: z.string(), takenMs: z.number(), files: z.array(z.object({ bytes: z.number() })) });

const durable = async (path: string, content: Uint8Array): Promise<void> => {
  const file = await open(path, "w", 0o600);
  try {
    await file.writeFile(content);
    await file.datasync();
  } finally {
    await file.close();
  }
};

const fileOf = (name: string, type: StillFile["type"], content: Uint8Array): StillFile => ({
  ...{ name, type, bytes: content.length, sha256: createHash("sha256").update(content).digest("hex") },
});

/** What pruning goes by. */
export interface StillLimits {
  readonly maxAgeMs: number;
  readonly maxBytes: number;
}

interface Kept {
  readonly folder: string;
  readonly channel: string;
  readonly takenMs: number;
  readonly bytes: number;
}

/**
 * Evidence pictures on disk, a folder for each: the untouched key frame as it came (`frame.mp4`), the same as JPEG, and a
 * page that says which camera, when, why and for whom (`still.json`). Nothing is ever drawn on a picture. The digests of all
 * three stand in a record of the chain.
 */
export class StillStore {
  readonly #folder: string;
  readonly #decoder: Decoder;

  constructor(folder: string, decoder: Decoder) {
    this.#folder = folder;
    this.#decoder = decoder;
  }

  /**
   * Keeps a picture. The same id again finds what is there. Without a decoder the key frame alone is kept: evidence first.
   * `fault` says why there is no JPEG.
   * @throws the system's error
   */
  async keep(frame: KeyFrame, request: StillRequest): Promise<Still & { readonly fault?: unknown }> {
    if (!idPattern.test(request.id)) throw new RangeError(`${request.id} cannot name a folder`);
    const folder = join(this.#folder, dayOf(request.takenMs), request.id);
    const there = await this.#read(folder, request.id);
    if (there !== undefined) return there;
    const movie = Buffer.concat([frame.begin, frame.fragment]);
    const files: StillFile[] = [fileOf("frame.mp4", "fmp4", movie)];
    let picture: Uint8Array | undefined;
    let fault: unknown;
    try {
      picture = await this.#decoder.jpeg(frame);
      files.push(fileOf("picture.jpg", "jpeg", picture));
    } catch (error) {
      fault = error;
    }
    const page = Buffer.from(`${JSON.stringify({ v: 1, ...request, files })}\n`);
    const making = join(this.#folder, dayOf(request.takenMs), `.${request.id}`);
    await mkdir(making, { recursive: true, mode: 0o700 });
    await durable(join(making, "frame.mp4"), movie);
    if (picture !== undefined) await durable(join(making, "picture.jpg"), picture);
    if (picture !== undefined && picture.length > mostBroughtBytes) {
      const preview = await this.#decoder.jpeg(frame, previewWidthPx).catch(() => undefined);
      if (preview !== undefined) await durable(join(making, "preview.jpg"), preview);
    }
    await durable(join(making, "still.json"), page);
    await rename(making, folder);
    const all = [...files, fileOf("still.json", "json", page)];
    return { id: request.id, folder, files: all, ...(fault === undefined ? {} : { fault }) };
  }

  async #read(folder: string, id: string): Promise<Still | undefined> {
    const names = await readdir(folder).catch(() => undefined);
    if (names === undefined) return undefined;
    const types = { "frame.mp4": "fmp4", "picture.jpg": "jpeg", "still.json": "json" } as const;
    const files: StillFile[] = [];
    for (const [name, type] of Object.entries(types)) {
      if (names.includes(name)) files.push(fileOf(name, type, await readFile(join(folder, name))));
    }
    return { id, folder, files };
  }

  async #all(): Promise<Kept[]> {
    const kept: Kept[] = [];
    const days = await readdir(this.#folder).catch(() => []);
    for (const day of days.filter(isDay)) {
      for (const id of await readdir(join(this.#folder, day))) {
        const folder = join(this.#folder, day, id);
        // What was being made when the box stopped begins with a dot and is nobody's.
        if (id.startsWith(".")) {
          await rm(folder, { recursive: true, force: true });
          continue;
        }
        const page = await readFile(join(folder, "still.json"), "utf8").catch(() => "");
        const read = said.safeParse(page === "" ? undefined : JSON.parse(page));
        const takenMs = read.success ? read.data.takenMs : (await stat(folder)).mtimeMs;
        const bytes = read.success ? read.data.files.reduce((sum, file) => sum + file.bytes, 0) : 0;
        kept.push({ folder, channel: read.success ? read.data.channel : "", takenMs, bytes });
      }
    }
    return kept.sort((a, b) => a.takenMs - b.takenMs);
  }

  /** Deletes what is too old or too much, the oldest first; what is held stays. Returns how many went. */
  async prune(
    nowMs: number,
    { maxAgeMs, maxBytes }: StillLimits,
    isHeld: (channel: string, takenMs: number) => boolean,
  ): Promise<number> {
    const all = await this.#all();
    let bytes = all.reduce((sum, one) => sum + one.bytes, 0);
    let gone = 0;
    for (const one of all) {
      if (one.takenMs >= nowMs - maxAgeMs && bytes <= maxBytes) break;
      if (isHeld(one.channel, one.takenMs)) continue;
      await rm(one.folder, { recursive: true, force: true });
      bytes -= one.bytes;
      gone++;
    }
    return gone;
  }
}
