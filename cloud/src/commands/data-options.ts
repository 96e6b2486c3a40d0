import { existsSync } from "node:fs";
import { join } from "node:path";
import { MingchengError } from "@mingcheng/protocols/errors";
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

/** A data directory that a centre, or an entry made before its first start, has begun. @throws {MingchengError} INPUT_INVALID */
const requireData = (directory: string): void => {
  if (existsSync(join(directory, "register.db"))) return;
  throw new MingchengError("INPUT_INVALID", `${directory}: there is no centre's data`, { field: "--data" });
};

/** The same for commands that work on what is there: a mistyped directory is named instead of made. */
export const withPresentData = (command: Command): Command =>
  withDataOptions(command).hook("preAction", (_hooked, asked) =>
    requireData(asked.optsWithGlobals<DataOptions>().data),
  );
