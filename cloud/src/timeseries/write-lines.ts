import type { SeriesRetention } from "@mingcheng/protocols";
import { LinesRefused, type SeriesServer } from "./series-server.ts";

/** A line that the server refuses, alone. */
export interface RefusedLine {
  readonly line: string;
  /** What the server said. */
  readonly reason: string;
}

/** More of one batch than this is no matter of single lines any more: the server is not what it should be. */
const mostRefused = 1_000;

/** Too many lines of one batch are refused: nothing of it is set apart, it is tried again. */
export class TooManyRefused extends Error {
  constructor(reason: string) {
    super(`the server refuses nearly everything: ${reason}`);
    this.name = "TooManyRefused";
  }
}

/**
 * Writes lines. What the server refuses is found by halving, named, and left out; the rest is accepted when this resolves.
 * Points are idempotent, so that writing the good half of a partly taken batch again changes nothing.
 * @throws {ServerUnavailable} the server takes nothing now
 * @throws {TooManyRefused} more than a thousand lines of the batch are refused
 */
export const writeLines = async (
  server: Pick<SeriesServer, "write">,
  retention: SeriesRetention,
  lines: readonly string[],
): Promise<readonly RefusedLine[]> => {
  const refused: RefusedLine[] = [];
  const waiting: (readonly string[])[] = lines.length === 0 ? [] : [lines];
  for (let piece = waiting.pop(); piece !== undefined; piece = waiting.pop()) {
    try {
      await server.write(retention, piece);
    } catch (error) {
      if (!(error instanceof LinesRefused)) throw error;
      const [line] = piece;
      if (piece.length === 1 && line !== undefined) {
        refused.push({ line, reason: error.message });
        if (refused.length > mostRefused) throw new TooManyRefused(error.message);
        continue;
      }
      const middle = Math.ceil(piece.length / 2);
      waiting.push(piece.slice(middle), piece.slice(0, middle));
    }
  }
  return refused;
};
