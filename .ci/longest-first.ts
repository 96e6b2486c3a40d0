import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * About how many seconds the slow test files take: written from a run's report by `test-seconds.mjs`, and only as
 * good as it needs to be. Files that are not listed run all the same.
 */
const seconds = JSON.parse(readFileSync(new URL("test-seconds.json", import.meta.url), "utf8")) as Readonly<
  Record<string, number>
>;

/** A new test of whole programs is taken for a slow one until it is listed, any other for a quick one. */
const guess = (file: string): number => (file.startsWith("device-sims/e2e/") ? 10 : 0);

/**
 * Starts the longest test files first, the same on every machine and in a fresh clone, where nothing is known of earlier
 * runs: what starts last is short, and no worker waits for another one's long file.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const lasts = ({ moduleId }: TestSpecification): number => {
      const file = relative(this.ctx.config.root, moduleId).replaceAll("\\", "/");
      return seconds[file] ?? guess(file);
    };
    // Among equals the order stays: larger files first.
    return (await super.sort(files)).toSorted((a, b) => lasts(b) - lasts(a));
  }
}
