import { type Command, Option } from "commander";
import { encodings } from "../register/import/text-encoding.ts";
import { registerKinds } from "../register/model/kinds.ts";
import { headerOf } from "../register/model/register-kind.ts";
import { withDataOptions, withPresentData } from "./data-options.ts";
import { terminalLanguage } from "./language.ts";
import type { ExportCommandOptions, ImportCommandOptions, PlanCommandOptions } from "./register-files.ts";

type Say = (text: string) => void;

const sayKinds = (say: Say): void => {
  for (const kind of registerKinds) {
    say(`${kind.kind.padEnd(12)} ${kind.title[terminalLanguage()].padEnd(12)} ${headerOf(kind).join(",")}`);
  }
};

const kindArgument = "类别，见 register kinds；all 为全部 / kind, see `register kinds`; all: every one";

/** `import`. */
export const addImportCommand = (program: Command, say: Say): void => {
  withDataOptions(program.command("import"))
    .description(
      "导入登记册（CSV 或 Excel），整体成功或不导入任何内容 / import into the register (CSV or Excel), all of it or nothing",
    )
    .argument("<kind>", kindArgument)
    .argument("<file>", "文件；all 时为文件夹 / file; for `all` a folder with <kind>.csv or .xlsx")
    .option("--dry-run", "只检查 / only check")
    .option("--json", "以 JSON 输出报告 / print the report as JSON")
    .option("--note <text>", "说明，写入变更记录 / why, kept with the change")
    .addOption(
      new Option("--encoding <name>", "文本编码，缺省自动识别 / encoding of text, found out by default").choices([
        ...encodings,
      ]),
    )
    .action(async (kind: string, path: string, options: ImportCommandOptions) => {
      const { runImport } = await import("./register-files.ts");
      process.exitCode = await runImport(kind, path, options, say);
    });
};

/** `register kinds | sample | export | plan`. */
export const addRegisterCommands = (program: Command, say: Say): void => {
  const register = program.command("register").description("登记册 / the register");
  register
    .command("kinds")
    .description("列出类别及其列 / list the kinds and their columns")
    .action(() => sayKinds(say));
  withDataOptions(register.command("sample"))
    .description("导入示例城市“鹭江”，用于试用 / import the sample city, to try things out")
    .option("--json", "以 JSON 输出报告 / print the report as JSON")
    .action(async (options: ImportCommandOptions) => {
      const { runImport, sampleCity } = await import("./register-files.ts");
      process.exitCode = await runImport("all", sampleCity, options, say);
    });
  withPresentData(register.command("export"))
    .description("导出登记册为 CSV，可原样导入 / export the register as CSV, which imports back as the same")
    .argument("<kind>", kindArgument)
    .requiredOption("--out <file>", "输出文件；all 时为文件夹 / where it goes; for `all` a folder")
    .option("--at <time>", "只导出该时刻有效的 / only what is valid at this time")
    .option("--excel", "加字节顺序标记，便于 Excel 打开 / with a byte order mark, for Excel")
    .action(async (kind: string, options: ExportCommandOptions) => {
      const { runExport } = await import("./register-files.ts");
      await runExport(kind, options, say);
    });
  withPresentData(register.command("plan"))
    .description(
      "把场所平面图写成网关公示屏的设置 / write a site's floor plan as settings for a gateway's public screen",
    )
    .argument("<site>", "场所编号 / code of the site")
    .requiredOption("--gateway <gw>", "网关编号，其秤画在摊位上 / the gateway whose scales stand at the stalls")
    .requiredOption("--out <file>", "输出文件 / where it goes")
    .action(async (site: string, options: PlanCommandOptions) => {
      const { runPlan } = await import("./register-files.ts");
      await runPlan(site, options, say);
    });
};
