import type { Command } from "commander";
import { type DataOptions, withDataOptions } from "./data-options.ts";

type Say = (text: string) => void;

/** `run`. What it needs is loaded when it runs. */
export const addRunCommand = (program: Command): void => {
  withDataOptions(program.command("run"))
    .description("运行中心 / run the centre")
    .option("--ready-file <file>", "就绪后写入地址（JSON） / written with the addresses once everything can be used")
    .action(async (options: DataOptions & { readonly readyFile?: string }) => {
      const { runCommand } = await import("./run-command.ts");
      await runCommand(options);
    });
};

/** `check`. */
export const addCheckCommand = (program: Command, say: Say): void => {
  program
    .command("check")
    .description("检查配置文件，不改动任何内容 / check the configuration, change nothing")
    .requiredOption("--config <file>", "配置文件（YAML） / configuration file (YAML)")
    .action(async ({ config }: { config: string }) => {
      const { checkCommand } = await import("./check-command.ts");
      process.exitCode = await checkCommand(config, say);
    });
};
