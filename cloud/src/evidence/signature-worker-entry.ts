import { parentPort } from "node:worker_threads";
import { firstBadOf } from "./signature-block.ts";

/** Answers every packed block with the index of its first bad signature, -1 when there is none, in order. */
parentPort?.on("message", (packed: Uint8Array) => parentPort?.postMessage(firstBadOf(packed)));
