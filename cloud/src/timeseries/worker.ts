import { readlinkSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { setPriority } from "node:os";
import { BroadcastChannel, parentPort, workerData } from "node:worker_threads";
import { eventLoopTimers } from "../following/follower-loop.ts";
import { type Progress, progressChannel } from "../following/progress-channel.ts";
import { Feed, oldestKeptMs } from "./feed.ts";
import { type FeedFigures, feedFigures, feedWarning } from "./feed-figures.ts";
import { FeedLoop } from "./feed-loop.ts";
import { FeedStores } from "./feed-stores.ts";
import { openInfluxServer } from "./influx-server.ts";
import { Sampling } from "./sampling.ts";
import type { SeriesServer } from "./series-server.ts";
import type { FromTimeseriesThread, TimeseriesThreadData, ToTimeseriesThread } from "./thread-messages.ts";

const { dataDirectory, timezone, settings } = workerData as TimeseriesThreadData;
const port = parentPort;
if (port === null) throw new Error("this is the entry of a worker thread");

const reportEveryMs = 1_000;
const minuteMs = 60_000;
const niceness = 5;

interface Opened {
  readonly stores: FeedStores;
  readonly server: SeriesServer;
  readonly feed: Feed;
  readonly sampling: Sampling;
}

/** Receipts, projections and rules come first; where the system has no such thing, the feed is one of many. */
const giveWay = (): void => {
  try {
    // This thread's own number: `<process>/task/<thread>`.
    setPriority(Number(readlinkSync("/proc/thread-self").split("/").at(-1)), niceness);
  } catch {
    // As good as before.
  }
};
giveWay();

const say = (message: FromTimeseriesThread): void => port.postMessage(message);
const nowMs = (): number => Date.now();
const readSecret = async (path: string): Promise<string> => (await readFile(path, "utf8")).trim();

let opened: Opened | undefined;
let fault: string | null = null;

const openStores = (): FeedStores =>
  new FeedStores({
    ...{ dataDirectory, timezone },
    oldestPointMs: () => oldestKeptMs(settings.keepDays, nowMs()),
    oldestSumMs: () => (settings.keepRollupDays === null ? 0 : oldestKeptMs(settings.keepRollupDays, nowMs())),
  });

const open = async (): Promise<Opened> => {
  if (opened !== undefined) return opened;
  const server = await openInfluxServer(settings, readSecret);
  const stores = openStores();
  const feed = new Feed({ stores, server, nowMs, monotonicMs: () => performance.now() }, settings);
  const pace = { sampleMs: settings.sampleSeconds * 1_000, overlapMs: settings.overlapMinutes * minuteMs };
  opened = { stores, server, feed, sampling: new Sampling(stores, pace) };
  return opened;
};

const figuresNow = ({ feed, stores, sampling }: Opened): FeedFigures => ({
  ...{ standing: feed.standing, lag: feed.lag(), refused: stores.state.refusedCount() },
  ...{ samplesWaiting: sampling.waiting(), faults: loop.faults, isAvailable: !loop.isFailing },
});

const loop: FeedLoop = new FeedLoop({
  timers: eventLoopTimers,
  random: Math.random,
  monotonicMs: () => performance.now(),
  beforeStep: () => {
    if (opened === undefined) return;
    const { sampling, feed, stores } = opened;
    sampling.take(nowMs(), { ...feed.lag(), refused: stores.state.refusedCount() });
  },
  step: async () => (await open()).feed.step(),
  onFault: (error) => {
    const detail = error instanceof Error ? `${error.name}: ${error.message}` : error === null ? null : "unknown";
    if (detail !== fault) say({ type: "fault", detail });
    fault = detail;
  },
});

const report = (): void => {
  if (opened === undefined) {
    say({ type: "report", figures: [], warning: fault });
    return;
  }
  try {
    const figures = figuresNow(opened);
    say({ type: "report", figures: feedFigures(figures), warning: feedWarning(figures, fault) });
  } catch (error) {
    say({ type: "report", figures: [], warning: String(error) });
  }
};
const reporting = setInterval(report, reportEveryMs);

const progress = new BroadcastChannel(progressChannel(dataDirectory));
progress.onmessage = (event) => {
  const { data } = event as { readonly data: Progress };
  if (data.type === "records" || data.parts.some((part) => part === "readings" || part === "alerts")) loop.wake();
};

const close = async (): Promise<void> => {
  clearInterval(reporting);
  progress.close();
  await loop.close();
  opened?.server.close();
  opened?.stores.close();
  say({ type: "closed" });
  port.close();
};

port.on("message", (message: ToTimeseriesThread) => {
  if (message.type === "close") void close();
  else opened?.sampling.takeIngest(message.figures);
});
