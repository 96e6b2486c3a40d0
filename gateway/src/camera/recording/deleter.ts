import { createHash, randomBytes } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { z } from "zod";
import { writeDurably } from "../../disk/durable-file.ts";
import type { ChannelStore } from "./channel-store.ts";
import type { Deletion } from "./ring.ts";
import type { Segment } from "./segment.ts";

const intentSchema = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{32}$/),
  channel: z.string().min(1).max(64),
  cause: z.enum(["age", "bytes", "free-space"]),
  fromMs: z.number(),
  toMs: z.number(),
  count: z.int(),
  bytes: z.int(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/**
 * What was deleted: proof for whoever asks later where a picture is. `sha256` is over the segments' own digests, in their
 * order, as lines of hex. The same `id` again is the same deletion, told twice because the box stopped between.
 */
export type DeletedSegments = z.infer<typeof intentSchema>;

const stoodSchema = z.strictObject({ intent: intentSchema, day: z.string(), numbers: z.array(z.int()) });

const digestOf = (segments: readonly Segment[]): string =>
  createHash("sha256")
    .update(segments.map(({ sha256 }) => `${sha256}\n`).join(""))
    .digest("hex");

/** Kept free for what has to be written down before anything can be deleted on a disk that is full to the last byte. */
const reserveBytes = 256 * 1024;

const isFull = (error: unknown): boolean => ["ENOSPC", "EDQUOT"].includes((error as NodeJS.ErrnoException).code ?? "");

/** Deletes segments so that each deletion is told: what is to go is written down first, and forgotten once it was told. */
export class Deleter {
  readonly #path: string;
  readonly #tell: (deleted: DeletedSegments) => Promise<void>;

  constructor(path: string, tell: (deleted: DeletedSegments) => Promise<void>) {
    this.#path = path;
    this.#tell = tell;
  }

  /** Deletes segments of one day and tells it. @throws the system's error; it is ended when the box starts again */
  async delete(store: ChannelStore, { channel, cause, segments }: Deletion, day: string): Promise<void> {
    const [first, last] = [segments[0], segments.at(-1)];
    if (first === undefined || last === undefined) return;
    const intent: DeletedSegments = {
      ...{ id: randomBytes(16).toString("hex"), channel, cause },
      ...{ fromMs: first.startMs, toMs: last.startMs + last.durationMs, count: segments.length },
      ...{ bytes: segments.reduce((sum, { bytes }) => sum + bytes, 0), sha256: digestOf(segments) },
    };
    const numbers = segments.map(({ number }) => number);
    await this.#writeDown(JSON.stringify({ intent, day, numbers }));
    await this.#finish(store, segments, intent, day);
    await this.reserve();
  }

  /** Sets space aside for the next deletion; a disk that has none now is asked again after it. Never rejects. */
  async reserve(): Promise<void> {
    const path = this.#reserve;
    await writeFile(path, Buffer.alloc(reserveBytes, 1), { flag: "wx", mode: 0o600 }).catch((error: unknown) =>
      isFull(error) ? rm(path, { force: true }) : undefined,
    );
  }

  get #reserve(): string {
    return `${this.#path}.reserve`;
  }

  async #writeDown(text: string): Promise<void> {
    try {
      await writeDurably(this.#path, text);
    } catch (error) {
      if (!isFull(error)) throw error;
      await rm(this.#reserve, { force: true });
      await writeDurably(this.#path, text);
    }
  }

  async #finish(
    store: ChannelStore,
    segments: readonly Segment[],
    intent: DeletedSegments,
    day: string,
  ): Promise<void> {
    await store.remove(day, segments);
    await this.#tell(intent);
    await rm(this.#path, { force: true });
  }

  /** Ends a deletion that was cut off. @throws the system's error */
  async resume(stores: ReadonlyMap<string, ChannelStore>): Promise<void> {
    let content: string;
    try {
      content = await readFile(this.#path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
      throw error;
    }
    const { intent, day, numbers } = stoodSchema.parse(JSON.parse(content));
    const store = stores.get(intent.channel);
    if (store === undefined) return;
    const segments = (await store.segmentsOf(day)).filter(({ number }) => numbers.includes(number));
    await this.#finish(store, segments, intent, day);
  }
}
