import { join } from "node:path";

/** Where a gateway keeps its book of commands. */
export const commandsPath = (dataDirectory: string): string => join(dataDirectory, "commands.json");
