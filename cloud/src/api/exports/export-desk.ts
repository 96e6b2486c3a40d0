import { randomUUID } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { ExportEvidenceRequest, UserScope } from "@mingcheng/protocols";
import type { ExportDone, ExportJob } from "./export-messages.ts";

const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";

/** So many at a time: each reads the ledger from end to end. */
const maxAtOnce = 2;

/** A file that was written; {@link remove} it when it has been sent. */
export interface WrittenExport {
  readonly path: string;
  readonly records: number;
  readonly withheld: number;
  remove(): Promise<void>;
}

/** Does a job until `signal` aborts. */
export type RunExport = (job: ExportJob, signal: AbortSignal) => Promise<ExportDone>;

/** Does a job on a thread of its own. */
export const runOnThread: RunExport = async (job, signal) => {
  const worker = new Worker(new URL(`./worker.${extension}`, import.meta.url), { workerData: job });
  const end = (): void => void worker.terminate();
  signal.addEventListener("abort", end, { once: true });
  try {
    return await new Promise<ExportDone>((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
      worker.once("exit", () => reject(new Error("the export was broken off")));
    });
  } finally {
    signal.removeEventListener("abort", end);
  }
};

/** Writes evidence into files that live as long as they are sent. */
export class ExportDesk {
  readonly #dataDirectory: string;
  readonly #run: RunExport;
  readonly #underWay = new Set<AbortController>();

  constructor(dataDirectory: string, run: RunExport = runOnThread) {
    this.#dataDirectory = dataDirectory;
    this.#run = run;
  }

  get #folder(): string {
    return join(this.#dataDirectory, "exports");
  }

  /** Removes what a former process left. */
  async open(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** False while so many are under way that another has to wait. */
  get isFree(): boolean {
    return this.#underWay.size < maxAtOnce;
  }

  /**
   * Writes what is asked for, as far as `scope` allows (null: the whole centre).
   * @throws {Error} when it cannot be written, or `signal` aborts
   */
  async write(
    asked: ExportEvidenceRequest,
    scope: UserScope | null,
    options: { readonly nowMs: number; readonly signal: AbortSignal },
  ): Promise<WrittenExport> {
    const out = join(this.#folder, `${randomUUID()}.mcx`);
    const remove = () => rm(out, { force: true });
    const ending = new AbortController();
    this.#underWay.add(ending);
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      const job = { dataDirectory: this.#dataDirectory, asked, scope, out, nowMs: options.nowMs };
      const done = await this.#run(job, AbortSignal.any([options.signal, ending.signal]));
      if (!done.ok) throw new Error(done.message);
      return { path: out, records: done.records, withheld: done.withheld, remove };
    } catch (error) {
      await remove();
      await rm(`${out}.part`, { force: true });
      throw error;
    } finally {
      this.#underWay.delete(ending);
    }
  }

  /** Breaks off what is under way. */
  async close(): Promise<void> {
    for (const ending of this.#underWay) ending.abort();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
