import { join } from "node:path";

/** Where the ledger of a data directory is. */
export const ledgerPath = (dataDirectory: string): string => join(dataDirectory, "ledger.db");

/** Where the read model of a data directory is. */
export const projectionsPath = (dataDirectory: string): string => join(dataDirectory, "projections.db");
