import { type Command, Option } from "commander";

/** Options of every command that works on a data directory. */
export interface DataOptions {
  readonly data: string;
  readonly config?: string;
}

/** Adds `--data` and `--config` to a command. */
export const withDataOptions = (command: Command): Command =>
  command
    .addOption(
      new Option("--data <dir>", "数据目录 / data directory").default("/var/lib/mingcheng-cloud").env("MINGCHENG_DATA"),
    )
    .option("--config <file>", "配置文件（YAML） / configuration file (YAML)");
