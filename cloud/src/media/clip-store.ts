import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { syncPath } from "../backup/durable-files.ts";
import type { SqliteDatabase } from "../store/database.ts";
import { type ClipFile, clipFilesIn, clipsFolder, signatureName } from "./clip-files.ts";

const mostSignatureBytes = 256 * 1024;
/** All clips together; beyond that the oldest go. */
const mostBytes = 64 * 1024 ** 3;
const wantedForMs = 7 * 86_400_000;
const mostWanted = 20;

interface WantedClip {
  readonly gw: string;
  readonly id: string;
}

/** What became of a file that a gateway sent. */
export type TakenFile = "stored" | "there" | "unknown" | "not-what-was-answered";

/**
 * Clips that were ordered, as gateways bring them. Only what a signed command asked for and the gateway's signed answer names
 * is taken, each file by the digest that the answer says.
 */
export class ClipStore {
  readonly #folder: string;
  readonly #register: SqliteDatabase;
  readonly #nowMs: () => number;

  constructor(dataDirectory: string, register: SqliteDatabase, nowMs: () => number) {
    this.#folder = clipsFolder(dataDirectory);
    this.#register = register;
    this.#nowMs = nowMs;
  }

  /** Clips that were exported and are not here yet, the newest first. */
  wanted(): readonly WantedClip[] {
    const rows = this.#register
      .prepare(
        `SELECT gw, id, result FROM gateway_order WHERE kind = 'camera-clip' AND state = 'done' AND ended_ms > ?
         ORDER BY number DESC LIMIT ${mostWanted}`,
      )
      .all(this.#nowMs() - wantedForMs) as (WantedClip & { result: string })[];
    return rows.flatMap(({ gw, id, result }) => {
      const files = clipFilesIn(result);
      const isHere = [...files.map(({ name }) => name), signatureName].every((name) =>
        existsSync(join(this.#folder, id, name)),
      );
      return isHere || files.length === 0 ? [] : [{ gw, id }];
    });
  }

  /** Takes a file from a gateway. @throws the system's error */
  async take({ gw, id }: WantedClip, name: string, content: AsyncIterable<Uint8Array>): Promise<TakenFile> {
    const result = this.#register
      .prepare("SELECT result FROM gateway_order WHERE gw = ? AND id = ? AND kind = 'camera-clip' AND state = 'done'")
      .pluck()
      .get(gw, id) as string | undefined;
    const file = clipFilesIn(result ?? "").find((one) => one.name === name);
    if (result === undefined || (file === undefined && name !== signatureName)) return "unknown";
    const folder = join(this.#folder, id);
    const path = join(folder, name);
    if (existsSync(path)) return "there";
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const making = join(folder, `.${name}`);
    const handle = await open(making, "w", 0o600);
    const isWhole = await this.#write(handle, content, file);
    if (!isWhole) {
      await rm(making, { force: true });
      return "not-what-was-answered";
    }
    await rename(making, path);
    await syncPath(folder);
    await this.#dropOld(id);
    return "stored";
  }

  async #write(handle: FileHandle, content: AsyncIterable<Uint8Array>, file: ClipFile | undefined): Promise<boolean> {
    const most = file?.bytes ?? mostSignatureBytes;
    const hash = createHash("sha256");
    let bytes = 0;
    try {
      for await (const piece of content) {
        bytes += piece.length;
        if (bytes > most) return false;
        hash.update(piece);
        await handle.writeFile(piece);
      }
      await handle.datasync();
    } finally {
      await handle.close();
    }
    return file === undefined || (bytes === file.bytes && hash.digest("hex") === file.sha256);
  }

  async #dropOld(present: string): Promise<void> {
    const clips: { id: string; bytes: number; atMs: number }[] = [];
    for (const id of await readdir(this.#folder)) {
      const folder = join(this.#folder, id);
      const names = await readdir(folder);
      const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
      clips.push({ id, bytes: sizes.reduce((sum, size) => sum + size, 0), atMs: (await stat(folder)).mtimeMs });
    }
    let bytes = clips.reduce((sum, clip) => sum + clip.bytes, 0);
    for (const clip of clips.toSorted((a, b) => a.atMs - b.atMs)) {
      if (bytes <= mostBytes) return;
      if (clip.id === present) continue;
      await rm(join(this.#folder, clip.id), { recursive: true, force: true });
      bytes -= clip.bytes;
    }
  }
}
