import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { Logger } from "pino";
import type { Figure } from "../health/figure.ts";
import type { IngestFigures } from "./ingest-sample.ts";
import type { FromTimeseriesThread, TimeseriesThreadData, ToTimeseriesThread } from "./thread-messages.ts";

/** Options of {@link startTimeseriesThread}. */
export interface TimeseriesThreadOptions extends TimeseriesThreadData {
  readonly log: Pick<Logger, "info" | "error">;
  /** Asked every few seconds. */
  readonly ingest: () => IngestFigures;
}

/** The feed of a time series server, on a thread of its own. */
export interface TimeseriesThread {
  figures(): readonly Figure[];
  /** What an operator must hear of; null when all is well. The centre works without. */
  warning(): string | null;
  /** Finishes the present round, unless the server keeps it waiting, and ends the thread. */
  close(): Promise<void>;
}

const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
const closeWithinMs = 5_000;
const ingestEveryMs = 5_000;
/** What is built for the server is soon gone again; without a bound the heap grows before anything is collected. */
const heap = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 96 } as const;

/** Starts the thread. Nothing that goes wrong in it keeps the centre from working: ledger and receipts go on. */
export const startTimeseriesThread = (options: TimeseriesThreadOptions): TimeseriesThread => {
  const { dataDirectory, timezone, settings, log, ingest } = options;
  const workerData: TimeseriesThreadData = { dataDirectory, timezone, settings };
  const worker = new Worker(new URL(`./worker.${extension}`, import.meta.url), { workerData, resourceLimits: heap });
  let figures: readonly Figure[] = [];
  let warning: string | null = null;
  let isClosing = false;
  const send = (message: ToTimeseriesThread): void => worker.postMessage(message);
  const die = (reason: string): void => {
    if (isClosing) return;
    warning = `the time series server is fed no more: ${reason}`;
    log.error({ reason }, "the time series server is fed no more");
  };
  worker.on("message", (message: FromTimeseriesThread) => {
    if (message.type === "report") {
      ({ figures, warning } = message);
    } else if (message.type === "fault") {
      const { detail } = message;
      if (detail === null) log.info({}, "the time series server takes points again");
      else log.error({ detail }, "the time series server cannot be fed now");
    }
  });
  const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  worker.once("error", (error) => die(String(error)));
  worker.once("exit", (code) => die(`the thread ended with ${code}`));
  const telling = setInterval(() => send({ type: "ingest", figures: ingest() }), ingestEveryMs);
  return {
    figures: () => figures,
    warning: () => warning,
    close: async () => {
      isClosing = true;
      clearInterval(telling);
      send({ type: "close" });
      await Promise.race([ended, delay(closeWithinMs, undefined, { ref: false })]);
      await worker.terminate();
    },
  };
};
