import { parentPort, workerData } from "node:worker_threads";
import { type SharedSeals, verifyShare } from "./raw-crypto.ts";

parentPort?.once("message", () => verifyShare(workerData as SharedSeals));
parentPort?.postMessage("ready");
