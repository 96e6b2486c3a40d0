import { BroadcastChannel, parentPort, workerData } from "node:worker_threads";
import { MingchengError } from "@mingcheng/protocols";
import { type Progress, progressChannel } from "../following/progress-channel.ts";
import type { FromWeb, ToWeb, WebThreadData } from "./web-messages.ts";
import { WebService } from "./web-service.ts";

const data = workerData as WebThreadData;
const port = parentPort;
if (port === null) throw new Error("this is the entry of a worker thread");

const liveEveryMs = 250;
const checkEveryMs = 10_000;
const reportEveryMs = 1_000;
const scheduleEveryMs = 60_000;

const say = (message: FromWeb): void => port.postMessage(message);
const log: ConstructorParameters<typeof WebService>[1]["log"] = (level, text, detail) =>
  say({ type: "log", level, text, detail });

const run = async (): Promise<void> => {
  const service = new WebService(data, { nowMs: () => Date.now(), log });
  const started = await service.start();
  const progress = new BroadcastChannel(progressChannel(data.dataDirectory));
  progress.onmessage = (event: unknown) => {
    const message = (event as { data: Progress }).data;
    if (message.type === "records") service.recordsMoved();
    else service.changed(message.parts);
  };
  const report = () => say({ type: "report", figures: service.figures(), fault: service.fault() });
  const timers = [
    setInterval(() => service.pumpLive(), liveEveryMs),
    setInterval(() => service.check(), checkEveryMs),
    setInterval(report, reportEveryMs),
    setInterval(() => void service.makeReports(), scheduleEveryMs),
  ];
  const close = async (): Promise<void> => {
    for (const timer of timers) clearInterval(timer);
    progress.close();
    await service.close();
    say({ type: "closed" });
    port.close();
  };
  port.on("message", (message: ToWeb) => {
    if (message.type === "live") service.live(message.gw, message.device, message.payload);
    else if (message.type === "certificates") service.renewTls(message.tls, message.authorityPem);
    else void close();
  });
  report();
  say({ type: "listening", ...started });
};

try {
  await run();
} catch (error) {
  const code = error instanceof MingchengError ? error.code : "CENTRE_FAULT";
  say({ type: "refused", code, message: error instanceof Error ? error.message : String(error) });
  port.close();
}
