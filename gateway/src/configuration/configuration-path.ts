import { join } from "node:path";

/** The file of configurations from afar below a data directory. */
export const configurationPath = (dataDirectory: string): string => join(dataDirectory, "configuration.json");
