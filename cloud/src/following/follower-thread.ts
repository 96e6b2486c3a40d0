import { Worker } from "node:worker_threads";
import { MingchengError } from "@mingcheng/protocols";
import type { Logger } from "pino";
import type { Bilingual } from "../alerts/alert.ts";
import type { GatewayHint } from "../broker/broker-options.ts";
import type { Routing } from "../duty/routing/routing.ts";
import type { Figure } from "../health/figure.ts";
import type { WatchedFile } from "../rules/broken-file.ts";
import type { AlertRule } from "../rules/rule.ts";
import { knownDevices, rulesHeap } from "./rules-heap.ts";
import type { FollowerThreadData, FromFollowerThread, ToFollowerThread } from "./thread-messages.ts";

/** What a {@link FollowerThread} needs besides the thread's own options. */
export interface FollowerThreadPorts {
  readonly log: Logger;
  /** The thread itself died. */
  onExit(error: Error): void;
}

const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";

/** One thread of followers, as seen from the main thread. */
export class FollowerThread {
  readonly #role: FollowerThreadData["role"];
  readonly #ports: FollowerThreadPorts;
  readonly #worker: Worker;
  readonly #started: Promise<void>;
  readonly #ended: Promise<void>;
  #start: () => void = () => undefined;
  #refuse: (error: Error) => void = () => undefined;
  #end: () => void = () => undefined;
  #figures: readonly Figure[] = [];
  #fault: string | null = null;
  #logged: string | null = null;
  #over = false;

  constructor(data: FollowerThreadData, ports: FollowerThreadPorts) {
    this.#role = data.role;
    this.#ports = ports;
    this.#worker = new Worker(new URL(`./worker.${extension}`, import.meta.url), {
      workerData: data,
      ...(data.role === "alerts" ? { resourceLimits: rulesHeap(knownDevices(data.options.dataDirectory)) } : {}),
    });
    this.#started = new Promise<void>((resolve, reject) => {
      this.#start = resolve;
      this.#refuse = reject;
    });
    this.#ended = new Promise<void>((resolve) => {
      this.#end = resolve;
    });
    this.#worker.on("message", (message: FromFollowerThread) => this.#take(message));
    this.#worker.on("error", (error) => this.#die(error));
    this.#worker.on("exit", (code) =>
      this.#die(new MingchengError("CENTRE_FAULT", `the thread ${data.role} ended with ${code}`)),
    );
  }

  #take(message: FromFollowerThread): void {
    const { log } = this.#ports;
    switch (message.type) {
      case "started":
        this.#start();
        return;
      case "report":
        this.#figures = message.figures;
        this.#fault = message.fault;
        if (message.fault !== null || this.#logged === null) return;
        log.info({ follower: this.#role }, "follows the ledger again");
        this.#logged = null;
        return;
      case "fault":
        // One line per cause, not one per attempt.
        if (message.detail === this.#logged) return;
        log.error({ follower: message.follower, detail: message.detail }, "cannot follow the ledger now");
        this.#logged = message.detail;
        return;
      case "closed":
        this.#end();
    }
  }

  #die(error: Error): void {
    this.#fault = `${this.#role}: ${error.message}`;
    this.#refuse(error);
    this.#end();
    if (!this.#over) this.#ports.onExit(error);
    this.#over = true;
  }

  /** Resolves once its stores are open, or were found not to open now (it tries again by itself). */
  started(): Promise<void> {
    return this.#started;
  }

  hint(hint: GatewayHint): void {
    this.#send({ type: "hint", hint });
  }

  /** Gives the thread of alerts other rules. */
  useRules(rules: readonly AlertRule[]): void {
    this.#send({ type: "rules", rules });
  }

  /** Gives the thread of alerts another routing. */
  useRouting(routing: Routing): void {
    this.#send({ type: "routing", routing });
  }

  /** Tells the thread of alerts that a file is not good any more. */
  fileInvalid(file: WatchedFile, reason: Bilingual): void {
    this.#send({ type: "invalid", file, reason });
  }

  /** Why it does not follow now; null when all is well. */
  fault(): string | null {
    return this.#fault;
  }

  /** The figures it reported last. */
  figures(): readonly Figure[] {
    return this.#figures;
  }

  /** Finishes what is under way and ends the thread. */
  async close(): Promise<void> {
    this.#over = true;
    this.#send({ type: "close" });
    await this.#ended;
  }

  #send(message: ToFollowerThread): void {
    this.#worker.postMessage(message);
  }
}
