import { readFile } from "node:fs/promises";
import { cameraCauses, MingchengError } from "@mingcheng/protocols";
import { z } from "zod";
import { writeDurably } from "../../disk/durable-file.ts";
import type { HeldSpan } from "./ring.ts";

const text = (most: number) => z.string().min(1).max(most);

const holdSchema = z.strictObject({
  id: text(64),
  channel: text(64),
  fromMs: z.number().nonnegative(),
  toMs: z.number().nonnegative(),
  /** What asked for it, and which one. */
  cause: z.enum(cameraCauses),
  ref: z.string().max(128),
  by: text(64),
  /** In the words of whoever asked. */
  why: z.string().max(200).default(""),
  placedMs: z.number().nonnegative(),
  /** Released by itself then; null: only by somebody. */
  expiresMs: z.number().nonnegative().nullable().default(null),
});

/** A span of a channel that is kept whatever its age, until somebody releases it. */
export type Hold = z.infer<typeof holdSchema>;

const fileSchema = z.strictObject({ v: z.literal(1), holds: z.array(holdSchema).max(10_000) });

/** So many at once; whoever needs more has forgotten to release. */
const mostHolds = 10_000;

/** Holds of all channels, in one durable file. */
export class Holds {
  readonly #path: string;
  readonly #holds: Map<string, Hold>;

  private constructor(path: string, holds: readonly Hold[]) {
    this.#path = path;
    this.#holds = new Map(holds.map((hold) => [hold.id, hold]));
  }

  /** Reads the file; none is no holds. @throws {MingchengError} RECORDING_HOLDS_DAMAGED; the system's error */
  static async open(path: string): Promise<Holds> {
    let content: string;
    try {
      content = await readFile(path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return new Holds(path, []);
      throw error;
    }
    try {
      return new Holds(path, fileSchema.parse(JSON.parse(content)).holds);
    } catch (cause) {
      // Deleting what somebody wanted kept cannot be undone: nothing is deleted until this is looked at.
      throw new MingchengError("RECORDING_HOLDS_DAMAGED", path, { cause });
    }
  }

  /** All of them, or of one channel. */
  list(channel?: string): readonly Hold[] {
    return [...this.#holds.values()].filter((hold) => channel === undefined || hold.channel === channel);
  }

  /** Those whose time is over. */
  expired(nowMs: number): readonly Hold[] {
    return this.list().filter(({ expiresMs }) => expiresMs !== null && expiresMs <= nowMs);
  }

  /** Spans of a channel that must stay. */
  spans(channel: string): readonly HeldSpan[] {
    return this.list(channel);
  }

  /** Places one, durably; the same id again changes nothing. False: it was there. @throws the system's error */
  async place(hold: Hold): Promise<boolean> {
    if (this.#holds.has(hold.id)) return false;
    if (this.#holds.size >= mostHolds) throw new MingchengError("RECORDING_HOLDS_FULL", `${mostHolds} holds`);
    this.#holds.set(hold.id, hold);
    try {
      await this.#save();
    } catch (error) {
      this.#holds.delete(hold.id);
      throw error;
    }
    return true;
  }

  /** Releases one, durably. Undefined: there is none of that id. @throws the system's error */
  async release(id: string): Promise<Hold | undefined> {
    const hold = this.#holds.get(id);
    if (hold === undefined) return undefined;
    this.#holds.delete(id);
    try {
      await this.#save();
    } catch (error) {
      this.#holds.set(id, hold);
      throw error;
    }
    return hold;
  }

  #save(): Promise<void> {
    return writeDurably(this.#path, JSON.stringify({ v: 1, holds: [...this.#holds.values()] }));
  }
}
