import { readFile } from "node:fs/promises";
import { z } from "zod";
import { writeDurably } from "../disk/durable-file.ts";

const bindingSchema = z.strictObject({
  device: z.string(),
  address: z.string(),
  identity: z.string(),
});
const fileSchema = z.strictObject({ v: z.literal(1), bindings: z.array(bindingSchema) });

/** Which adapter a device was at when it was first opened under its present address. */
export type Binding = z.output<typeof bindingSchema>;

/**
 * What devices are bound to, kept from start to start. A device whose address in the configuration changes is bound anew:
 * that is how an operator confirms a move.
 */
export class BindingFile {
  private readonly path: string;
  private bindings: readonly Binding[] = [];
  private writing: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.path = path;
  }

  /**
   * Reads what is bound. No file, or one that nobody can read any more, binds nothing: false then, unless it was missing.
   */
  async open(): Promise<boolean> {
    let text: string;
    try {
      text = await readFile(this.path, "utf8");
    } catch (error) {
      return error instanceof Error && "code" in error && error.code === "ENOENT";
    }
    try {
      this.bindings = fileSchema.parse(JSON.parse(text)).bindings;
      return true;
    } catch {
      return false;
    }
  }

  /** Identity that a device at this address is bound to; null while it is bound to none. */
  identityOf(device: string, address: string): string | null {
    const found = this.bindings.find((binding) => binding.device === device && binding.address === address);
    return found?.identity ?? null;
  }

  /** Binds the device, in place of what it was bound to. Resolves once that is on disk. @throws the system's error */
  bind(binding: Binding): Promise<void> {
    this.bindings = [...this.bindings.filter(({ device }) => device !== binding.device), binding];
    const text = `${JSON.stringify({ v: 1, bindings: this.bindings })}\n`;
    const written = this.writing.then(() => writeDurably(this.path, text));
    this.writing = written.catch(() => undefined);
    return written;
  }
}
