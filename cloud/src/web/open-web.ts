import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { type ErrorCode, MingchengError } from "@mingcheng/protocols";
import type { Figure } from "../health/figure.ts";
import { ownHosts } from "../keys/centre-keys.ts";
import type { Web, WebOptions } from "./web.ts";
import type { FromWeb, ToWeb, WebThreadData } from "./web-messages.ts";

/** Where the built screens of this repository are, as seen from this file (source or build). */
const screensDirectory = fileURLToPath(new URL("../../../dashboards/screens/dist/", import.meta.url));

const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";

/**
 * Starts the web thread: screens, API, live events and enrolment over HTTPS. Resolves once it listens.
 * @throws {MingchengError} LISTEN_FAILED, STORE_TOO_NEW
 */
export const openWeb = async (options: WebOptions): Promise<Web> => {
  const { dataDirectory, config, tls, card, log, media = null } = options;
  const hosts = ownHosts(config.publicHost);
  const shared = { dataDirectory, config, tls, card, media };
  const workerData: WebThreadData = { ...shared, hosts, screens: screensDirectory };
  const worker = new Worker(new URL(`./worker.${extension}`, import.meta.url), { workerData });
  let figures: readonly Figure[] = [];
  let fault: string | null = null;
  let closing = false;
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const listening = new Promise<{ port: number; firstLogin: Web["firstLogin"] }>((resolve, reject) => {
    const die = (error: Error): void => {
      fault = error.message;
      end();
      reject(error);
      if (!closing) options.onExit(error);
      closing = true;
    };
    worker.on("message", (message: FromWeb) => {
      switch (message.type) {
        case "listening":
          resolve(message);
          return;
        case "refused":
          closing = true;
          reject(new MingchengError(message.code as ErrorCode, message.message));
          return;
        case "report":
          ({ figures, fault } = message);
          return;
        case "log":
          log[message.level](message.detail, message.text);
          return;
        case "closed":
          end();
      }
    });
    worker.on("error", die);
    worker.on("exit", (code) => die(new MingchengError("CENTRE_FAULT", `the web thread ended with ${code}`)));
  });
  const { port, firstLogin } = await listening;
  const send = (message: ToWeb): void => worker.postMessage(message);
  return {
    port,
    firstLogin,
    live: (gw, device, payload) => send({ type: "live", gw, device, payload }),
    renewTls: (renewed, authorityPem) => send({ type: "certificates", tls: renewed, authorityPem }),
    fault: () => fault,
    figures: () => figures,
    close: async () => {
      closing = true;
      send({ type: "close" });
      await ended;
    },
  };
};
