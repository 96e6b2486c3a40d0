import { appendFile, mkdir, rename, stat } from "node:fs/promises";
import { dirname } from "node:path";

/** One view, when it ended. */
export interface ViewEntry {
  readonly channel: string;
  readonly quality: string;
  readonly person: string;
  readonly from: string;
  readonly why: string;
  /** When it began, ISO 8601. */
  readonly at: string;
  readonly seconds: number;
  /** A recording was watched, from this moment on; left out: what was live. */
  readonly recordedFrom?: string;
}

const mostBytes = 4 * 1024 * 1024;

/** Who watched on the spot, what, when, how long and why: a line of JSON each. The file before the last is kept. */
export class ViewLog {
  readonly #path: string;
  #turn: Promise<void> = Promise.resolve();
  readonly #onFault: (error: unknown) => void;

  constructor(path: string, onFault: (error: unknown) => void) {
    this.#path = path;
    this.#onFault = onFault;
  }

  /** Adds a line, in turn; never rejects. */
  add(entry: ViewEntry): Promise<void> {
    this.#turn = this.#turn.then(() => this.#append(entry)).catch(this.#onFault);
    return this.#turn;
  }

  async #append(entry: ViewEntry): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    const size = await stat(this.#path).then(
      (found) => found.size,
      () => 0,
    );
    if (size > mostBytes) await rename(this.#path, `${this.#path}.1`);
    await appendFile(this.#path, `${JSON.stringify(entry)}\n`, { mode: 0o600 });
  }
}
