import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { viewingOff } from "@mingcheng/protocols/media";
import { writeDurably } from "../disk/durable-file.ts";

const maxBytes = 64 * 1024;

const readOff = (bytes: Uint8Array): ReadonlySet<string> | undefined => {
  if (bytes.length > maxBytes) return undefined;
  try {
    const read = viewingOff.safeParse(JSON.parse(Buffer.from(bytes).toString("utf8")));
    return read.success ? new Set(read.data.off) : undefined;
  } catch {
    return undefined;
  }
};

/**
 * Channels that the centre has switched off, as it said last: without the centre, and after a restart, they stay off. What it
 * says counts at once and is on disk soon after.
 */
export class ViewingBook {
  readonly #path: string;
  readonly #onFault: (error: unknown) => void;
  #off: ReadonlySet<string> = new Set();
  #writing: Promise<void> = Promise.resolve();

  private constructor(dataDirectory: string, onFault: (error: unknown) => void) {
    this.#path = join(dataDirectory, "viewing.json");
    this.#onFault = onFault;
  }

  /** As it was written last; a file that cannot be read counts as nothing switched off, and is told of. */
  static async open(dataDirectory: string, onFault: (error: unknown) => void): Promise<ViewingBook> {
    const book = new ViewingBook(dataDirectory, onFault);
    try {
      const bytes = await readFile(book.#path);
      const off = readOff(bytes);
      if (off === undefined) onFault(new Error(`${book.#path}: not understood`));
      else book.#off = off;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") onFault(error);
    }
    return book;
  }

  /** Takes what the centre says. True when another set of channels is off now; what is something else is passed over. */
  take(payload: Uint8Array): boolean {
    const off = readOff(payload);
    if (off === undefined) return false;
    const isSame = off.size === this.#off.size && [...off].every((channel) => this.#off.has(channel));
    if (isSame) return false;
    this.#off = off;
    const text = Buffer.from(payload);
    this.#writing = this.#writing.then(() => writeDurably(this.#path, text)).catch(this.#onFault);
    return true;
  }

  /** Whether nobody of the public may watch a channel now. */
  isOff(channel: string): boolean {
    return this.#off.has(channel);
  }

  /** Resolves once everything that was taken is on disk. */
  written(): Promise<void> {
    return this.#writing;
  }
}
