import type { BackupSettings, BackupStanding } from "./backup-schedule.ts";

/** What the backup thread is started with. */
export interface BackupThreadData {
  readonly dataDirectory: string;
  readonly settings: BackupSettings;
}

/** To the backup thread. */
export interface ToBackupThread {
  readonly type: "close";
}

/** From the backup thread. */
export interface FromBackupThread {
  readonly type: "standing";
  readonly standing: BackupStanding;
}
