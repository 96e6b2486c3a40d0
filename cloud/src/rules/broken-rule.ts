import { createHash } from "node:crypto";
import type { AlertStore } from "../alerts/alert-store.ts";

/** Rule under which the administrator hears of a rule that cannot be evaluated. */
export const brokenRule = "rule-broken";

const keyOf = (rule: string): string => JSON.stringify({ rule });

/** Raises the administrator's alert of a broken rule. In the caller's transaction. */
export const breakRule = (store: AlertStore, rule: string, reason: string, nowMs: number): void => {
  const groupKey = keyOf(rule);
  if (store.openAlert(brokenRule, groupKey) !== undefined) return;
  const id = createHash("sha256").update(`mc-broken-v1\0${rule}\0${reason}\0${nowMs}`).digest("hex").slice(0, 32);
  const what = { startedMs: nowMs, openedMs: nowMs, lsn: 0, late: false };
  store.open(
    {
      ...{ id, rule: brokenRule, groupKey, labels: { rule, reason }, severity: "attention" },
      title: {
        zh: `预警规则出错，已停用：${rule}（${reason.slice(0, 100)}）`,
        en: `Alert rule failed and is out of use: ${rule} (${reason.slice(0, 200)})`,
      },
      next: {
        zh: "修改该规则并保存，系统自动重新启用；其间的记录可用 rules backtest 补查",
        en: "Correct the rule and save it, it is used again at once; look at the time between with rules backtest",
      },
      ...{ runbook: brokenRule, owner: "role:administrator", ownerReason: "rule", gw: "centre", dev: "centre" },
      ...what,
    },
    { to: "firing", reason: "rule-failed", atMs: nowMs, detail: { rule, error: reason } },
  );
};

/** Ends that alert: the rule's text has changed. In the caller's transaction. */
export const mendRule = (store: AlertStore, rule: string, nowMs: number): void => {
  const alert = store.openAlert(brokenRule, keyOf(rule));
  if (alert !== undefined) store.change(alert.id, { to: "resolved", reason: "rule-mended", atMs: nowMs });
};
