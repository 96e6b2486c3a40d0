import { BroadcastChannel, parentPort, workerData } from "node:worker_threads";
import pino from "pino";
import { auditOver } from "../audit/open-audit.ts";
import type { Channel } from "../channels/channel.ts";
import { channelPorts, openChannels } from "../channels/index.ts";
import type { FollowerStep } from "../cursor/follower-runner.ts";
import type { Routing } from "../duty/routing/routing.ts";
import { openRegister } from "../register/register-database.ts";
import type { AlertRule } from "../rules/rule.ts";
import { AlertsThread } from "./alerts-thread.ts";
import { followerFigures } from "./follower-figures.ts";
import { eventLoopTimers, FollowerLoop, type OpenFollower } from "./follower-loop.ts";
import { GatewayHints } from "./gateway-hints.ts";
import { type FollowingPart, type Progress, progressChannel } from "./progress-channel.ts";
import { ReadingsThread } from "./readings-thread.ts";
import type { FollowerThreadData, FromFollowerThread, ToFollowerThread } from "./thread-messages.ts";

const data = workerData as FollowerThreadData;
const { role } = data;
const port = parentPort;
if (port === null) throw new Error("this is the entry of a worker thread");

const reportEveryMs = 500;

const say = (message: FromFollowerThread): void => port.postMessage(message);
const textOf = (error: unknown): string => (error instanceof Error ? `${error.name}: ${error.message}` : String(error));
const channel = new BroadcastChannel(progressChannel(data.options.dataDirectory));
const hints = new GatewayHints();
let lastFault = "";

const tell = (progress: Progress): void => channel.postMessage(progress);
const changed = (parts: readonly FollowingPart[]): void => tell({ type: "changed", parts });

/** What is said to people must be seen whatever the level of the log; one line at a time, whole. */
const consoleLog = pino({ base: { from: "alerts" } }, pino.destination({ dest: 1, sync: true }));
const nowMs = (): number => Date.now();

/** They go on while a store fails, and end with the thread. */
let channels: readonly Channel[] = [];

const opener = async (): Promise<() => OpenFollower> => {
  const onAppend = (): void => loop.wake();
  if (data.role === "readings") return () => new ReadingsThread(data.options, { hints, onAppend, onChange: changed });
  channels = await openChannels(data.options.channels, channelPorts(consoleLog));
  const onChange = (): void => changed(["alerts"]);
  const register = openRegister(data.options.dataDirectory);
  const onHeadFault = (error: unknown): void =>
    consoleLog.error({ err: error }, "the head of the audit log was not written");
  const audit = await auditOver(data.options.dataDirectory, register, { nowMs, onHeadFault });
  const ports = {
    audit,
    channels,
    timers: eventLoopTimers,
    log: consoleLog,
    nowMs,
    random: Math.random,
    onAppend,
    onChange,
  };
  return () => new AlertsThread(data.options, ports);
};
const openRole = await opener();

/** Rules and a routing that came before the stores were open, or while they failed. */
let waitingRules: readonly AlertRule[] | undefined;
let waitingRouting: Routing | undefined;

const takeRules = (): void => {
  const { follower } = loop;
  if (!(follower instanceof AlertsThread)) return;
  try {
    if (waitingRules !== undefined) follower.useRules(waitingRules);
    waitingRules = undefined;
    if (waitingRouting !== undefined) follower.useRouting(waitingRouting);
    waitingRouting = undefined;
  } catch (error) {
    say({ type: "fault", follower: role, detail: `rules: ${textOf(error)}` });
  }
};

const loop: FollowerLoop = new FollowerLoop({
  timers: eventLoopTimers,
  open: openRole,
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
  takeRules();
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
  await Promise.all(channels.map(async (one) => one.close?.()));
  channel.close();
  say({ type: "closed" });
  port.close();
};

port.on("message", (message: ToFollowerThread) => {
  if (message.type === "close") {
    void close();
    return;
  }
  if (message.type === "rules") {
    waitingRules = message.rules;
    takeRules();
  } else if (message.type === "routing") {
    waitingRouting = message.routing;
    takeRules();
  } else hints.take(message.hint);
  loop.wake();
});
