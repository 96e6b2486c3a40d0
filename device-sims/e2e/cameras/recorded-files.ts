import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runProgram } from "../../src/harness/running-program.ts";

const filesIn = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name))
    : [];

/** A line of a day's index, as far as tests look at it. */
export interface IndexedLine {
  readonly type: "segment" | "gap";
  readonly number?: number;
  readonly reason?: string;
}

/** What the indexes of a folder say, a line for each finished file and each gap. */
export const indexed = (folder: string): IndexedLine[] =>
  filesIn(folder)
    .filter((name) => name.endsWith("index.jsonl"))
    .flatMap((name) => readFileSync(name, "utf8").split("\n"))
    .filter((line) => line !== "")
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as IndexedLine];
      } catch {
        // A line that is being written.
        return [];
      }
    });

/** Finished files of a folder, as its indexes have them. */
export const finishedIn = (folder: string): string[] => {
  const finished = new Set(indexed(folder).map(({ type, number }) => (type === "segment" ? number : undefined)));
  const movies = filesIn(folder).filter((name) => name.endsWith(".mp4"));
  return movies.filter((movie) => finished.has(Number(/-(\d+)\.mp4$/.exec(movie)?.[1]))).sort();
};

/** @throws what the other program says where it cannot play a file to its end */
export const playThrough = (movie: string): Promise<unknown> =>
  runProgram({ name: "ffmpeg", command: "ffmpeg", args: ["-v", "error", "-xerror", "-i", movie, "-f", "null", "-"] });
