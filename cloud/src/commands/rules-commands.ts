import type { Command } from "commander";
import { withDataOptions } from "./data-options.ts";
import type { BacktestCommandOptions, RulesOptions } from "./rules/rules-options.ts";

/** `rules`: look at rules, try them out. What the work needs is loaded by the command that is run. */
export const addRulesCommands = (program: Command, say: (text: string) => void): void => {
  const rules = program
    .command("rules")
    .description("预警规则：检查、验收、回测 / alert rules: check them, try them against cases and against the past");

  const withRules = (command: Command): Command =>
    command
      .option("--rules <file>", "规则文件；省略为内置规则 / rule file; left out: the built-in rules")
      .option("--config <file>", "中心配置，取其中的规则 / the centre's configuration, for its rules");

  withRules(rules.command("check"))
    .description("检查规则文件，逐条列出错误 / check rule files and say everything that is wrong")
    .option("--json", "JSON")
    .action(async (options: RulesOptions & { readonly json?: boolean }) => {
      const { checkRules } = await import("./rules/check-rules.ts");
      process.exitCode = await checkRules(options, say);
    });

  withRules(rules.command("list"))
    .description("列出规则；带 --data 时含状态 / list rules; with --data also how they stand")
    .option("--data <dir>", "数据目录 / data directory")
    .option("--json", "JSON")
    .action(async (options: RulesOptions & { readonly data?: string; readonly json?: boolean }) => {
      const { listRules } = await import("./rules/list-rules.ts");
      await listRules(options, say);
    });

  withRules(rules.command("test"))
    .description("按验收用例试运行规则 / play the rules' acceptance cases")
    .option(
      "--cases <dir>",
      "用例目录；省略为规则文件旁的 cases / directory of cases; left out: `cases` beside the rules",
    )
    .option("--rule <id>", "只试一条规则 / one rule only")
    .option("--json", "JSON")
    .action(
      async (options: RulesOptions & { readonly cases?: string; readonly rule?: string; readonly json?: boolean }) => {
        const { testRules } = await import("./rules/test-rules.ts");
        process.exitCode = await testRules(options, say);
      },
    );

  withDataOptions(rules.command("backtest"))
    .description(
      "用账本回测：本会触发什么、多少次、由谁处理 / judge the past: what would have fired, how often, for whom",
    )
    .option(
      "--rules <file>",
      "规则文件；省略为配置中的或内置规则 / rule file; left out: the configured or built-in rules",
    )
    .requiredOption("--from <day>", "从，如 2026-11-01（当地）或 ISO 8601 / from, local or ISO 8601")
    .requiredOption("--to <day>", "到（不含） / to, not included")
    .option("--rule <id>", "只回测一条规则 / one rule only")
    .option("--json", "JSON，含每条预警 / JSON, with every alert")
    .action(async (options: BacktestCommandOptions) => {
      const { backtestRules } = await import("./rules/backtest-rules.ts");
      await backtestRules(options, say);
    });
};
