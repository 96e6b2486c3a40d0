import { Worker } from "node:worker_threads";
import { MingchengError } from "@mingcheng/protocols";
import type { LedgerAnswer, LedgerCounts, LedgerPort } from "./ledger-port.ts";
import type { FromWorker, ToWorker, WorkerOptions } from "./worker-messages.ts";

/** Options of {@link startLedgerThread}. */
export interface LedgerThreadOptions extends WorkerOptions {
  /** The store refuses, or a message could not be stored. `message` names it. */
  onFault(error: string, message: string | null): void;
  /** The thread itself died: nothing can be stored any more. */
  onExit(error: Error): void;
}

/** The ledger's writer on a thread of its own. */
export interface LedgerThread extends LedgerPort {
  /** False until the ledger is open, and while the store refuses. */
  available(): boolean;
  /** Messages submitted and not answered yet. */
  pending(): number;
  counts(): LedgerCounts;
}

interface Waiting {
  resolve(answer: LedgerAnswer): void;
  reject(error: Error): void;
}

const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";

/** Starts the thread. Resolves once the ledger is open, or was found not to open now (it is tried again by itself). */
export const startLedgerThread = async (options: LedgerThreadOptions): Promise<LedgerThread> => {
  const { dataDirectory } = options;
  const worker = new Worker(new URL(`./worker.${extension}`, import.meta.url), { workerData: { dataDirectory } });
  const waiting = new Map<number, Waiting>();
  const counts = {
    batches: 0,
    records: 0,
    quarantined: 0,
    damaged: 0,
    refused: 0,
    busy: 0,
    commits: 0,
    lastCommitMs: 0,
  };
  let nextId = 1;
  let open = false;
  let closing = false;
  let ready: () => void = () => undefined;
  let closed: () => void = () => undefined;
  const started = new Promise<void>((resolve, reject) => {
    ready = resolve;
    worker.once("error", reject);
  });
  const ended = new Promise<void>((resolve) => {
    closed = resolve;
  });
  const count = (answer: LedgerAnswer) => {
    counts.batches++;
    counts.records += answer.records;
    counts.quarantined += answer.quarantined;
    if (answer.outcome !== "stored") counts[answer.outcome]++;
  };
  worker.on("message", (message: FromWorker) => {
    switch (message.type) {
      case "open":
        open = true;
        ready();
        return;
      case "answers":
        message.ids.forEach((id, index) => {
          const answer = message.answers[index] as LedgerAnswer;
          count(answer);
          open = answer.outcome !== "busy";
          waiting.get(id)?.resolve(answer);
          waiting.delete(id);
        });
        if (open) counts.commits++;
        counts.lastCommitMs = Date.now();
        return;
      case "fault":
        options.onFault(message.error, message.message);
        ready();
        return;
      case "closed":
        closed();
    }
  });
  const die = (error: Error) => {
    closed();
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
    if (!closing) options.onExit(error);
  };
  worker.on("error", die);
  worker.on("exit", (code) => die(new MingchengError("LEDGER_UNAVAILABLE", `the writer ended with ${code}`)));
  const send = (message: ToWorker) => worker.postMessage(message);
  await started;
  return {
    available: () => open,
    pending: () => waiting.size,
    counts: () => counts,
    submit: (message) =>
      new Promise((resolve, reject) => {
        const id = nextId++;
        waiting.set(id, { resolve, reject });
        send({ type: "take", id, message });
      }),
    close: async () => {
      closing = true;
      send({ type: "close" });
      await ended;
    },
  };
};
