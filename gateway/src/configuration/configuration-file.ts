import { readFile, rename } from "node:fs/promises";
import { z } from "zod";
import { writeDurably } from "../disk/durable-file.ts";

const documentSchema = z.strictObject({
  version: z.int().positive(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** The signed document as it came. */
  document: z.string(),
});

const fileSchema = z.strictObject({
  v: z.literal(1),
  /** Largest version ever taken: nothing at or below it is taken again. */
  highest: z.int().nonnegative(),
  /** What the gateway starts with; null: its own file alone. */
  confirmed: documentSchema.nullable(),
  /** Applied, not confirmed yet. Found at a start it was not. */
  trial: documentSchema.nullable(),
  /** What became of the last one. */
  last: z
    .strictObject({
      version: z.int().nonnegative(),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      outcome: z.enum(["confirmed", "refused", "rolled-back"]),
      reason: z.string(),
      /** Its `config` record is on disk. */
      told: z.boolean(),
    })
    .nullable(),
});

/** What a gateway durably knows of configurations from afar. */
export type KeptConfiguration = z.output<typeof fileSchema>;
/** A document that was taken. */
export type KeptDocument = z.output<typeof documentSchema>;

/** Before the first. */
export const noConfiguration: KeptConfiguration = { v: 1, highest: 0, confirmed: null, trial: null, last: null };

/** Reads the file; undefined when there is none. One that cannot be read is set aside: the gateway starts with its own. */
export const loadKeptConfiguration = async (path: string): Promise<KeptConfiguration | undefined> => {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch {
    return undefined;
  }
  try {
    return fileSchema.parse(JSON.parse(text));
  } catch {
    await rename(path, `${path}.damaged`).catch(() => undefined);
    return undefined;
  }
};

/** Replaces the file as a whole, synced. @throws the system's error; what was there before is then still there */
export const saveKeptConfiguration = (path: string, kept: KeptConfiguration): Promise<void> =>
  writeDurably(path, `${JSON.stringify(kept)}\n`);
