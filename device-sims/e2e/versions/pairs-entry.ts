import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { type Pair, runPair } from "./mixed-pair.ts";

/**
 * Both mixed pairs of this version and another one: `node device-sims/dist/e2e/versions/pairs-entry.js --other <directory>`,
 * a checkout of the other version in which `npm ci && npx tsc -b` was run. Exit code 0 when every promise held.
 */
const { values } = parseArgs({ options: { other: { type: "string" } } });
const builtIn = (program: string): string => {
  const entry = resolve(values.other ?? "", join(program, "dist", "main.js"));
  if (!existsSync(entry)) throw new Error(`${entry} is not there; --other names a built checkout of the other version`);
  return entry;
};
const pairs: readonly (readonly [string, Pair])[] = [
  ["this centre, the other gateway", { gateway: builtIn("gateway") }],
  ["the other centre, this gateway", { centre: builtIn("cloud") }],
];
for (const [name, pair] of pairs) {
  console.log(name);
  const { results, broken } = await runPair(pair, (what) => console.log(`  ${what}`));
  console.log(`  ${results} results: ${broken.length === 0 ? "each stored once" : broken.join("\n  ")}`);
  if (broken.length > 0) process.exitCode = 1;
}
