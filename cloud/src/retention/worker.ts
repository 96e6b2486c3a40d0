import { join } from "node:path";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { openForReading } from "../store/database.ts";
import { erasuresThrough } from "./eraser-port.ts";
import { answerRequest, type DueRun, dueRun } from "./retention-schedule.ts";
import type { FromRetentionThread, RetentionThreadData } from "./thread-messages.ts";

const { dataDirectory, settings, timezone, eraser } = workerData as RetentionThreadData & { eraser: MessagePort };
const port = parentPort;
if (port === null) throw new Error("this is the entry of a worker thread");

/** One read of the register: requests of the command line are seen within that time. */
const lookEveryMs = 2_000;
/** After a failure the daily run waits for so long; a request is answered with the error. */
const againAfterMs = 600_000;

/** Read alone: what is due is seen without opening anything else. */
const watched = openForReading(join(dataDirectory, "register.db"));
const erase = erasuresThrough(eraser);
const nowMs = (): number => Date.now();
let isClosing = false;
let notBeforeMs = 0;
let timer: NodeJS.Timeout | undefined;

const say = (message: FromRetentionThread): void => port.postMessage(message);

/** One run, and the answer to whoever asked for it. */
const run = async ({ by, request }: DueRun): Promise<void> => {
  // Wanted once a day: until then this thread keeps nothing but the clock.
  const { openRetention, runOver } = await import("./retention-desk.ts");
  const stores = openRetention(dataDirectory, settings, nowMs);
  const answer = (result: object): void => {
    if (request !== null && !isClosing) answerRequest(stores.register, request, result, nowMs());
  };
  try {
    const reports = await runOver(dataDirectory, stores, { by, erase, isStopping: () => isClosing });
    answer(reports);
    say({ type: "ran", by, atMs: nowMs(), reports });
  } catch (error) {
    answer({ error: error instanceof Error ? error.message : String(error) });
    throw error;
  } finally {
    stores.close();
  }
};

const look = async (): Promise<void> => {
  timer = undefined;
  try {
    const due = dueRun(watched, { timezone, atHour: settings.atHour, nowMs: nowMs() });
    if (due !== undefined && (due.request !== null || nowMs() >= notBeforeMs)) await run(due);
  } catch (error) {
    notBeforeMs = nowMs() + againAfterMs;
    say({ type: "failed", fault: error instanceof Error ? error.message : String(error) });
  }
  if (isClosing) end();
  else timer = setTimeout(() => void look(), lookEveryMs);
};

const end = (): void => {
  watched.close();
  eraser.close();
  port.close();
};

port.on("message", () => {
  isClosing = true;
  // A run that is under way sees it at its next step.
  if (timer === undefined) return;
  clearTimeout(timer);
  end();
});

await look();
