import { explain, MingchengError } from "@mingcheng/protocols/errors";
import { Command } from "commander";
import { type PlaylistOptions, runPlaylistCommand } from "./playlist/playlist-command.ts";

/** The language that the terminal asks for; English unless it asks for Chinese. */
const terminalLanguage = (): "zh" | "en" => {
  const { env } = process;
  return /^zh/i.test(env["LC_ALL"] || env["LC_MESSAGES"] || env["LANG"] || "") ? "zh" : "en";
};

const outcomes = {
  created: { zh: "已新建", en: "created" },
  updated: { zh: "已更新", en: "updated" },
  unchanged: { zh: "无变化", en: "unchanged" },
} as const;

const program = new Command("mingcheng-grafana")
  .description("明秤的 Grafana：文件做不到的部分 / what Grafana cannot read from files")
  .showHelpAfterError()
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));

program
  .command("playlist")
  .description("建立或更新指挥中心轮播 / make or update the command centre's playlist")
  .requiredOption("--url <url>", "Grafana 的地址 / address of Grafana, e.g. http://127.0.0.1:3000")
  .option("--token-file <file>", "服务账号令牌文件 / file with a service account's token")
  .option("--user <name>", "用户名（与 --password-file 同用）/ user, with --password-file")
  .option("--password-file <file>", "密码文件 / file with the user's password")
  .option("--language <zh|en>", "大屏的语言 / language of the dashboards", "zh")
  .action(async (options: PlaylistOptions) => {
    const { name, outcome, plays } = await runPlaylistCommand(options);
    const language = terminalLanguage();
    process.stdout.write(`${name}: ${outcomes[outcome][language]}\n${plays}\n`);
  });

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${explain(error, terminalLanguage())}\n`);
  process.exitCode = error instanceof MingchengError ? 2 : 1;
}
