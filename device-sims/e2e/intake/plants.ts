import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "../../src/harness/repository.ts";

interface Plant {
  /** Path below `gateway/dist/`. */
  readonly module: string;
  readonly from: string;
  readonly to: string;
}

const plants = {
  /** The answer goes out at once, the record follows 150 ms later. */
  "answer-before-commit": {
    module: "intake/message-desk.js",
    from: "await capture(device.id, draft);",
    to: "setTimeout(() => void capture(device.id, draft).catch(() => undefined), 150);",
  },
  /** What was seen before is not looked up. */
  "nothing-remembered": {
    module: "intake/seen-messages.js",
    from: 'return found === content ? "same" : "other";',
    to: 'return "new";',
  },
  /** Nobody looks at what comes in before the broker does. */
  "no-guard": {
    module: "intake/packet-gauge.js",
    from: "take(bytes) {",
    to: "take(bytes) { if (bytes) return undefined;",
  },
} as const satisfies Record<string, Plant>;

/** Name of a fault that can be planted in the gateway. */
export type IntakePlant = keyof typeof plants;

/**
 * Copies the built gateway into `dir` and plants the fault there. Returns the copy's entry file.
 * @throws {Error} when the text that the fault replaces is not in the build any more
 */
export const plantedGateway = (dir: string, plant: IntakePlant): string => {
  const copy = join(dir, plant);
  const main = join(copy, "gateway", "dist", "main.js");
  if (existsSync(main)) return main;
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
  return main;
};
