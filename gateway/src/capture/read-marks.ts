import { mkdir, open, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { ResultMarks } from "../drivers/define-driver.ts";

const markLine = /^[0-9a-f]{16}$/;

const isMissing = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "ENOENT";

/**
 * Opens the durable notes of one device: a file with one mark a line, only ever appended to. A line torn by a power cut is
 * passed over.
 * @throws the system's error when the file is there and cannot be read
 */
export const openReadMarks = async (path: string): Promise<ResultMarks> => {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    if (isMissing(error)) return "";
    throw error;
  });
  const known = new Set(text.split("\n").filter((line) => markLine.test(line)));
  let waiting: string[] = [];
  let isCut = text !== "" && !text.endsWith("\n");
  let isCreated = text !== "";
  let working: Promise<void> = Promise.resolve();

  const syncFolder = async (): Promise<void> => {
    const folder = await open(dirname(path), "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  };

  const write = async (): Promise<void> => {
    if (waiting.length === 0) return;
    const marks = waiting;
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(path, "a", 0o600);
    try {
      await file.writeFile(`${isCut ? "\n" : ""}${marks.join("\n")}\n`);
      await file.sync();
    } catch (error) {
      isCut = true;
      throw error;
    } finally {
      await file.close();
    }
    if (!isCreated) await syncFolder();
    [isCreated, isCut] = [true, false];
    waiting = waiting.slice(marks.length);
  };

  return {
    has: (mark) => known.has(mark),
    add: (marks) => {
      for (const mark of marks) {
        if (known.has(mark)) continue;
        known.add(mark);
        waiting.push(mark);
      }
      const next = working.then(write);
      working = next.catch(() => undefined);
      return next;
    },
  };
};
