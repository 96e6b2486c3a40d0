import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import type { Command } from "commander";
import { alertsPath } from "../alerts/alerts-database.ts";
import { terminalActor, withAudit } from "../audit/open-audit.ts";
import { erasePerson } from "../retention/person-erasure.ts";
import { exportPerson } from "../retention/person-export.ts";
import { openForReading } from "../store/database.ts";
import { type DataOptions, withPresentData } from "./data-options.ts";
import { inLanguage } from "./language.ts";

type Say = (text: string) => void;

interface PersonOptions extends DataOptions {
  readonly out?: string;
}

const run = (code: string, { data, out }: PersonOptions, say: Say): Promise<void> =>
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

const erase = (code: string, { data, reason }: DataOptions & { readonly reason: string }, say: Say): Promise<void> =>
  withAudit(data, (audit, register) => {
    const order = { who: { actor: terminalActor() }, reason, nowMs: Date.now() };
    const { erased, held, inForce } = erasePerson(register, audit, code, order);
    say(
      inLanguage(
        `${code}：已抹去 ${erased} 条；法律保全 ${held} 条；仍有效 ${inForce} 条（先在登记册中终止）。`,
        `${code}: ${erased} entries erased, ${held} under a legal hold, ${inForce} still in force (end them in the register first).`,
      ),
    );
  });

/** `person export`, `person erase`: what the centre holds on one person, for that person. */
export const addPersonCommand = (program: Command, say: Say): void => {
  const person = program.command("person").description("个人数据 / data of one person");
  withPresentData(person.command("export <code>"))
    .description(
      "导出一名人员、经营户或用户的全部数据（JSON） / everything held on an officer, vendor or user, as JSON",
    )
    .option("--out <file>", "写入文件，默认输出到终端 / file to write, by default the terminal")
    .action((code: string, options: PersonOptions) => run(code, options, say));
  withPresentData(person.command("erase <code>"))
    .description(
      "应本人要求，提前抹去登记册中已失效条目的姓名、电话、证照 / empty what names an officer or vendor in entries that are over, before their period",
    )
    .requiredOption("--reason <text>", "原因 / why")
    .action((code: string, options: DataOptions & { readonly reason: string }) => erase(code, options, say));
};
