import { resolve } from "node:path";

/** Name of the broadcast channel on which the writer of `ledger.db` says, to all threads, that it has committed. */
export const appendChannel = (ledgerPath: string): string => `mingcheng-ledger:${resolve(ledgerPath)}`;
