import { parentPort, workerData } from "node:worker_threads";
import type { ExportDone, ExportJob } from "./export-messages.ts";
import { writeExport } from "./write-export.ts";

const port = parentPort;
if (port === null) throw new Error("this is the entry of a worker thread");

let done: ExportDone;
try {
  done = await writeExport(workerData as ExportJob);
} catch (error) {
  done = { ok: false, message: error instanceof Error ? error.message : String(error) };
}
port.postMessage(done);
port.close();
