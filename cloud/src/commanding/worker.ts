import { parentPort, workerData } from "node:worker_threads";
import { auditOver } from "../audit/open-audit.ts";
import { loadSigners } from "../keys/centre-keys.ts";
import { openRegister } from "../register/register-database.ts";
import { AckReader } from "./ack-reader.ts";
import { AlertStills } from "./alert-stills.ts";
import { BundleShelf } from "./bundle-shelf.ts";
import { OrderDesk } from "./order-desk.ts";
import { OrderDispatcher } from "./order-dispatcher.ts";
import { OrderStore } from "./order-store.ts";
import type { CommandingThreadData, FromCommandingThread, ToCommandingThread } from "./thread-messages.ts";

const { dataDirectory } = workerData as CommandingThreadData;
const port = parentPort;
if (port === null) throw new Error("this is the entry of a worker thread");

/** How often is looked whether somebody has ordered something. */
const lookEveryMs = 250;
/** How often is looked what is to be sent again or has expired, whoever ordered. */
const serveEveryMs = 1_000;

const say = (message: FromCommandingThread): void => port.postMessage(message);
const register = openRegister(dataDirectory);
const store = new OrderStore(register);
const { command: signer } = await loadSigners(dataDirectory);
const nowMs = (): number => Date.now();
const audit = await auditOver(dataDirectory, register);
const stills = new AlertStills({ dataDirectory, register, desk: new OrderDesk(register, audit), nowMs });
const dispatcher = new OrderDispatcher({
  ...{ store, signer, nowMs },
  acks: new AckReader(register, dataDirectory, nowMs),
  shelf: new BundleShelf(dataDirectory),
  onBundle: (order, result, bundle) => stills.came(order, result, bundle),
  publish: (gw, payload) => say({ type: "publish", gw, payload }),
  log: (level, text, detail) => say({ type: "log", level, text, detail }),
});

let fault = "";
/** A store that refuses for now costs nothing but time: what is open is sent and asked for again. */
const attempt = (work: () => void | Promise<void>): Promise<void> =>
  Promise.resolve()
    .then(work)
    .then(
      () => {
        fault = "";
      },
      (error: unknown) => {
        const text = String(error);
        if (text !== fault) say({ type: "log", level: "error", text: "commands: not now", detail: { error: text } });
        fault = text;
      },
    );

let turn: Promise<void> = Promise.resolve();
/** One after the other, in the order in which they came. */
const inTurn = (work: () => void | Promise<void>): void => {
  turn = turn.then(() => attempt(work));
};

let seen: unknown;
let servedMs = 0;
let lookedMs = 0;
const look = (): void => {
  if (performance.now() - lookedMs >= serveEveryMs) {
    lookedMs = performance.now();
    stills.look();
  }
  const version = store.version();
  if (version === seen && performance.now() - servedMs < serveEveryMs) return;
  seen = version;
  servedMs = performance.now();
  dispatcher.look();
};
const timer = setInterval(() => inTurn(look), lookEveryMs);

const take = (message: Exclude<ToCommandingThread, { type: "close" }>): void | Promise<void> => {
  switch (message.type) {
    case "state":
      return dispatcher.cameOnline(message.gw, message.cseq, message.version);
    case "left":
      return dispatcher.wentOffline(message.gw);
    case "ack":
      return dispatcher.ack(message.gw, message.payload);
    case "bundle":
      return dispatcher.bundle(message.gw, message.command, message.payload);
  }
};

port.on("message", (message: ToCommandingThread) => {
  if (message.type !== "close") {
    inTurn(() => take(message));
    if ("payload" in message) inTurn(() => say({ type: "took", bytes: message.payload.length }));
    return;
  }
  clearInterval(timer);
  void turn.then(() => {
    stills.close();
    register.close();
    port.close();
  });
});
