/** A fault planted in the centre, to see a test find it: text of a built module, and what stands there instead. */
export interface Plant {
  /** End of the module's path below `cloud/dist/`. */
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
    from: "return this.allRuns(gw, line).filter((run) => run.to >= from - 1 && run.from <= to + 1);",
    to: "return [];",
  },
];

/** Commits are not synced. */
const noSync: readonly Plant[] = [{ module: "store/database.js", from: "synchronous = FULL", to: "synchronous = OFF" }];

/** Faults by name. */
export const plants = {
  "receipt-before-commit": receiptBeforeCommit,
  "insert-without-key": insertWithoutKey,
  "no-sync": noSync,
} as const;

/** Name of a fault in {@link plants}. */
export type PlantName = keyof typeof plants;

/** The environment variable that names the fault to {@link file://./plant-entry.ts}. */
export const plantVariable = "MINGCHENG_TEST_PLANT";
