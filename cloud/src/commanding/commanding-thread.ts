import { Worker } from "node:worker_threads";
import type { Logger } from "pino";
import type { GatewayHint } from "../broker/broker-options.ts";
import type { CommandingThreadData, FromCommandingThread, ToCommandingThread } from "./thread-messages.ts";

/** Options of {@link startCommandingThread}. */
export interface CommandingThreadOptions {
  readonly dataDirectory: string;
  readonly log: Logger;
  /** The thread itself died: the process ends to be started again. */
  readonly onExit: (error: Error) => void;
  /** Sends to a gateway that is connected. */
  readonly publish: (gw: string, payload: Uint8Array) => void;
}

/** Orders to gateways, sent and answered on a thread of their own, as the main thread sees it. */
export interface CommandingThread {
  /** What the broker tells of a gateway. */
  hint(hint: GatewayHint): void;
  ack(gw: string, payload: Uint8Array): void;
  bundle(gw: string, command: string, payload: Uint8Array): void;
  close(): Promise<void>;
}

const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";

/** Answers that wait for the thread; what comes beyond is dropped and asked for again. */
const maxWaitingBytes = 4 * 1024 * 1024;

/** Starts the thread. The register exists already. */
export const startCommandingThread = (options: CommandingThreadOptions): CommandingThread => {
  const { dataDirectory, log, publish, onExit } = options;
  const workerData: CommandingThreadData = { dataDirectory };
  const worker = new Worker(new URL(`./worker.${extension}`, import.meta.url), { workerData });
  let isClosing = false;
  let waitingBytes = 0;
  const die = (error: Error): void => {
    if (!isClosing) onExit(error);
    isClosing = true;
  };
  const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  worker.on("message", (message: FromCommandingThread) => {
    if (message.type === "took") waitingBytes -= message.bytes;
    else if (message.type === "publish") publish(message.gw, message.payload);
    else log[message.level](message.detail, message.text);
  });
  worker.once("error", die);
  worker.once("exit", (code) => die(new Error(`the commanding thread ended with ${code}`)));
  const send = (message: ToCommandingThread): void => worker.postMessage(message);
  const sendAnswer = (message: ToCommandingThread & { readonly payload: Uint8Array }): void => {
    if (waitingBytes + message.payload.length > maxWaitingBytes) return;
    waitingBytes += message.payload.length;
    send(message);
  };
  return {
    hint: ({ gw, online, state }) => {
      if (!online) send({ type: "left", gw });
      else if (state !== null) send({ type: "state", gw, cseq: state.cseq, version: state.config });
    },
    ack: (gw, payload) => sendAnswer({ type: "ack", gw, payload }),
    bundle: (gw, command, payload) => sendAnswer({ type: "bundle", gw, command, payload }),
    close: async () => {
      isClosing = true;
      send({ type: "close" });
      await ended;
    },
  };
};
