import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { withAudit } from "../audit/open-audit.ts";
import { openForReading } from "../store/database.ts";
import { discontinuedBackup } from "./audit-in-backup.ts";
import { BackupSchedule } from "./backup-schedule.ts";
import { considerately } from "./considerate-pace.ts";
import { takeBackup } from "./take-backup.ts";
import type { BackupThreadData, FromBackupThread, ToBackupThread } from "./thread-messages.ts";

const { dataDirectory, settings } = workerData as BackupThreadData;
const port = parentPort;
if (port === null) throw new Error("this is the entry of a worker thread");

/** Timers cannot wait for weeks, and clocks are set: the schedule is looked at so often at least. */
const lookEveryMs = 60_000;

let isClosing = false;
let timer: NodeJS.Timeout | undefined;

const register = openForReading(join(dataDirectory, "register.db"));

const schedule = new BackupSchedule(settings, {
  nowMs: () => Date.now(),
  discontinued: (backups) => discontinuedBackup(register, backups),
  take: async (target) => {
    const rest = considerately();
    const taken = await takeBackup({
      dataDirectory,
      target,
      includeKeys: false,
      nowMs: () => Date.now(),
      random: Math.random,
      onProgress: () => {
        if (isClosing) throw new Error("the centre stops");
        rest();
      },
    });
    const detail = { bytes: taken.bytes, keys: false, lsn: taken.manifest.ledger.lsn };
    await withAudit(dataDirectory, (audit) =>
      audit.append({ actor: "centre", action: "backup.taken", subject: `backup:${target}`, detail }),
    );
    return taken;
  },
});

const report = (): void => {
  const message: FromBackupThread = { type: "standing", standing: schedule.standing };
  port.postMessage(message);
};

const end = (): void => {
  register.close();
  port.close();
};

const look = async (): Promise<void> => {
  timer = undefined;
  if (schedule.dueInMs() === 0) {
    await schedule.run();
    report();
  }
  if (isClosing) end();
  else timer = setTimeout(() => void look(), Math.min(lookEveryMs, Math.max(1_000, schedule.dueInMs())));
};

port.on("message", (_message: ToBackupThread) => {
  isClosing = true;
  // A backup that is under way sees it at its next piece.
  if (timer === undefined) return;
  clearTimeout(timer);
  end();
});

await schedule.open();
report();
await look();
