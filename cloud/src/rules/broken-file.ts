import { createHash } from "node:crypto";
import type { Bilingual } from "../alerts/alert.ts";
import type { AlertStore } from "../alerts/alert-store.ts";
import { brokenRule } from "./broken-rule.ts";

/** Files that are looked at while the centre runs. */
export const watchedFiles = ["rules", "routing"] as const;
export type WatchedFile = (typeof watchedFiles)[number];

const names: Readonly<Record<WatchedFile, Bilingual>> = {
  rules: { zh: "预警规则文件", en: "Rule file" },
  routing: { zh: "预警分派文件", en: "Routing file" },
};
const checks: Readonly<Record<WatchedFile, string>> = {
  ...{ rules: "mingcheng-cloud rules check", routing: "mingcheng-cloud routing check" },
};
const mostChars = 300;

const keyOf = (file: WatchedFile): string => JSON.stringify({ file });

/**
 * Raises the administrator's alert of a file that changed and is not good, or brings it to what is wrong now. In the caller's
 * transaction.
 */
export const breakFile = (store: AlertStore, file: WatchedFile, reason: Bilingual, nowMs: number): void => {
  const open = store.openAlert(brokenRule, keyOf(file));
  if (open?.labels["reason"] === reason.en) return;
  mendFile(store, file, nowMs);
  const id = createHash("sha256")
    .update(`mc-broken-file-v1\0${file}\0${reason.en}\0${nowMs}`)
    .digest("hex")
    .slice(0, 32);
  const { zh, en } = names[file];
  store.open(
    {
      ...{ id, rule: brokenRule, groupKey: keyOf(file), labels: { file, reason: reason.en }, severity: "attention" },
      title: {
        zh: `${zh}有误，仍按改动前的运行：${reason.zh.slice(0, mostChars)}`,
        en: `${en} is not valid, what was before stays in force: ${reason.en.slice(0, mostChars)}`,
      },
      next: {
        zh: `用 ${checks[file]} 检查，改正所指的行并保存，两秒内启用`,
        en: `Look at it with ${checks[file]}, correct the line that is named and save it: it is used within two seconds`,
      },
      ...{ runbook: brokenRule, owner: "role:administrator", ownerReason: "rule", gw: "centre", dev: "centre" },
      ...{ startedMs: nowMs, openedMs: nowMs, lsn: 0, late: false },
    },
    { to: "firing", reason: "rule-failed", atMs: nowMs, detail: { file, error: reason.en.slice(0, mostChars) } },
  );
};

/** Ends that alert: the file is good again, or wrong in another way. In the caller's transaction. */
export const mendFile = (store: AlertStore, file: WatchedFile, nowMs: number): void => {
  const alert = store.openAlert(brokenRule, keyOf(file));
  if (alert !== undefined) store.change(alert.id, { to: "resolved", reason: "rule-mended", atMs: nowMs });
};
