import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "../../src/harness/repository.ts";

/** A command's effect may begin before it is stored that it may. */
const effectBeforeStore = {
  module: "commanding/command-desk.js",
  from: "beginCommand(book, cseq)",
  to: "book",
} as const;

/** The configuration of the present trial counts as confirmed from the start. */
const confirmedAtOnce = {
  module: "configuration/configuration-desk.js",
  from: "highest: version, trial }",
  to: "highest: version, confirmed: trial, trial: null }",
} as const;

const plants = { "effect-before-store": effectBeforeStore, "confirmed-at-once": confirmedAtOnce } as const;

/**
 * Copies the built gateway into `dir` and plants a fault there, to see a test find it. Returns the copy's entry file.
 * @throws {Error} when the text that the fault replaces is not in the build any more
 */
export const plantedGateway = (dir: string, plant: keyof typeof plants): string => {
  const copy = join(dir, plant);
  const gateway = join(repositoryRoot, "gateway");
  mkdirSync(join(copy, "gateway"), { recursive: true });
  for (const name of readdirSync(gateway)) {
    if (name === "dist") cpSync(join(gateway, name), join(copy, "gateway", name), { recursive: true });
    else symlinkSync(join(gateway, name), join(copy, "gateway", name));
  }
  symlinkSync(join(repositoryRoot, "node_modules"), join(copy, "node_modules"));
  const { module, from, to } = plants[plant];
  const file = join(copy, "gateway", "dist", module);
  const text = readFileSync(file, "utf8");
  if (!text.includes(from)) throw new Error(`${module} does not hold: ${from}`);
  writeFileSync(file, text.replace(from, to));
  return join(copy, "gateway", "dist", "main.js");
};
