import { type MessagePort, Worker } from "node:worker_threads";
import { MingchengError } from "@mingcheng/protocols";
import type { LedgerAnswer, LedgerCounts, LedgerMessage, LedgerPort } from "./ledger-port.ts";
import { type AnswerPorts, busyAnswer } from "./ledger-writer.ts";
import type { FromWorker, ToWorker, WorkerOptions } from "./worker-messages.ts";

/** Options of {@link startLedgerThread}. */
export interface LedgerThreadOptions extends WorkerOptions {
  /** For answers that this thread gives itself, while the writer is behind. */
  readonly answering: AnswerPorts;
  /** The store refuses, or a message could not be stored. `message` names it. */
  onFault(error: string, message: string | null): void;
  /** The thread itself died: nothing can be stored any more. */
  onExit(error: Error): void;
}

/** The ledger's writer on a thread of its own. */
export interface LedgerThread extends LedgerPort {
  /** Why nothing can be stored now; null when it can. */
  fault(): string | null;
  /** Messages submitted and not answered yet. */
  pending(): number;
  counts(): LedgerCounts;
  /** Lets the other end of `port` order records to be erased, between two groups of messages. */
  serveErasures(port: MessagePort): void;
}

interface Waiting {
  readonly bytes: number;
  readonly resolve: (answer: LedgerAnswer) => void;
  readonly reject: (error: Error) => void;
}

/** With more than this waiting for the writer, gateways are asked to come back: memory is bounded, whatever they send. */
const maxWaitingBytes = 128 * 1024 * 1024;

const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";

class WriterThread implements LedgerThread {
  readonly started: Promise<void>;
  readonly #options: LedgerThreadOptions;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #counts = {
    batches: 0,
    records: 0,
    quarantined: 0,
    damaged: 0,
    refused: 0,
    busy: 0,
    commits: 0,
    lastCommitMs: 0,
  };
  readonly #ended: Promise<void>;
  #waitingBytes = 0;
  #nextId = 1;
  #fault: string | null = "the ledger is being opened";
  #closing = false;

  constructor(options: LedgerThreadOptions) {
    this.#options = options;
    const { dataDirectory } = options;
    this.#worker = new Worker(new URL(`./worker.${extension}`, import.meta.url), { workerData: { dataDirectory } });
    this.started = new Promise((resolve, reject) => {
      this.#worker.on("message", (message: FromWorker) => {
        if (message.type === "refused") {
          this.#closing = true;
          reject(new MingchengError(message.code, message.error));
        }
        this.#hear(message);
        // Not to be opened now is no reason to keep gateways out: they get an answer.
        if (message.type === "open" || message.type === "fault") resolve();
      });
      this.#worker.once("error", reject);
    });
    this.#ended = new Promise((resolve) => this.#worker.once("exit", () => resolve()));
    let died = new MingchengError("LEDGER_UNAVAILABLE", "the writer's thread ended");
    this.#worker.once("error", (cause) => {
      died = new MingchengError("LEDGER_UNAVAILABLE", `the writer's thread failed: ${String(cause)}`, { cause });
    });
    this.#worker.once("exit", () => this.#die(died));
  }

  fault(): string | null {
    return this.#fault;
  }

  pending(): number {
    return this.#waiting.size;
  }

  counts(): LedgerCounts {
    return this.#counts;
  }

  submit(message: LedgerMessage): Promise<LedgerAnswer> {
    const bytes = message.payload.length;
    if (this.#waitingBytes + bytes > maxWaitingBytes) {
      const answer = busyAnswer(this.#options.answering, message, "the store is behind");
      this.#count(answer);
      return Promise.resolve(answer);
    }
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#waiting.set(id, { bytes, resolve, reject });
      this.#waitingBytes += bytes;
      this.#send({ type: "take", id, message });
    });
  }

  serveErasures(port: MessagePort): void {
    const message: ToWorker = { type: "erasures", port };
    this.#worker.postMessage(message, [port]);
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#send({ type: "close" });
    await this.#ended;
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #count(answer: LedgerAnswer): void {
    this.#counts.batches++;
    this.#counts.records += answer.records;
    this.#counts.quarantined += answer.quarantined;
    if (answer.outcome !== "stored") this.#counts[answer.outcome]++;
  }

  #hear(message: FromWorker): void {
    switch (message.type) {
      case "open":
        this.#fault = null;
        return;
      case "answers":
        this.#answer(message.ids, message.answers);
        return;
      case "fault":
        this.#fault = message.error;
        this.#options.onFault(message.error, message.message);
        return;
      case "refused":
        this.#fault = message.error;
    }
  }

  #answer(ids: readonly number[], answers: readonly LedgerAnswer[]): void {
    ids.forEach((id, index) => {
      const answer = answers[index] as LedgerAnswer;
      this.#count(answer);
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      this.#waitingBytes -= waiting?.bytes ?? 0;
      waiting?.resolve(answer);
    });
    if (answers.some(({ outcome }) => outcome === "busy")) return;
    this.#fault = null;
    this.#counts.commits++;
    this.#counts.lastCommitMs = this.#options.answering.nowMs();
  }

  #die(error: Error): void {
    this.#fault = error.message;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    if (!this.#closing) this.#options.onExit(error);
  }
}

/**
 * Starts the thread. Resolves once the ledger is open, or was found not to open now (it is tried again by itself).
 * @throws {MingchengError} STORE_TOO_NEW, LEDGER_DAMAGED
 */
export const startLedgerThread = async (options: LedgerThreadOptions): Promise<LedgerThread> => {
  const thread = new WriterThread(options);
  await thread.started;
  return thread;
};
