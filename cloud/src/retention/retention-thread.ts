import { setTimeout as delay } from "node:timers/promises";
import { MessageChannel, Worker } from "node:worker_threads";
import type { Logger } from "pino";
import type { Figure } from "../health/figure.ts";
import type { LedgerThread } from "../ledger/ledger-thread.ts";
import { dataClasses } from "./data-classes.ts";
import type { FromRetentionThread, RetentionThreadData } from "./thread-messages.ts";

/** Options of {@link startRetentionThread}. */
export interface RetentionThreadOptions extends RetentionThreadData {
  readonly ledger: Pick<LedgerThread, "serveErasures">;
  readonly log: Pick<Logger, "info" | "error">;
}

/** The daily erasure on a thread of its own. */
export interface RetentionThread {
  figures(): readonly Figure[];
  /** What an operator must hear of; null when all is well. The centre works without. */
  warning(): string | null;
  /** Stops a run at its next step and ends the thread. */
  close(): Promise<void>;
}

const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";

/** A run that is under way gets so long to come to its next step. */
const closeWithinMs = 5_000;

/** Starts the thread. Nothing that goes wrong in it keeps the centre from working. */
export const startRetentionThread = ({ ledger, log, ...data }: RetentionThreadOptions): RetentionThread => {
  const { port1, port2 } = new MessageChannel();
  ledger.serveErasures(port1);
  const worker = new Worker(new URL(`./worker.${extension}`, import.meta.url), {
    workerData: { ...data, eraser: port2 },
    transferList: [port2],
  });
  const erased = new Map<string, number>(dataClasses.map(({ name }) => [name, 0]));
  let lastMs: number | null = null;
  let fault: string | null = null;
  let isClosing = false;
  const fail = (text: string): void => {
    if (isClosing) return;
    if (text !== fault) log.error({ fault: text }, "data whose time is over could not be erased");
    fault = text;
  };
  worker.on("message", (message: FromRetentionThread) => {
    if (message.type === "failed") return fail(message.fault);
    lastMs = message.atMs;
    fault = null;
    for (const { name, count } of message.reports) erased.set(name, (erased.get(name) ?? 0) + count);
    const counts = Object.fromEntries(
      message.reports.filter(({ count }) => count > 0).map((one) => [one.name, one.count]),
    );
    log.info({ by: message.by, erased: counts }, "data whose time is over was erased");
  });
  const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  worker.once("error", (error) => fail(String(error)));
  worker.once("exit", (code) => fail(`the retention thread ended with ${code}`));
  return {
    figures: () => [
      ...[...erased].map(
        ([name, value]): Figure => ({
          name: "mingcheng_erased_total",
          help: "What was erased since the start because its time was over, by class of data.",
          type: "counter",
          value,
          labels: { class: name },
        }),
      ),
      {
        name: "mingcheng_retention_age_seconds",
        help: "Time since the last run of the retention job; +Inf: none since the start.",
        type: "gauge",
        value: lastMs === null ? Number.POSITIVE_INFINITY : Math.max(0, Math.round((Date.now() - lastMs) / 1000)),
      },
    ],
    warning: () => fault,
    close: async () => {
      isClosing = true;
      worker.postMessage("close");
      await Promise.race([ended, delay(closeWithinMs, undefined, { ref: false })]);
      await worker.terminate();
    },
  };
};
