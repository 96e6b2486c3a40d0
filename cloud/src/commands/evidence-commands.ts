import type { Command } from "commander";
import { addExportCommand } from "./export-command.ts";
import { addVerifyCommand } from "./verify-command.ts";

/** `export`, `verify`. */
export const addEvidenceCommands = (program: Command, say: (text: string) => void): void => {
  addExportCommand(program, say);
  addVerifyCommand(program, say);
};
