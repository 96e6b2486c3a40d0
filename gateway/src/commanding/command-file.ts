import { readFile, rename } from "node:fs/promises";
import { ackSchema, type CommandBook, commandSchema, emptyBook } from "@mingcheng/protocols/commands";
import { z } from "zod";
import { writeDurably } from "../disk/durable-file.ts";

const entrySchema = z.object({
  cseq: z.int().positive(),
  id: z.string(),
  kind: z.string(),
  by: z.string(),
  payload: z.string(),
  stage: z.enum(["accepted", "begun", "finished"]),
  command: commandSchema.nullable(),
  ack: ackSchema.nullable(),
});

const fileSchema = z.strictObject({
  v: z.literal(1),
  cseq: z.int().nonnegative(),
  entries: z.array(entrySchema),
});

/** The book of commands on disk: one small file, replaced as a whole, synced before anything is answered. */
export class CommandFile {
  private readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** The book as it was last stored; null when the file cannot be read and was set aside. */
  async load(): Promise<CommandBook | null> {
    let text: string;
    try {
      text = await readFile(this.path, "utf8");
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return emptyBook;
      return this.setAside();
    }
    try {
      const { cseq, entries } = fileSchema.parse(JSON.parse(text));
      return { cseq, entries };
    } catch {
      return this.setAside();
    }
  }

  /** @throws the system's error; what was stored before is then still there */
  async save({ cseq, entries }: CommandBook): Promise<void> {
    await writeDurably(this.path, `${JSON.stringify({ v: 1, cseq, entries })}\n`);
  }

  private async setAside(): Promise<null> {
    await rename(this.path, `${this.path}.damaged`).catch(() => undefined);
    return null;
  }
}
