import { concat } from "../bytes/bytes.ts";

/** The manifest names every span, gap and withheld stretch on one line; no other line comes near this. */
const maxLineBytes = 64 * 1024 * 1024;
const lineFeed = 0x0a;
const nothing = new Uint8Array();

/** Cuts a file that comes in chunks into lines, in bounded memory. */
export class LineCutter {
  private rest: Uint8Array[] = [];
  private restBytes = 0;

  /** The lines that `chunk` completes, without their line feeds. They may share memory with it. */
  *push(chunk: Uint8Array): Generator<Uint8Array> {
    let at = 0;
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, at)) {
      const line = chunk.subarray(at, end);
      at = end + 1;
      yield this.restBytes === 0 ? line : concat(...this.rest, line);
      this.rest = [];
      this.restBytes = 0;
    }
    const rest = at < chunk.length ? chunk.slice(at) : nothing;
    if (rest.length === 0 || this.isTooLong) return;
    this.rest.push(rest);
    this.restBytes += rest.length;
  }

  /** True when a line is longer than any may be: the rest need not be read. */
  get isTooLong(): boolean {
    return this.restBytes > maxLineBytes;
  }

  /** True when something stands behind the last line feed. */
  get isCutOff(): boolean {
    return this.restBytes > 0;
  }
}
