import { MingchengError } from "@mingcheng/protocols";

/** The same fault of the same camera is written so often at most. */
const againMs = 600_000;
const mostRemembered = 1_000;

/** Writes faults to the log, the same one seldom, so that a broken disk or decoder does not fill it. */
export class RareFaults {
  readonly #write: (detail: object, text: string) => void;
  readonly #nowMs: () => number;
  readonly #seen = new Map<string, { atMs: number; missed: number }>();

  constructor(write: (detail: object, text: string) => void, nowMs: () => number = () => performance.now()) {
    this.#write = write;
    this.#nowMs = nowMs;
  }

  /** `channel` "": the box as a whole. */
  add(channel: string, error: unknown): void {
    const code =
      error instanceof MingchengError ? error.code : ((error as NodeJS.ErrnoException | undefined)?.code ?? "");
    const text = error instanceof Error ? error.message : String(error);
    const key = `${channel}\n${code === "" ? text : code}`;
    const seen = this.#seen.get(key);
    if (seen !== undefined && this.#nowMs() - seen.atMs < againMs) {
      seen.missed++;
      return;
    }
    if (this.#seen.size >= mostRemembered) this.#seen.clear();
    this.#seen.set(key, { atMs: this.#nowMs(), missed: 0 });
    const more = seen === undefined || seen.missed === 0 ? {} : { times: seen.missed + 1 };
    this.#write({ ...(channel === "" ? {} : { channel }), code, error: text, ...more }, "cameras: something failed");
  }
}
