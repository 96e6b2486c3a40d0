import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { Feed, oldestKeptMs } from "./feed.ts";
import { FeedStores } from "./feed-stores.ts";
import { openInfluxServer } from "./influx-server.ts";
import { timeseriesSettings } from "./settings.ts";

// The feed in a process of its own, for tests and benchmarks: `node feed-entry.js --dir DIR --settings JSON [--once]`. Prints
// a line of JSON after every step: `{taken, lines, refused, more, lag}` or `{error}`. `--once`: ends when nothing is behind.

const { values } = parseArgs({
  options: { dir: { type: "string" }, settings: { type: "string" }, once: { type: "boolean" } },
});
if (values.dir === undefined) throw new Error("--dir is missing");
const settings = timeseriesSettings.parse(JSON.parse(values.settings ?? "{}"));
const nowMs = (): number => Date.now();
const server = await openInfluxServer(settings, async (path) => (await readFile(path, "utf8")).trim());
const stores = new FeedStores({
  ...{ dataDirectory: values.dir, timezone: "Asia/Shanghai" },
  oldestPointMs: () => oldestKeptMs(settings.keepDays, nowMs()),
  oldestSumMs: () => 0,
});
const feed = new Feed({ stores, server, nowMs, monotonicMs: () => performance.now() }, settings);
const say = (line: object): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

let isEnding = false;
process.once("SIGTERM", () => {
  isEnding = true;
});
const pauseMs = 50;
const startedMs = performance.now();
const cpu = process.cpuUsage();
while (!isEnding) {
  let isBehind = false;
  try {
    const done = await feed.step();
    isBehind = done.more;
    const { user, system } = process.cpuUsage(cpu);
    const spent = { seconds: (performance.now() - startedMs) / 1_000, cpuSeconds: (user + system) / 1e6 };
    if (done.lines > 0 || !done.more) say({ ...done, ...feed.standing, lag: feed.lag().records, ...spent });
    if (values.once === true && !done.more) break;
  } catch (error) {
    say({ error: String(error) });
  }
  if (!isBehind) await new Promise((resolve) => setTimeout(resolve, pauseMs));
}
server.close();
stores.close();
