import { explain, MingchengError } from "@mingcheng/protocols";
import { Command } from "commander";
import { addAuditCommands } from "./commands/audit-commands.ts";
import { addBackupCommand } from "./commands/backup-command.ts";
import { type DataOptions, withDataOptions } from "./commands/data-options.ts";
import { addEvidenceCommands } from "./commands/evidence-commands.ts";
import { addGatewayCommands } from "./commands/gateway-commands.ts";
import { addKeysCommands } from "./commands/keys-commands.ts";
import { terminalLanguage } from "./commands/language.ts";
import { addPersonCommand } from "./commands/person-command.ts";
import { addRebuildCommand } from "./commands/rebuild-command.ts";
import { addRegisterCommands } from "./commands/register-commands.ts";
import { addRestoreCommand } from "./commands/restore-command.ts";
import { addRetentionCommands } from "./commands/retention-commands.ts";
import { addRulesCommands } from "./commands/rules-commands.ts";
import { addUserCommands } from "./commands/user-commands.ts";
import { software } from "./software.ts";

// A reader that went away (`| head`) ends the program, it does not crash it.
process.stdout.on("error", () => process.exit(0));

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const program = new Command("mingcheng-cloud")
  .description("明秤中心：接收、保存、证明记录 / the centre of Mingcheng: takes, keeps and proves records")
  .version(software, "-V, --version", "显示版本 / print the version")
  .showHelpAfterError();

// What only one command needs is loaded by that command: `gateway add` does not wait for a broker.
withDataOptions(program.command("run"))
  .description("运行中心 / run the centre")
  .option("--ready-file <file>", "就绪后写入地址（JSON） / written with the addresses once everything can be used")
  .action(async (options: DataOptions & { readonly readyFile?: string }) => {
    const { runCommand } = await import("./commands/run-command.ts");
    await runCommand(options);
  });

program
  .command("check")
  .description("检查配置文件，不改动任何内容 / check the configuration, change nothing")
  .requiredOption("--config <file>", "配置文件（YAML） / configuration file (YAML)")
  .action(async ({ config }: { config: string }) => {
    const { checkCommand } = await import("./commands/check-command.ts");
    process.exitCode = await checkCommand(config, say);
  });

addGatewayCommands(program, say);
addUserCommands(program, say);
addAuditCommands(program, say);
addEvidenceCommands(program, say);
addKeysCommands(program, say);
addRebuildCommand(program, say);
addRegisterCommands(program, say);
addBackupCommand(program, say);
addRestoreCommand(program, say);
addRulesCommands(program, say);
addRetentionCommands(program, say);
addPersonCommand(program, say);

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${explain(error, terminalLanguage())}\n`);
  process.exitCode = error instanceof MingchengError ? 2 : 1;
}
