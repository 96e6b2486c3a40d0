import { createHash, type Hash } from "node:crypto";
import { type FileHandle, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { MingchengError } from "@mingcheng/protocols";
import { decodeTime, moveDecodeTimes, timeScale } from "./boxes.ts";
import type { ChannelStore } from "./channel-store.ts";
import { clipManifest } from "./clip-manifest.ts";
import { fragmentsOf, playback } from "./playback.ts";
import type { Segment } from "./segment.ts";

/** A signature with what it takes to verify it. */
export interface GatewaySignature {
  readonly publicKey: Uint8Array;
  /** Every rotation statement of the gateway: how keys before and after are joined with this one. */
  readonly keyLog: Uint8Array;
  readonly signature: Uint8Array;
}

/** Signs for the gateway; the camera process has no key of its own. */
export type ClipSigner = (message: Uint8Array) => Promise<GatewaySignature>;

/** What is to be exported, for whom and why. */
export interface ClipRequest {
  /** Unique; the same again finds the clip that is there. */
  readonly id: string;
  readonly gw: string;
  readonly channel: string;
  readonly zone: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly cause: { readonly type: string; readonly ref: string };
  readonly by: string;
  /** Local time with offset, and how the clock was set. */
  readonly at: string;
  readonly sync: string;
}

/** A file of a clip. */
export interface ClipFile {
  readonly name: string;
  readonly type: "fmp4" | "json";
  readonly bytes: number;
  readonly sha256: string;
}

/** A clip that was exported. */
export interface Clip {
  readonly folder: string;
  readonly files: readonly ClipFile[];
}

const longestMs = 2 * 3_600_000;
/** Before the manifest, so that a signature of a clip can be nothing else. */
const signedBefore = "mc-clip-v1\0";
/** A stream whose own time is within so much of the clock's goes on; otherwise it began anew or stood still. */
const sameStreamMs = 2_000;

const iso = (ms: number): string => new Date(ms).toISOString();

/** One movie file of a clip, written while segments are read. */
class ClipPart {
  readonly name: string;
  readonly fromMs: number;
  toMs: number;
  bytes = 0;
  readonly #file: FileHandle;
  readonly #hash: Hash = createHash("sha256");
  readonly #scale: number;
  #shift: bigint | undefined;

  constructor(name: string, file: FileHandle, begin: Uint8Array, fromMs: number) {
    this.name = name;
    this.#file = file;
    this.fromMs = fromMs;
    this.toMs = fromMs;
    this.#scale = timeScale(begin) ?? 90_000;
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#file.writeFile(bytes);
    this.#hash.update(bytes);
    this.bytes += bytes.length;
  }

  /** Adds a segment's fragments, at their place in the clip's own time: as the stream goes on, or where the clock puts it. */
  async add(bytes: Uint8Array, { startMs, durationMs }: Segment): Promise<void> {
    const units = (ms: number): bigint => BigInt(Math.round((ms * this.#scale) / 1000));
    let first = true;
    for (const fragment of fragmentsOf(bytes)) {
      if (first) {
        const own = decodeTime(fragment) ?? 0n;
        const byClock = units(startMs - this.fromMs) - own;
        const apart = this.#shift === undefined ? undefined : byClock - this.#shift;
        const far = apart === undefined || apart > units(sameStreamMs) || apart < -units(sameStreamMs);
        if (far) this.#shift = byClock;
      }
      first = false;
      const moved = Uint8Array.from(fragment);
      moveDecodeTimes(moved, this.#shift ?? 0n);
      await this.write(moved);
    }
    this.toMs = startMs + durationMs;
  }

  async end(): Promise<ClipFile & { readonly from: string; readonly until: string }> {
    await this.#file.datasync();
    await this.#file.close();
    const file = { name: this.name, type: "fmp4" as const, bytes: this.bytes, sha256: this.#hash.digest("hex") };
    return { ...file, from: iso(this.fromMs), until: iso(this.toMs) };
  }

  async abandon(): Promise<void> {
    await this.#file.close().catch(() => undefined);
  }
}

const writeWhole = async (path: string, content: Uint8Array): Promise<void> => {
  const file = await open(path, "w", 0o600);
  try {
    await file.writeFile(content);
    await file.datasync();
  } finally {
    await file.close();
  }
};

const copyParts = async (store: ChannelStore, request: ClipRequest, folder: string) => {
  const parts: Awaited<ReturnType<ClipPart["end"]>>[] = [];
  const segments: { from: string; durationMs: number; bytes: number; sha256: string }[] = [];
  const gaps: { from: string; until: string; reason: string }[] = [];
  let begin: Uint8Array | undefined;
  let part: ClipPart | undefined;
  try {
    for await (const piece of playback(store, request.fromMs, request.toMs)) {
      if (piece.type === "gap") gaps.push({ from: iso(piece.fromMs), until: iso(piece.toMs), reason: piece.reason });
      else if (piece.type === "begin") {
        if (part !== undefined) parts.push(await part.end());
        part = undefined;
        begin = piece.bytes;
      } else if (begin !== undefined) {
        const { startMs, durationMs, bytes, sha256 } = piece.segment;
        if (part === undefined) {
          const name = `part-${parts.length + 1}.mp4`;
          part = new ClipPart(name, await open(join(folder, name), "wx", 0o600), begin, startMs);
          await part.write(begin);
        }
        await part.add(piece.bytes, piece.segment);
        segments.push({ from: iso(startMs), durationMs, bytes, sha256 });
      }
    }
    if (part !== undefined) parts.push(await part.end());
    return { parts, segments, gaps };
  } catch (error) {
    await part?.abandon();
    throw error;
  }
};

const clipIn = (folder: string, manifest: Uint8Array, parts: readonly ClipFile[]): Clip => {
  const movies = parts.map(({ name, type, bytes, sha256 }) => ({ name, type, bytes, sha256 }));
  const sha256 = createHash("sha256").update(manifest).digest("hex");
  return { folder, files: [...movies, { name: "clip.json", type: "json", bytes: manifest.length, sha256 }] };
};

/**
 * Exports a span of a channel as movie files with a signed manifest: what was recorded (each segment by its digest), what was
 * not and why, who asked and why. Whole segments: nothing is encoded anew, so the clip may begin some seconds earlier and end
 * some later than asked. The folder appears when everything in it is durable.
 * @throws {MingchengError} RECORDING_NOT_FOUND, CLIP_TOO_LONG; the system's error
 */
export const exportClip = async (
  store: ChannelStore,
  clipsFolder: string,
  request: ClipRequest,
  sign: ClipSigner,
): Promise<Clip> => {
  if (request.toMs - request.fromMs > longestMs) {
    throw new MingchengError("CLIP_TOO_LONG", `${longestMs / 60_000} minutes at most`, { field: "until" });
  }
  const folder = join(clipsFolder, request.id);
  const there = await readFile(join(folder, "clip.json")).catch(() => undefined);
  if (there !== undefined) return clipIn(folder, there, clipManifest.parse(JSON.parse(there.toString("utf8"))).parts);
  const making = join(clipsFolder, `.${request.id}`);
  await rm(making, { recursive: true, force: true });
  await mkdir(making, { recursive: true, mode: 0o700 });
  try {
    const { parts, segments, gaps } = await copyParts(store, request, making);
    if (parts.length === 0) {
      throw new MingchengError("RECORDING_NOT_FOUND", `${request.channel} ${iso(request.fromMs)}`, { field: "from" });
    }
    const { id, gw, channel, zone, cause, by, at, sync } = request;
    const asked = { from: iso(request.fromMs), until: iso(request.toMs) };
    const manifest = { v: 1, id, gw, channel, zone, asked, cause, by, at, sync, parts, gaps, segments };
    const bytes = new TextEncoder().encode(`${JSON.stringify(manifest)}\n`);
    const { publicKey, keyLog, signature } = await sign(signedMessage(bytes));
    await writeWhole(join(making, "clip.json"), bytes);
    const signed = {
      publicKey: Buffer.from(publicKey).toString("hex"),
      signature: Buffer.from(signature).toString("base64"),
      keyLog: Buffer.from(keyLog).toString("base64"),
    };
    await writeWhole(join(making, "clip.sig.json"), new TextEncoder().encode(`${JSON.stringify(signed)}\n`));
    await rename(making, folder);
    return clipIn(folder, bytes, parts);
  } catch (error) {
    await rm(making, { recursive: true, force: true });
    throw error;
  }
};

/** What the gateway's key signs of a manifest. */
export const signedMessage = (manifest: Uint8Array): Uint8Array => {
  const before = new TextEncoder().encode(signedBefore);
  const message = new Uint8Array(before.length + manifest.length);
  message.set(before);
  message.set(manifest, before.length);
  return message;
};
