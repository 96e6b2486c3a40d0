import type { Command } from "commander";
import { withPresentData } from "./data-options.ts";
import type { RoutingOptions, WhoOptions } from "./routing/routing-options.ts";

/** `routing`: look at who is told of alerts. What the work needs is loaded by the command that is run. */
export const addRoutingCommands = (program: Command, say: (text: string) => void): void => {
  const routing = program
    .command("routing")
    .description("预警分派：检查、查值班 / routing of alerts: check it, see who would be told");

  const withRouting = (command: Command): Command =>
    command.option("--routing <file>", "分派文件；省略为内置分派 / routing file; left out: the built-in one");

  withRouting(routing.command("check"))
    .option("--config <file>", "中心配置，取其中的分派 / the centre's configuration, for its routing")
    .description("检查分派文件，逐条列出错误 / check a routing file and say everything that is wrong")
    .action(async (options: RoutingOptions) => {
      const { checkRouting } = await import("./routing/check-routing.ts");
      process.exitCode = await checkRouting(options, say);
    });

  withRouting(withPresentData(routing.command("who")))
    .description(
      "某场所的预警会先后通知谁、何时升级 / who would have an alert of a site, one after the other, and when",
    )
    .requiredOption("--site <code>", "场所编号 / code of the site")
    .option("--rule <rule>", "规则，分派中点名的规则需要 / rule, where a route names it")
    .option("--severity <severity>", "notice、attention 或 alarm / notice, attention or alarm", "attention")
    .option("--tier <tier>", "规则的起始层级 / tier that the rule names", "station")
    .option("--at <time>", "时间，如 2026-11-24 14:05；省略为现在 / a time; left out: now")
    .action(async (options: WhoOptions) => {
      const { sayWho } = await import("./routing/say-who.ts");
      process.exitCode = await sayWho(options, say);
    });
};
