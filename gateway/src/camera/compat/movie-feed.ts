import type { Writable } from "node:stream";
import type { Fragment, MovieBegin } from "../media/fragment.ts";

/** What waits for the program at most; it is as fast as the stream, or it is of no use. */
const mostWaitingBytes = 4 * 1024 * 1024;

/** Feeds a camera's movie to a program: no port, no address, no password, and it ends with this process, however that ended. */
export class MovieFeed {
  readonly #into: Writable;
  #movie: MovieBegin | undefined;
  #waitsForKey = true;

  constructor(into: Writable) {
    this.#into = into;
    // A program that has ended closes its end; that is told elsewhere.
    into.on("error", () => undefined);
  }

  /** The next fragment; left out while the program is too slow. False: it is another movie now, and the program needs another. */
  fragment(fragment: Fragment): boolean {
    if (this.#waitsForKey && !fragment.key) return true;
    if (this.#movie !== undefined && this.#movie !== fragment.movie) return false;
    if (this.#into.writableLength > mostWaitingBytes) {
      this.#waitsForKey = true;
      return true;
    }
    if (this.#movie === undefined) this.#into.write(fragment.begin);
    this.#movie = fragment.movie;
    this.#waitsForKey = false;
    this.#into.write(fragment.bytes);
    return true;
  }
}
