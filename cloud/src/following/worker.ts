import { BroadcastChannel, parentPort, workerData } from "node:worker_threads";
import type { FollowerStep } from "../cursor/follower-runner.ts";
import { followerFigures } from "./follower-figures.ts";
import { eventLoopTimers, FollowerLoop } from "./follower-loop.ts";
import type { FollowerRole, RolePorts } from "./follower-role.ts";
import { GatewayHints } from "./gateway-hints.ts";
import { type Progress, progressChannel } from "./progress-channel.ts";
import type { FollowerThreadData, FromFollowerThread, ToFollowerThread } from "./thread-messages.ts";

const data = workerData as FollowerThreadData;
const { role } = data;
const port = parentPort;
if (port === null) throw new Error("this is the entry of a worker thread");

const reportEveryMs = 500;

const say = (message: FromFollowerThread): void => port.postMessage(message);
const textOf = (error: unknown): string => (error instanceof Error ? `${error.name}: ${error.message}` : String(error));
const channel = new BroadcastChannel(progressChannel(data.options.dataDirectory));
const tell = (progress: Progress): void => channel.postMessage(progress);
let lastFault = "";

const ports: RolePorts = {
  hints: new GatewayHints(),
  onAppend: () => loop.wake(),
  onChange: (parts) => tell({ type: "changed", parts }),
  onFault: (detail) => say({ type: "fault", follower: role, detail }),
};

const openRole = async (): Promise<FollowerRole> =>
  data.role === "readings"
    ? (await import("./readings-role.ts")).readingsRole(data.options, ports)
    : (await import("./alerts-role.ts")).openAlertsRole(data.options, ports);
const following = await openRole();

const loop: FollowerLoop = new FollowerLoop({
  timers: eventLoopTimers,
  open: () => following.open(),
  onStarted: () => say({ type: "started" }),
  onProgress: ({ lsn }: FollowerStep) => {
    if (role === "readings") tell({ type: "records", lsn });
  },
  onFault: (error) => {
    lastFault = textOf(error);
    say({ type: "fault", follower: role, detail: lastFault });
    report();
  },
});

const report = (): void => {
  following.retry();
  try {
    const fault = loop.failing ? `${role}: ${lastFault}` : null;
    say({ type: "report", figures: followerFigures(role, loop), fault });
  } catch (error) {
    say({ type: "report", figures: [], fault: `${role}: ${textOf(error)}` });
  }
};
const reporting = setInterval(report, reportEveryMs);

const close = async (): Promise<void> => {
  clearInterval(reporting);
  loop.close();
  await loop.follower?.close();
  await following.close();
  channel.close();
  say({ type: "closed" });
  port.close();
};

port.on("message", (message: ToFollowerThread) => {
  if (message.type === "close") {
    void close();
    return;
  }
  if (message.type === "rules") following.useRules(message.rules);
  else if (message.type === "routing") following.useRouting(message.routing);
  else if (message.type === "invalid") following.fileInvalid(message.file, message.reason);
  else ports.hints.take(message.hint);
  loop.wake();
});
