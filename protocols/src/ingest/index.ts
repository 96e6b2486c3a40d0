/** What the centre does with what comes in. An entry of its own: the writer of the ledger is the only one who asks. */
export * from "./ingest-batch.ts";
export * from "./ingest-keys.ts";
export * from "./ingest-state.ts";
export * from "./keep-line.ts";
export * from "./ledger-view.ts";
export * from "./memory-ledger.ts";
export * from "./revocation.ts";
