import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { fromHex, keyIdOf, MingchengError } from "@mingcheng/protocols";
import type { Command } from "commander";
import { auditHeadPath } from "../audit/audit-head.ts";
import { auditLines, auditPage } from "../audit/audit-reader.ts";
import { terminalActor, withAudit } from "../audit/open-audit.ts";
import { type AuditReport, type NotedHead, verifyAudit } from "../audit/verify-audit.ts";
import { headInBackup } from "../backup/audit-in-backup.ts";
import { readManifest } from "../backup/backup-manifest.ts";
import { nodeCrypto } from "../crypto/node-crypto.ts";
import { loadSigners } from "../keys/centre-keys.ts";
import { type DataOptions, withPresentData } from "./data-options.ts";
import { inLanguage } from "./language.ts";

type Say = (text: string) => void;

interface VerifyOptions extends DataOptions {
  readonly key: readonly string[];
  readonly head: readonly string[];
  readonly backup: readonly string[];
  readonly json?: boolean;
}

const notedOf = (text: string): NotedHead => {
  const [, n, h] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (n !== undefined && h !== undefined) return { n: Number(n), h };
  throw new MingchengError("INPUT_INVALID", `${text}: <number>:<hash>, as audit verify prints it`, { field: "--head" });
};

const earlierKeys = (texts: readonly string[]): [string, Uint8Array][] =>
  texts.map((text) => {
    const key = fromHex(text);
    if (key?.length === 32) return [keyIdOf(nodeCrypto.sha256, key), key];
    throw new MingchengError("INPUT_INVALID", `${text}: 64 hexadecimal digits`, { field: "--key" });
  });

const sayReport = ({ ok, entries, withheld, head, fault }: AuditReport, say: Say): void => {
  if (ok && head !== null) {
    say(
      inLanguage(
        `通过：${entries} 条审计记录，其中 ${withheld} 条内容已按期抹去`,
        `good: ${entries} entries, the content of ${withheld} erased when their time was over`,
      ),
    );
    say(`${inLanguage("末尾（可另行记下）", "head, to be noted elsewhere")}: ${head.n}:${head.h}`);
    return;
  }
  const place = fault?.n === null || fault === null ? "" : inLanguage(`第 ${fault.n} 条：`, `entry ${fault.n}: `);
  say(inLanguage(`不通过：${place}${fault?.zh ?? ""}`, `not good: ${place}${fault?.en ?? ""}`));
};

/** What backups say the log looked like. @throws {MingchengError} BACKUP_DAMAGED, INPUT_INVALID */
const headsInBackups = async (backups: readonly string[]): Promise<NotedHead[]> => {
  const heads: NotedHead[] = [];
  for (const backup of backups) {
    await readManifest(backup);
    const head = headInBackup(backup);
    if (head === undefined) {
      throw new MingchengError("INPUT_INVALID", `${backup}: its register has no audit log`, { field: "--backup" });
    }
    heads.push(head);
  }
  return heads;
};

const verify = async (options: VerifyOptions, say: Say): Promise<void> => {
  const noted = [...options.head.map(notedOf), ...(await headsInBackups(options.backup))];
  const earlier = earlierKeys(options.key);
  const { manifest } = await loadSigners(options.data);
  const keys = new Map([[manifest.kid, manifest.publicKey], ...earlier]);
  const headPath = auditHeadPath(options.data);
  const report = await withAudit(options.data, (_audit, register) => verifyAudit(register, { keys, headPath, noted }));
  if (options.json === true) say(JSON.stringify(report));
  else sayReport(report, say);
  process.exitCode = report.ok ? 0 : 1;
};

interface ListOptions extends DataOptions {
  readonly actor?: string;
  readonly action?: string;
  readonly subject?: string;
  readonly limit: string;
  readonly json?: boolean;
}

const list = async ({ data, actor, action, subject, json, ...options }: ListOptions, say: Say): Promise<void> => {
  const limit = Number(options.limit);
  if (!Number.isInteger(limit) || limit < 1) {
    throw new MingchengError("INPUT_INVALID", `${options.limit}: a number from 1`, { field: "--limit" });
  }
  await withAudit(data, (audit, register) => {
    const { entries } = auditPage(register, { actor, action, subject, limit });
    audit.append({ actor: terminalActor(), action: "audit.viewed", subject: "audit" });
    for (const view of entries.toReversed()) {
      const { n, entry } = view;
      if (json === true) say(JSON.stringify(view));
      else if (entry === null) say(`${String(n).padStart(6)}  ${inLanguage("内容已抹去", "content erased")}`);
      else {
        const who = `${entry.actor}${entry.address === null ? "" : ` (${entry.address})`}`;
        const refused = entry.outcome === "refused" ? inLanguage("（未成功）", " (refused)") : "";
        const what = `${inLanguage(entry.title.zh, entry.title.en)}${refused} [${entry.action}]  ${entry.subject}`;
        const detail = Object.keys(entry.detail).length === 0 ? "" : `  ${JSON.stringify(entry.detail)}`;
        say(`${String(n).padStart(6)}  ${entry.at}  ${who}  ${what}${detail}`);
      }
    }
  });
};

const write = async (out: string, lines: Iterable<string>): Promise<number> => {
  const file = createWriteStream(out, { mode: 0o600, flags: "wx", flush: true });
  await once(file, "open");
  let count = 0;
  for (const line of lines) {
    count++;
    if (!file.write(line)) await once(file, "drain");
  }
  file.end();
  await once(file, "close");
  return count;
};

const exportLog = async (options: DataOptions & { readonly out: string }, say: Say): Promise<void> => {
  await withAudit(options.data, async (audit, register) => {
    audit.append({ actor: terminalActor(), action: "audit.exported", subject: "audit" });
    const count = await write(options.out, auditLines(register));
    say(inLanguage(`${options.out}：${count} 条`, `${options.out}: ${count} entries`));
  });
};

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

/** `audit verify | list | export`. */
export const addAuditCommands = (program: Command, say: Say): void => {
  const audit = program.command("audit").description("审计日志：谁做了什么 / the audit log: who did what");
  withPresentData(audit.command("verify"))
    .description("核验审计日志，通过为 0，不通过为 1 / check the audit log, exit code 0 or 1")
    .option(
      "--head <n:hash>",
      "另行记下的末尾，由 audit verify 显示，可重复 / a head noted elsewhere earlier, as audit verify prints it; may be repeated",
      collect,
      [],
    )
    .option(
      "--backup <dir>",
      "与某个备份中的日志核对，可重复 / hold it against the log in a backup; may be repeated",
      collect,
      [],
    )
    .option(
      "--key <hex>",
      "更换密钥前的清单公钥，可重复 / an earlier manifest key, after keys were made anew; may be repeated",
      collect,
      [],
    )
    .option("--json", "以 JSON 输出 / print JSON")
    .action((options: VerifyOptions) => verify(options, say));
  withPresentData(audit.command("list"))
    .description("列出最近的审计记录 / list the latest entries")
    .option("--actor <name>", "只列出此人的 / only of this actor")
    .option("--action <name>", "只列出此动作，如 user.scope / only this action, e.g. user.scope")
    .option("--subject <text>", "只列出关于此对象的，如 user:wang.li / only about this, e.g. user:wang.li")
    .option("--limit <n>", "最多列出多少条 / how many at most", "50")
    .option("--json", "以 JSON 输出，每条一行 / print JSON, one line per entry")
    .action((options: ListOptions) => list(options, say));
  withPresentData(audit.command("export"))
    .description(
      "导出全部审计记录及其证明，每条一行 JSON / write every entry and what proves it, one line of JSON each",
    )
    .requiredOption("--out <file>", "输出文件，不得已存在 / where it goes; must not exist yet")
    .action((options: DataOptions & { readonly out: string }) => exportLog(options, say));
};
