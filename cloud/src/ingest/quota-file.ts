import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { IngestQuota } from "./ingest-quota.ts";

const countedSchema = z.strictObject({
  day: z.int().nonnegative(),
  bytes: z.record(z.string().max(64), z.int().nonnegative()),
});

/** A process that dies forgets at most so much. */
const noteEveryMs = 60_000;

/** Takes up what an earlier process counted today. A file that cannot be read counts as none. */
const takeUp = async (path: string, quota: IngestQuota): Promise<void> => {
  try {
    quota.takeUp(countedSchema.parse(JSON.parse(await readFile(path, "utf8"))));
  } catch {
    // The first start, or damage: the day is counted from here.
  }
};

/**
 * Carries the day's counts over restarts, in `quota.json` of the data directory. Returns what ends it, noting the last
 * counts. `onFault`: they could not be noted.
 */
export const keepQuota = async (
  dataDirectory: string,
  quota: IngestQuota,
  onFault: (error: unknown) => void,
): Promise<() => Promise<void>> => {
  const path = join(dataDirectory, "quota.json");
  await takeUp(path, quota);
  let noted = "";
  const note = async (): Promise<void> => {
    const text = JSON.stringify(quota.counted());
    if (text === noted) return;
    try {
      await writeFile(`${path}.tmp`, text, { mode: 0o600 });
      await rename(`${path}.tmp`, path);
      noted = text;
    } catch (error) {
      onFault(error);
    }
  };
  const timer = setInterval(() => void note(), noteEveryMs);
  return async () => {
    clearInterval(timer);
    await note();
  };
};
