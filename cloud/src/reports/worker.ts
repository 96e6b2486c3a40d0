import { parentPort, workerData } from "node:worker_threads";
import { answerReport } from "./open-report.ts";
import type { ReportJob } from "./report-messages.ts";

const port = parentPort;
if (port === null) throw new Error("this is the entry of a worker thread");

port.postMessage(answerReport(workerData as ReportJob));
port.close();
