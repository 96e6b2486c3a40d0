import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { terminalActor, withAudit } from "../audit/open-audit.ts";
import { backupName } from "../backup/backup-names.ts";
import { considerately } from "../backup/considerate-pace.ts";
import { type BackupPhase, takeBackup } from "../backup/take-backup.ts";
import { type DataOptions, withPresentData } from "./data-options.ts";
import { inLanguage } from "./language.ts";
import { progressLine } from "./progress-line.ts";

type Say = (text: string) => void;

interface BackupCommandOptions extends DataOptions {
  readonly out: string;
  readonly keys?: boolean;
  readonly json?: boolean;
}

const phaseText = (phase: BackupPhase): string =>
  phase === "copy" ? inLanguage("复制", "copying") : inLanguage("校验", "checking");

const warnOfKeys = (): void => {
  const text = inLanguage(
    "注意：此备份含中心的私钥。得到它的人可以冒充本中心签发回执和命令。请离线保存，限制访问。",
    "Note: this backup holds the centre's private keys. Whoever has it can sign receipts and commands as this centre. Keep it offline and locked away.",
  );
  process.stderr.write(`${text}\n`);
};

const run = async (options: BackupCommandOptions, say: Say): Promise<void> => {
  const atMs = Date.now();
  const isDirectory = existsSync(options.out) && statSync(options.out).isDirectory();
  const line = progressLine();
  const rest = considerately();
  const { path, manifest, bytes } = await takeBackup({
    dataDirectory: options.data,
    target: isDirectory ? join(options.out, backupName(atMs)) : options.out,
    includeKeys: options.keys === true,
    nowMs: () => Date.now(),
    random: Math.random,
    onProgress: (phase, done, all) => {
      line.show(`${phaseText(phase)} ${Math.floor((100 * done) / Math.max(1, all))} %`);
      rest();
    },
  });
  line.end();
  const detail = { bytes, keys: options.keys === true, lsn: manifest.ledger.lsn };
  await withAudit(options.data, (audit) =>
    audit.append({ actor: terminalActor(), action: "backup.taken", subject: `backup:${path}`, detail }),
  );
  if (options.keys === true) warnOfKeys();
  if (options.json === true) {
    say(
      JSON.stringify({ path, bytes, takenAt: manifest.takenAt, lsn: manifest.ledger.lsn, checked: manifest.checked }),
    );
    return;
  }
  const mib = (bytes / 1_048_576).toFixed(1);
  const { records, spans } = manifest.checked;
  say(
    inLanguage(
      `${path}：${manifest.takenAt} 的备份，${manifest.ledger.lsn} 条记录，${mib} MiB；已校验 ${records} 条记录、${spans} 段链`,
      `${path}: as of ${manifest.takenAt}, ${manifest.ledger.lsn} records, ${mib} MiB; ${records} records and ${spans} stretches of chain checked`,
    ),
  );
  if (options.keys === true) return;
  say(
    inLanguage(
      "不含私钥：请用 --keys 另做一份并离线保存，恢复时需要。",
      "Without private keys: take one with --keys, too, and keep it offline; a restore needs them.",
    ),
  );
};

/** `backup`: a copy of everything that cannot be made again, taken while the centre runs. */
export const addBackupCommand = (program: Command, say: Say): void => {
  withPresentData(program.command("backup"))
    .description("备份中心（不必停止），完成后校验 / back up the centre while it runs, checked afterwards")
    .requiredOption(
      "--out <dir>",
      "备份目录；若已存在，则在其中按时间新建 / where it goes; below it, named by time, when it exists",
    )
    .option("--keys", "连同私钥（请离线保存） / private keys, too (keep it offline)")
    .option("--json", "以 JSON 输出 / print JSON")
    .action((options: BackupCommandOptions) => run(options, say));
};
