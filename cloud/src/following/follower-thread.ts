import { Worker } from "node:worker_threads";
import { MingchengError } from "@mingcheng/protocols";
import type { Logger } from "pino";
import type { GatewayHint } from "../broker/broker.ts";
import type { Figure } from "../health/figure.ts";
import type { FollowerThreadData, FromFollowerThread, ToFollowerThread } from "./thread-messages.ts";

/** What {@link startFollowerThread} needs besides the thread's own options. */
export interface FollowerThreadPorts {
  readonly log: Logger;
  /** The thread itself died. */
  onExit(error: Error): void;
}

/** One thread of followers, as seen from the main thread. */
export interface FollowerThread {
  hint(hint: GatewayHint): void;
  fault(): string | null;
  figures(): readonly Figure[];
  close(): Promise<void>;
}

const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";

/** Starts a thread. Resolves once its stores are open, or were found not to open now (it tries again by itself). */
export const startFollowerThread = async (
  data: FollowerThreadData,
  ports: FollowerThreadPorts,
): Promise<FollowerThread> => {
  const worker = new Worker(new URL(`./worker.${extension}`, import.meta.url), { workerData: data });
  const { log } = ports;
  let figures: readonly Figure[] = [];
  let fault: string | null = null;
  let logged: string | null = null;
  let closing = false;
  let start: () => void = () => undefined;
  let refuse: (error: Error) => void = () => undefined;
  let end: () => void = () => undefined;
  const started = new Promise<void>((resolve, reject) => {
    start = resolve;
    refuse = reject;
  });
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const die = (error: Error): void => {
    fault = `${data.role}: ${error.message}`;
    refuse(error);
    end();
    if (!closing) ports.onExit(error);
    closing = true;
  };
  worker.on("message", (message: FromFollowerThread) => {
    switch (message.type) {
      case "started":
        start();
        return;
      case "report":
        ({ figures, fault } = message);
        if (fault === null && logged !== null) log.info({ follower: data.role }, "follows the ledger again");
        if (fault === null) logged = null;
        return;
      case "fault":
        // One line per cause, not one per attempt.
        if (message.detail !== logged)
          log.error({ follower: message.follower, detail: message.detail }, "cannot follow the ledger now");
        logged = message.detail;
        return;
      case "closed":
        end();
    }
  });
  worker.on("error", die);
  worker.on("exit", (code) => die(new MingchengError("CENTRE_FAULT", `the thread ${data.role} ended with ${code}`)));
  const send = (message: ToFollowerThread): void => worker.postMessage(message);
  await started;
  return {
    hint: (hint) => send({ type: "hint", hint }),
    fault: () => fault,
    figures: () => figures,
    close: async () => {
      closing = true;
      send({ type: "close" });
      await ended;
    },
  };
};
