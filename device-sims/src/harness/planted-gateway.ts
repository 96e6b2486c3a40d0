import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "./repository.ts";

/** A fault to be planted: one text of a built module in place of another. */
export interface GatewayPlant {
  /** Names the copy. */
  readonly name: string;
  /** Path below `gateway/dist/`. */
  readonly module: string;
  readonly from: string;
  readonly to: string;
}

/**
 * Copies the built gateway into `dir` and plants a fault there, to see a test find it. Returns the copy's entry file.
 * @throws {Error} when the text that the fault replaces is not in the build any more
 */
export const plantedGateway = (dir: string, { name, module, from, to }: GatewayPlant): string => {
  const copy = join(dir, name);
  const main = join(copy, "gateway", "dist", "main.js");
  if (existsSync(main)) return main;
  const gateway = join(repositoryRoot, "gateway");
  mkdirSync(join(copy, "gateway"), { recursive: true });
  for (const entry of readdirSync(gateway)) {
    if (entry === "dist") cpSync(join(gateway, entry), join(copy, "gateway", entry), { recursive: true });
    else symlinkSync(join(gateway, entry), join(copy, "gateway", entry));
  }
  symlinkSync(join(repositoryRoot, "node_modules"), join(copy, "node_modules"));
  const file = join(copy, "gateway", "dist", module);
  const text = readFileSync(file, "utf8");
  if (!text.includes(from)) throw new Error(`${module} does not hold: ${from}`);
  writeFileSync(file, text.replace(from, to));
  return main;
};
