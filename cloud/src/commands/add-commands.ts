import type { Command } from "commander";

type Say = (text: string) => void;
type Add = (program: Command, say: Say) => void;

/**
 * Every command of the program, in the order of its help, and where it lives. A command loads what it needs and nothing
 * else: `verify` waits neither for a database nor for a broker.
 */
const commands: readonly (readonly [name: string, load: () => Promise<Add>])[] = [
  ["run", async () => (await import("./run-commands.ts")).addRunCommand],
  ["check", async () => (await import("./run-commands.ts")).addCheckCommand],
  ["gateway", async () => (await import("./gateway-commands.ts")).addGatewayCommands],
  ["user", async () => (await import("./user-commands.ts")).addUserCommands],
  ["audit", async () => (await import("./audit-commands.ts")).addAuditCommands],
  ["export", async () => (await import("./export-command.ts")).addExportCommand],
  ["verify", async () => (await import("./verify-command.ts")).addVerifyCommand],
  ["keys", async () => (await import("./keys-commands.ts")).addKeysCommands],
  ["rebuild", async () => (await import("./rebuild-command.ts")).addRebuildCommand],
  ["import", async () => (await import("./register-commands.ts")).addImportCommand],
  ["register", async () => (await import("./register-commands.ts")).addRegisterCommands],
  ["backup", async () => (await import("./backup-command.ts")).addBackupCommand],
  ["restore", async () => (await import("./restore-command.ts")).addRestoreCommand],
  ["channel", async () => (await import("./channel-command.ts")).addChannelCommand],
  ["rules", async () => (await import("./rules-commands.ts")).addRulesCommands],
  ["routing", async () => (await import("./routing-commands.ts")).addRoutingCommands],
  ["report", async () => (await import("./report-command.ts")).addReportCommand],
  ["retention", async () => (await import("./retention-commands.ts")).addRetentionCommands],
  ["person", async () => (await import("./person-command.ts")).addPersonCommand],
];

/** Adds the command that `asked` names, or every one: for help, and to say what there is when it names none. */
export const addCommands = async (program: Command, say: Say, asked: string | undefined): Promise<void> => {
  const named = commands.filter(([name]) => name === asked);
  for (const [, load] of named.length > 0 ? named : commands) {
    const add = await load();
    add(program, say);
  }
};
