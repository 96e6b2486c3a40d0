import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { MingchengError } from "@mingcheng/protocols";
import { bundlePieceBytes, maxBundlePieces, readBundlePiece } from "@mingcheng/protocols/commands";
import { syncPath, writeNewFile } from "../backup/durable-files.ts";

/** Where a kind's bundles stand, how they are called, and how many are kept: beyond that the oldest go. */
const shelves: Readonly<Record<string, { folder: string; ending: string; kept: number }>> = {
  diagnostics: { folder: "diagnostics", ending: ".json.gz", kept: 100 },
  "camera-still": { folder: "stills", ending: ".jpg", kept: 500 },
};
/** Bundles that come in at the same time. */
const maxUnderWay = 32;
/** A compressed bundle of the largest size that travels, unpacked. */
const maxTextBytes = 32 * 1024 * 1024;

interface Gathering {
  readonly sha256: string;
  readonly pieces: (Uint8Array | undefined)[];
}

/** Bundles of gateways, diagnostics and pictures: gathered from their pieces, stored whole once their digest fits. */
export class BundleShelf {
  readonly #dataDirectory: string;
  readonly #underWay = new Map<string, Gathering>();

  constructor(dataDirectory: string) {
    this.#dataDirectory = dataDirectory;
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

  /** Stores the bundle of a command; undefined while it is not whole. @throws the system's error */
  async finish(id: string, sha256: string, kind: string): Promise<Uint8Array | undefined> {
    const pieces = this.#underWay.get(id)?.pieces;
    const shelf = shelves[kind];
    if (shelf === undefined || pieces === undefined || pieces.includes(undefined)) return undefined;
    const bundle = Buffer.concat(pieces.filter((piece) => piece !== undefined));
    if (createHash("sha256").update(bundle).digest("hex") !== sha256) return undefined;
    const directory = join(this.#dataDirectory, shelf.folder);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const name = `${String(Date.now()).padStart(15, "0")}-${id}${shelf.ending}`;
    await writeNewFile(join(directory, name), bundle);
    await syncPath(directory);
    this.#underWay.delete(id);
    const names = (await readdir(directory)).filter((one) => one.endsWith(shelf.ending)).sort();
    for (const old of names.slice(0, Math.max(0, names.length - shelf.kept))) await rm(join(directory, old));
    return bundle;
  }
}

/**
 * The bundle of a command as it came: gzipped JSON of `diagnostics`, JPEG of `camera-still`.
 * @throws {MingchengError} NOT_FOUND when it is not here (any more)
 */
export const bundleOf = async (dataDirectory: string, id: string): Promise<Buffer> => {
  for (const { folder, ending } of Object.values(shelves)) {
    const directory = join(dataDirectory, folder);
    const names = await readdir(directory).catch(() => []);
    const name = names.find((known) => known.endsWith(`-${id}${ending}`));
    if (name !== undefined) return readFile(join(directory, name));
  }
  throw new MingchengError("NOT_FOUND", `no bundle of ${id}`, { field: "command" });
};

/** The same as JSON. @throws {MingchengError} NOT_FOUND */
export const bundleContentOf = async (dataDirectory: string, id: string): Promise<Record<string, unknown>> => {
  const text = gunzipSync(await bundleOf(dataDirectory, id), { maxOutputLength: maxTextBytes }).toString("utf8");
  return JSON.parse(text) as Record<string, unknown>;
};
