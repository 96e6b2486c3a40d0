import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import type { Command } from "commander";
import { alertsPath } from "../alerts/alerts-database.ts";
import { terminalActor, withAudit } from "../audit/open-audit.ts";
import { exportPerson } from "../retention/person-export.ts";
import { openForReading } from "../store/database.ts";
import { type DataOptions, withDataOptions } from "./data-options.ts";
import { inLanguage } from "./language.ts";

interface PersonOptions extends DataOptions {
  readonly out?: string;
}

const run = (code: string, { data, out }: PersonOptions, say: (text: string) => void): Promise<void> =>
  withAudit(data, async (audit, register) => {
    const path = alertsPath(data);
    const alerts = existsSync(path) ? openForReading(path) : null;
    try {
      const person = exportPerson({ register, alerts }, code, Date.now());
      // Noted before anything leaves: what cannot be noted must not happen.
      audit.append({ actor: terminalActor(), action: "person.exported", subject: `person:${code}` });
      const text = `${JSON.stringify(person, null, 2)}\n`;
      if (out === undefined) say(text.trimEnd());
      else {
        await writeFile(out, text, { mode: 0o600, flag: "wx" });
        say(inLanguage(`已写入 ${out}`, `Written to ${out}`));
      }
    } finally {
      alerts?.close();
    }
  });

/** `person export`: what the centre holds on one person, for that person. */
export const addPersonCommand = (program: Command, say: (text: string) => void): void => {
  const person = program.command("person").description("个人数据 / data of one person");
  withDataOptions(person.command("export <code>"))
    .description(
      "导出一名人员、经营户或用户的全部数据（JSON） / everything held on an officer, vendor or user, as JSON",
    )
    .option("--out <file>", "写入文件，默认输出到终端 / file to write, by default the terminal")
    .action((code: string, options: PersonOptions) => run(code, options, say));
};
