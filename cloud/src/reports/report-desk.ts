import { Worker } from "node:worker_threads";
import { type ErrorCode, MingchengError, type Report } from "@mingcheng/protocols";
import type { ReportAsked } from "./read-report.ts";
import type { ReportDone, ReportJob } from "./report-messages.ts";

const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";

/** So many at a time: each goes through all of a market's week. */
const maxAtOnce = 2;
/** So many wait; who comes then is told to come again. */
const maxWaiting = 16;

/** Reads a report somewhere. */
export type RunReport = (job: ReportJob) => Promise<ReportDone>;

/** Reads it on a thread of its own: a week of a market is seconds of reading. */
export const runReportOnThread: RunReport = async (job) => {
  const worker = new Worker(new URL(`./worker.${extension}`, import.meta.url), { workerData: job });
  return await new Promise<ReportDone>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", () => reject(new Error("the report was broken off")));
  });
};

/** What the desk reads from. */
export interface ReportDeskOptions {
  readonly dataDirectory: string;
  readonly timezone: string;
  readonly nowMs: () => number;
  readonly run?: RunReport;
}

/** Reads reports, a few at a time; the same one asked for twice at once is read once. */
export class ReportDesk {
  readonly #options: ReportDeskOptions;
  readonly #underWay = new Map<string, Promise<Report>>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(options: ReportDeskOptions) {
    this.#options = options;
  }

  /** False while so many wait that another should come later. */
  get isFree(): boolean {
    return this.#waiting.length < maxWaiting;
  }

  /** @throws {MingchengError} INPUT_INVALID, NOT_FOUND, CENTRE_FAULT */
  read(asked: ReportAsked): Promise<Report> {
    const key = JSON.stringify([asked.site, asked.period, asked.date]);
    const known = this.#underWay.get(key);
    if (known !== undefined) return known;
    const reading = this.#read(asked).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, reading);
    return reading;
  }

  async #read(asked: ReportAsked): Promise<Report> {
    const { dataDirectory, timezone, nowMs, run = runReportOnThread } = this.#options;
    if (this.#running >= maxAtOnce) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running++;
    try {
      const done = await run({ dataDirectory, timezone, asked, nowMs: nowMs() });
      if (done.ok) return done.report;
      throw new MingchengError(done.code as ErrorCode, done.message);
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }
}
