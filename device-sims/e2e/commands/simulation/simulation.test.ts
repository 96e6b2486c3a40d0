import { describe, expect, it } from "vitest";
import { commandBugs } from "./bugs.ts";
import { runCommandWorld } from "./command-world.ts";

const seeds = 250;
/** A planted bug is to show within so many seeds. */
const seedsForBugs = 120;

describe("commands in a hostile world", () => {
  it(`keep every promise under ${seeds} seeds`, () => {
    const broken: string[] = [];
    for (let seed = 1; seed <= seeds && broken.length === 0; seed++) {
      broken.push(...runCommandWorld(seed).map((fault) => `seed ${seed}: ${fault}`));
    }
    expect(broken).toEqual([]);
  }, 60_000);

  it.each(commandBugs)(
    "would be seen to break one with the bug %s",
    (bug) => {
      let found = 0;
      for (let seed = 1; seed <= seedsForBugs && found === 0; seed++) found = runCommandWorld(seed, bug).length;
      expect(found).toBeGreaterThan(0);
    },
    60_000,
  );
});
