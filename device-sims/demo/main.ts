import { join } from "node:path";
import { repositoryRoot } from "../src/harness/repository.ts";
import { checkDemo } from "./check.ts";
import { liveDemo } from "./live.ts";
import { type DemoOptions, parseDemoOptions } from "./options.ts";

const help = `npm run demo [-- options]

  明秤演示：中心、一个市场的网关、说真实协议的模拟设备
  Mingcheng demo: the centre, one market's gateway, simulated devices that speak their real wire protocols

  --check        运行场景并与设备自己的记录核对，退出码 0 或 1 / run the scenario, compare, exit 0 or 1
  --json         同上，输出 JSON / the same as JSON
  --fresh        数据放在临时目录，结束后删除 / data in a temporary folder, removed at the end
  --lang zh|en   语言 / language
`;

const main = async (argv: readonly string[]): Promise<number> => {
  let options: DemoOptions;
  try {
    options = parseDemoOptions(argv, process.env);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    console.error(help);
    return 2;
  }
  if (options.help) {
    console.log(help);
    return 0;
  }
  const dir = options.fresh ? null : join(repositoryRoot, ".demo", options.check ? "check" : "live");
  return options.check ? checkDemo(options, dir) : liveDemo(options, dir);
};

process.exitCode = await main(process.argv.slice(2));
