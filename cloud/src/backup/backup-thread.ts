import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { Logger } from "pino";
import type { Figure } from "../health/figure.ts";
import { backupFigures, backupWarning } from "./backup-figures.ts";
import { type BackupSettings, noBackups } from "./backup-schedule.ts";
import type { BackupThreadData, FromBackupThread, ToBackupThread } from "./thread-messages.ts";

/** Options of {@link startBackupThread}. */
export interface BackupThreadOptions {
  readonly dataDirectory: string;
  readonly settings: BackupSettings;
  readonly log: Pick<Logger, "info" | "error">;
}

/** Scheduled backups on a thread of their own. */
export interface BackupThread {
  figures(): readonly Figure[];
  /** What an operator must hear of; null when all is well. The centre works without. */
  warning(): string | null;
  /** Gives up a backup that is under way and ends the thread. */
  close(): Promise<void>;
}

const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";

/** What is under way gets so long to clean up after itself. */
const closeWithinMs = 5_000;

/** Starts the thread. Nothing that goes wrong in it keeps the centre from working. */
export const startBackupThread = ({ dataDirectory, settings, log }: BackupThreadOptions): BackupThread => {
  const workerData: BackupThreadData = { dataDirectory, settings };
  const worker = new Worker(new URL(`./worker.${extension}`, import.meta.url), { workerData });
  let standing = noBackups;
  let isClosing = false;
  const fail = (fault: string): void => {
    if (isClosing) return;
    standing = { ...standing, failures: standing.failures + 1, fault };
    log.error({ fault }, "backups are taken no more");
  };
  worker.on("message", (message: FromBackupThread) => {
    const before = standing;
    standing = message.standing;
    if (standing.discontinued !== null && before.discontinued === null) {
      log.error({ backup: standing.discontinued }, "the audit log does not continue the one in a backup");
    }
    // Given up because the centre stops: no failure.
    if (isClosing) return;
    if (standing.failures > before.failures) log.error({ fault: standing.fault }, "a backup failed");
    else if (standing.lastTookMs > 0 && standing.lastGoodMs !== before.lastGoodMs) {
      log.info({ bytes: standing.lastBytes, tookMs: standing.lastTookMs }, "a backup was taken");
    }
  });
  const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  worker.once("error", (error) => fail(String(error)));
  worker.once("exit", (code) => fail(`the backup thread ended with ${code}`));
  return {
    figures: () => backupFigures(standing, Date.now()),
    warning: () => backupWarning(standing, settings, Date.now()),
    close: async () => {
      isClosing = true;
      const message: ToBackupThread = { type: "close" };
      worker.postMessage(message);
      await Promise.race([ended, delay(closeWithinMs, undefined, { ref: false })]);
      await worker.terminate();
    },
  };
};
