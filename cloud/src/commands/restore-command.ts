import { type Command, Option } from "commander";
import { terminalActor, withAudit } from "../audit/open-audit.ts";
import { restoreBackup } from "../backup/restore-backup.ts";
import { type DataOptions, withDataOptions } from "./data-options.ts";
import { inLanguage } from "./language.ts";
import { progressLine } from "./progress-line.ts";

type Say = (text: string) => void;

interface RestoreCommandOptions extends DataOptions {
  readonly from: string;
  readonly keys?: string;
  readonly newKeys?: boolean;
}

const run = async (options: RestoreCommandOptions, say: Say): Promise<void> => {
  const named = options.keys === undefined ? undefined : { directory: options.keys };
  const line = progressLine();
  const { manifest, restoredAt } = await restoreBackup({
    from: options.from,
    dataDirectory: options.data,
    keys: options.newKeys === true ? "new" : named,
    nowMs: () => Date.now(),
    onProgress: (done, all) => {
      line.show(`${inLanguage("恢复", "restoring")} ${Math.floor((100 * done) / Math.max(1, all))} %`);
    },
  });
  line.end();
  const { takenAt, ledger } = manifest;
  const detail = { takenAt, lsn: ledger.lsn, newKeys: options.newKeys === true };
  await withAudit(options.data, (audit) =>
    audit.append({ actor: terminalActor(), action: "centre.restored", subject: `backup:${options.from}`, detail }),
  );
  say(
    inLanguage(
      `${options.data}：已恢复到 ${takenAt}，${ledger.lsn} 条记录。${takenAt} 至 ${restoredAt} 记为时间缺口；启动后网关会补发仍保存的记录。`,
      `${options.data}: restored as of ${takenAt}, ${ledger.lsn} records. The time from then to ${restoredAt} is named as a gap; once it runs, gateways send again what they still have.`,
    ),
  );
  say(
    inLanguage(
      "请核对备份之后停用的网关、用户和撤销的密钥，并重新停用；所有用户须重新登录，未使用的登记码已失效。",
      "Gateways, users and keys that were shut out after the backup are let in again: check them now. Everybody has to sign in again, and unused enrolment codes have expired.",
    ),
  );
  if (options.newKeys !== true) return;
  say(
    inLanguage(
      "没有使用原有密钥：启动时生成新的，所有网关须重新登记。",
      "Without the old keys: new ones are made at the start, and every gateway has to be enrolled again.",
    ),
  );
};

/** `restore`: a data directory from a backup. */
export const addRestoreCommand = (program: Command, say: Say): void => {
  withDataOptions(program.command("restore"))
    .description("从备份恢复到空的数据目录 / make an empty data directory into what a backup holds")
    .requiredOption("--from <backup>", "备份目录 / the backup")
    .addOption(
      new Option(
        "--keys <dir>",
        "私钥目录，备份不含私钥时需要 / directory with the private keys, when the backup has none",
      ).conflicts("newKeys"),
    )
    .option("--new-keys", "不用原有密钥；所有网关须重新登记 / without the old keys; every gateway must enrol again")
    .action((options: RestoreCommandOptions) => run(options, say));
};
