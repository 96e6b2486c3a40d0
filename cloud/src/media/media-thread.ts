import { randomBytes } from "node:crypto";
import { Worker } from "node:worker_threads";
import { type ErrorCode, MingchengError } from "@mingcheng/protocols";
import type { Logger } from "pino";
import type { Figure } from "../health/figure.ts";
import type { MediaAccess } from "./media-access.ts";
import type { FromMedia, MediaThreadData, ToMedia } from "./thread-messages.ts";

/** Options of {@link startMediaThread}. */
export interface MediaThreadOptions extends Omit<MediaThreadData, "key"> {
  readonly log: Logger;
  /** Sends a message to a gateway over the record path; lost when it is not connected, unless it is kept for it. */
  readonly publish: (gw: string, payload: Uint8Array, keep: boolean) => void;
  /** The thread itself died: the process ends to be started again. */
  readonly onExit: (error: Error) => void;
}

/** Video on a thread of its own, as the main thread sees it. */
export interface MediaThread {
  readonly access: MediaAccess;
  figures(): readonly Figure[];
  renewTls(tls: MediaThreadData["tls"]): void;
  close(): Promise<void>;
}

const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";

/** Starts the thread; resolves once it listens. @throws {MingchengError} LISTEN_FAILED */
export const startMediaThread = async (options: MediaThreadOptions): Promise<MediaThread> => {
  const { log, publish, onExit, ...rest } = options;
  const key = randomBytes(32);
  const workerData: MediaThreadData = { ...rest, key };
  const worker = new Worker(new URL(`./worker.${extension}`, import.meta.url), { workerData });
  let closing = false;
  let counts = { gateways: 0, streams: 0, views: 0 };
  let ports = { port: 0 };
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const hint = (gw: string): void => {
    publish(gw, Buffer.from(JSON.stringify({ v: 1, type: "media", port: ports.port })), false);
  };
  ports = await new Promise<{ port: number }>((resolve, reject) => {
    const die = (error: Error): void => {
      end();
      reject(error);
      if (!closing) onExit(error);
      closing = true;
    };
    worker.on("message", (message: FromMedia) => {
      if (message.type === "listening") resolve(message);
      else if (message.type === "refused") {
        closing = true;
        reject(new MingchengError(message.code as ErrorCode, message.message));
      } else if (message.type === "hint") hint(message.gw);
      else if (message.type === "viewing") {
        publish(message.gw, Buffer.from(JSON.stringify({ v: 1, type: "viewing", off: message.off })), true);
      } else if (message.type === "report") counts = message;
      else if (message.type === "log") log[message.level](message.detail, message.text);
      else end();
    });
    worker.on("error", die);
    worker.on("exit", (code) => die(new MingchengError("CENTRE_FAULT", `the media thread ended with ${code}`)));
  });
  const send = (message: ToMedia): void => worker.postMessage(message);
  return {
    access: { key, port: ports.port },
    figures: () => [
      { name: "mingcheng_media_gateways", help: "gateways connected for video", type: "gauge", value: counts.gateways },
      { name: "mingcheng_media_streams", help: "streams that come in", type: "gauge", value: counts.streams },
      { name: "mingcheng_media_views", help: "views that go out", type: "gauge", value: counts.views },
    ],
    renewTls: (tls) => send({ type: "certificates", tls }),
    close: async () => {
      closing = true;
      send({ type: "close" });
      await ended;
    },
  };
};
