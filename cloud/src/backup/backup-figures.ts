import type { Figure } from "../health/figure.ts";
import type { BackupSettings, BackupStanding } from "./backup-schedule.ts";

/** What `/metrics` says of scheduled backups. */
export const backupFigures = (standing: BackupStanding, nowMs: number): Figure[] => {
  const { lastGoodMs, lastBytes, lastTookMs, failures } = standing;
  const gauge = (name: string, help: string, value: number): Figure => ({ name, help, type: "gauge", value });
  const age = lastGoodMs === null ? Number.POSITIVE_INFINITY : Math.max(0, nowMs - lastGoodMs) / 1_000;
  return [
    gauge("mingcheng_backup_age_seconds", "age of the newest good backup; +Inf when there is none", age),
    gauge("mingcheng_backup_size_bytes", "size of the newest good backup", lastBytes),
    gauge("mingcheng_backup_duration_seconds", "how long the newest backup of this run took", lastTookMs / 1_000),
    {
      name: "mingcheng_backup_failures_total",
      help: "scheduled backups that failed since the start",
      type: "counter",
      value: failures,
    },
  ];
};

/** What an operator must hear of; null when backups are in order. */
export const backupWarning = (standing: BackupStanding, settings: BackupSettings, nowMs: number): string | null => {
  const { fault, lastGoodMs, discontinued } = standing;
  if (discontinued !== null) {
    return `the audit log does not continue the one in ${discontinued}: register.db was put back to an earlier state`;
  }
  if (fault !== null) return `the last backup failed: ${fault}`;
  if (lastGoodMs === null) return null;
  const hours = (nowMs - lastGoodMs) / 3_600_000;
  if (hours <= 2 * settings.everyHours) return null;
  return `the newest backup is ${Math.floor(hours)} h old, one is due every ${settings.everyHours} h`;
};
