import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { MingchengError } from "@mingcheng/protocols";
import { bundlePieceBytes, maxBundlePieces, readBundlePiece } from "@mingcheng/protocols/commands";
import { syncPath, writeNewFile } from "../backup/durable-files.ts";

/** Bundles kept; beyond that the oldest go. */
const keptBundles = 100;
/** Bundles that come in at the same time. */
const maxUnderWay = 32;
/** A compressed bundle of the largest size that travels, unpacked. */
const maxTextBytes = 32 * 1024 * 1024;

/** Below a data directory. */
const shelfOf = (dataDirectory: string): string => join(dataDirectory, "diagnostics");

interface Gathering {
  readonly sha256: string;
  readonly pieces: (Uint8Array | undefined)[];
}

/** Diagnostics bundles of gateways: gathered from their pieces, stored whole once their digest fits. */
export class BundleShelf {
  readonly #directory: string;
  readonly #underWay = new Map<string, Gathering>();

  constructor(dataDirectory: string) {
    this.#directory = shelfOf(dataDirectory);
  }

  /** Takes a piece of a command that is open. What does not fit is dropped: the gateway is asked again. */
  take(id: string, message: Uint8Array): void {
    const piece = readBundlePiece(message);
    if (piece === undefined || piece.bytes.length > bundlePieceBytes) return;
    const { sha256, index, pieces } = piece.head;
    const known = this.#underWay.get(id);
    const gathering =
      known?.sha256 === sha256 && known.pieces.length === pieces
        ? known
        : { sha256, pieces: Array.from<Uint8Array | undefined>({ length: Math.min(pieces, maxBundlePieces) }) };
    if (known === undefined && this.#underWay.size >= maxUnderWay) {
      const oldest = this.#underWay.keys().next().value;
      if (oldest !== undefined) this.#underWay.delete(oldest);
    }
    gathering.pieces[index] = Uint8Array.from(piece.bytes);
    this.#underWay.set(id, gathering);
  }

  /** Stores the bundle of a command; false while it is not whole. @throws the system's error */
  async finish(id: string, sha256: string): Promise<boolean> {
    const pieces = this.#underWay.get(id)?.pieces;
    if (pieces === undefined || pieces.includes(undefined)) return false;
    const bundle = Buffer.concat(pieces.filter((piece) => piece !== undefined));
    if (createHash("sha256").update(bundle).digest("hex") !== sha256) return false;
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const name = `${String(Date.now()).padStart(15, "0")}-${id}.json.gz`;
    await writeNewFile(join(this.#directory, name), bundle);
    await syncPath(this.#directory);
    this.#underWay.delete(id);
    await this.#dropOld();
    return true;
  }

  async #dropOld(): Promise<void> {
    const names = (await readdir(this.#directory)).filter((name) => name.endsWith(".json.gz")).sort();
    for (const name of names.slice(0, Math.max(0, names.length - keptBundles))) await rm(join(this.#directory, name));
  }
}

/** The bundle of a command as it came, gzipped JSON. @throws {MingchengError} NOT_FOUND when it is not here (any more) */
export const bundleOf = async (dataDirectory: string, id: string): Promise<Buffer> => {
  const directory = shelfOf(dataDirectory);
  const names = await readdir(directory).catch(() => []);
  const name = names.find((known) => known.endsWith(`-${id}.json.gz`));
  if (name === undefined) throw new MingchengError("NOT_FOUND", `no bundle of ${id}`, { field: "command" });
  return readFile(join(directory, name));
};

/** The same as JSON. @throws {MingchengError} NOT_FOUND */
export const bundleContentOf = async (dataDirectory: string, id: string): Promise<Record<string, unknown>> => {
  const text = gunzipSync(await bundleOf(dataDirectory, id), { maxOutputLength: maxTextBytes }).toString("utf8");
  return JSON.parse(text) as Record<string, unknown>;
};
