import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "../../src/harness/repository.ts";

/** A fault planted in the centre, to see a test find it: text of a built module, and what stands there instead. */
interface Plant {
  /** Path below `cloud/dist/`. */
  readonly module: string;
  readonly from: string;
  readonly to: string;
}

/** Receipts go out at once, the commit follows 40 ms later. */
const receiptBeforeCommit: readonly Plant[] = [
  {
    module: "ledger/ledger-writer.js",
    from: "const decisions = decide.immediate();",
    to: `if (!database.inTransaction) {
           database.exec("BEGIN IMMEDIATE");
           setTimeout(() => database.exec("COMMIT"), 40);
         }
         const decisions = decide();`,
  },
];

/** What is stored already is not looked up, and no key of the table refuses a second row. */
const insertWithoutKey: readonly Plant[] = [
  { module: "ledger/ledger-schema.js", from: "CREATE UNIQUE INDEX record_place", to: "CREATE INDEX record_place" },
  {
    module: "ledger/sqlite-ledger.js",
    from: "return touching;",
    to: "return [];",
  },
];

/** A commit that fails is taken for one that succeeded. */
const receiptDespiteFault: readonly Plant[] = [
  {
    module: "ledger/ledger-writer.js",
    from: "const decisions = decide.immediate();",
    to: `let decisions = [];
         database.exec("BEGIN IMMEDIATE");
         try {
           decisions = decide();
           database.exec("COMMIT");
         } catch {
           if (database.inTransaction) database.exec("ROLLBACK");
         }`,
  },
];

/** Nobody looks at what comes in before the broker does. */
const noGuard: readonly Plant[] = [
  {
    module: "broker/guarded-connection.js",
    from: "const fault = this.#gauge.take(bytes);",
    to: "const fault = undefined;",
  },
];

/** Commits are not synced. */
const noSync: readonly Plant[] = [{ module: "store/database.js", from: "synchronous = FULL", to: "synchronous = OFF" }];

const plants = {
  "receipt-before-commit": receiptBeforeCommit,
  "insert-without-key": insertWithoutKey,
  "receipt-despite-fault": receiptDespiteFault,
  "no-sync": noSync,
  "no-guard": noGuard,
} as const;

/** Name of a fault that can be planted. */
export type PlantName = keyof typeof plants;

/**
 * Copies the built centre into `dir` and plants the fault there. Returns the copy's entry file.
 * @throws {Error} when the text that the fault replaces is not in the build any more
 */
export const plantedCentre = (dir: string, plant: PlantName): string => {
  const copy = join(dir, "planted");
  const main = join(copy, "cloud", "dist", "main.js");
  if (existsSync(main)) return main;
  const cloud = join(repositoryRoot, "cloud");
  mkdirSync(join(copy, "cloud"), { recursive: true });
  for (const name of readdirSync(cloud)) {
    if (name === "dist") cpSync(join(cloud, name), join(copy, "cloud", name), { recursive: true });
    else symlinkSync(join(cloud, name), join(copy, "cloud", name));
  }
  for (const folder of ["node_modules", "dashboards"]) symlinkSync(join(repositoryRoot, folder), join(copy, folder));
  for (const { module, from, to } of plants[plant]) {
    const file = join(copy, "cloud", "dist", module);
    const text = readFileSync(file, "utf8");
    if (!text.includes(from)) throw new Error(`${module} does not hold: ${from}`);
    writeFileSync(file, text.replace(from, to));
  }
  return main;
};
