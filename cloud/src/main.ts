import { explain, MingchengError } from "@mingcheng/protocols/errors";
import { Command } from "commander";
import { addCommands } from "./commands/add-commands.ts";
import { terminalLanguage } from "./commands/language.ts";
import { software } from "./software.ts";

// A reader that went away (`| head`) ends the program, it does not crash it.
process.stdout.on("error", () => process.exit(0));

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const program = new Command("mingcheng-cloud")
  .description("明秤中心：接收、保存、证明记录 / the centre of Mingcheng: takes, keeps and proves records")
  .version(software, "-V, --version", "显示版本 / print the version")
  .showHelpAfterError()
  // What was typed wrong was not tried, like everything else that is refused.
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));

try {
  await addCommands(program, say, process.argv[2]);
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${explain(error, terminalLanguage())}\n`);
  process.exitCode = error instanceof MingchengError ? 2 : 1;
}
