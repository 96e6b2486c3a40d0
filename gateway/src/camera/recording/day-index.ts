import { appendFile, mkdir, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeDurably } from "../../disk/durable-file.ts";
import { type IndexLine, indexLine } from "./segment.ts";

const indexName = "index.jsonl";
const pathOf = (dayFolder: string): string => join(dayFolder, indexName);

const text = (lines: readonly IndexLine[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join("");

const parsed = (line: string): IndexLine | undefined => {
  try {
    return indexLine.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
};

/** The index of a day: one line for each finished segment and each gap, in the order of their making. */
export interface DayIndex {
  readonly lines: readonly IndexLine[];
  /** Lines that a crash cut off or damage made unreadable: their segments are found by their files. */
  readonly damaged: number;
}

/** Reads a day's index; a day without one is empty. @throws the system's error */
export const readDayIndex = async (dayFolder: string): Promise<DayIndex> => {
  let content: string;
  try {
    content = await readFile(pathOf(dayFolder), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { lines: [], damaged: 0 };
    throw error;
  }
  const found = content.split("\n").filter((line) => line !== "");
  const lines = found.map(parsed).filter((line) => line !== undefined);
  return { lines, damaged: found.length - lines.length };
};

/** Adds lines, durably. A line that a crash cut off before is ended first. @throws the system's error */
export const appendToDayIndex = async (dayFolder: string, lines: readonly IndexLine[]): Promise<void> => {
  const path = pathOf(dayFolder);
  await mkdir(dayFolder, { recursive: true, mode: 0o700 });
  // A blank line costs nothing; a line written onto the torn end of another one would be lost with it.
  await appendFile(path, `\n${text(lines)}`, { mode: 0o600 });
  const file = await open(path, "r+");
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
};

/** Writes a day's index anew, whole or not at all. @throws the system's error */
export const replaceDayIndex = (dayFolder: string, lines: readonly IndexLine[]): Promise<void> =>
  writeDurably(pathOf(dayFolder), text(lines));
