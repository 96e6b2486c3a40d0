import { SimulatedCamera } from "../src/cameras/simulated-camera.ts";
import { systemClock } from "../src/clock.ts";
import { until } from "../src/harness/until.ts";
import { type Bench, type BenchOptions, median } from "./bench.ts";
import { readRssMb, readUsage } from "./process-usage.ts";
import { type StartRelay, startBareCopy, startCopy, startNodeRtspStream, startOurs } from "./relay-peers.ts";
import { type RelayStream, relayStream } from "./relay-streams.ts";
import { measureViewing } from "./relay-viewing.ts";

/** What relaying took. */
interface Cost {
  /** CPU seconds, user and system, for a minute of one stream. */
  readonly perMinute: number;
  /** Octets that came out, of those that the camera sent in the same time. */
  readonly share: number;
  /** Of the relay's own processes, and with those that they started. */
  readonly ownRssMb: number;
  readonly rssMb: number;
  readonly seconds: number;
}

interface Run {
  readonly name: RelayStream;
  readonly streams: number;
  readonly seconds: number;
  readonly start: StartRelay;
}

const used = (pids: readonly number[]): { cpuSeconds: number; rssMb: number } => {
  const all = pids.map(readUsage);
  return {
    cpuSeconds: all.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    rssMb: all.reduce((sum, { rssMb }) => sum + rssMb, 0),
  };
};

/** Until code that runs often has been compiled. */
const warmUpMs = 10_000;

const costOf = async ({ name, streams, seconds, start }: Run): Promise<Cost> => {
  const sees = await relayStream(name);
  const bytesPerSecond =
    (sees.pictures.reduce((sum, { nals }) => sum + nals.reduce((bytes, nal) => bytes + nal.length, 0), 0) /
      sees.pictures.length) *
    sees.framesPerSecond;
  const cameras: SimulatedCamera[] = [];
  for (let at = 0; at < streams; at++) {
    const camera = new SimulatedCamera({ sees, authentication: "none" });
    await camera.start();
    cameras.push(camera);
  }
  const relay = await start(cameras);
  try {
    await until(() => relay.bytes() > 0, { what: "something comes out", withinMs: 30_000 });
    await systemClock.sleep(warmUpMs);
    const [before, bytesBefore, beganMs] = [used(relay.pids), relay.bytes(), performance.now()];
    const sizes: number[] = [];
    const ownSizes: number[] = [];
    while (performance.now() - beganMs < seconds * 1_000) {
      await systemClock.sleep(500);
      sizes.push(used(relay.pids).rssMb);
      ownSizes.push(relay.pids.reduce((sum, pid) => sum + readRssMb(pid), 0));
    }
    const tookSeconds = (performance.now() - beganMs) / 1_000;
    const cpu = used(relay.pids).cpuSeconds - before.cpuSeconds;
    const expected = bytesPerSecond * tookSeconds * streams;
    return {
      perMinute: (cpu * 60) / (tookSeconds * streams),
      share: (relay.bytes() - bytesBefore) / expected,
      ownRssMb: Math.max(...ownSizes),
      rssMb: Math.max(...sizes),
      seconds: tookSeconds,
    };
  } finally {
    await relay.stop();
    await Promise.all(cameras.map((camera) => camera.stop()));
  }
};

/** Several rounds side by side, so that what else the machine does meets all alike; medians. */
const compare = async (
  peers: Readonly<Record<string, StartRelay>>,
  run: Omit<Run, "start">,
  { rounds, progress }: { readonly rounds: number; readonly progress: BenchOptions["progress"] },
): Promise<Readonly<Record<string, Cost>>> => {
  const costs = new Map<string, Cost[]>(Object.keys(peers).map((peer) => [peer, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [peer, start] of Object.entries(peers)) {
      progress(`${run.streams} × ${run.name} for ${run.seconds} s: ${peer}`);
      costs.get(peer)?.push(await costOf({ ...run, start }));
    }
  }
  return Object.fromEntries(
    [...costs].map(([peer, all]) => {
      const middle = (pick: (cost: Cost) => number): number => median(all.map(pick));
      const [perMinute, share] = [middle((cost) => cost.perMinute), middle((cost) => cost.share)];
      const seconds = all.reduce((sum, cost) => sum + cost.seconds, 0);
      const most = (pick: (cost: Cost) => number): number => Math.max(...all.map(pick));
      const [ownRssMb, rssMb] = [most((cost) => cost.ownRssMb), most((cost) => cost.rssMb)];
      return [peer, { perMinute, share, ownRssMb, rssMb, seconds }];
    }),
  );
};

const keepsUp = 0.95;

const reportRatio = (
  report: BenchOptions["report"],
  figure: string,
  [ours, peer]: readonly [Cost | undefined, Cost | undefined],
  detail: { readonly rounds: number; readonly variant: string },
): void => {
  if (ours === undefined || peer === undefined) return;
  const { rounds: n, variant } = detail;
  report({
    ...{ figure, value: ours.perMinute / peer.perMinute, unit: "ratio", n, variant },
    ...{ numerator: ours.perMinute, denominator: peer.perMinute, seconds: ours.seconds + peer.seconds },
  });
};

const sizes = ["1080p25", "360p25"] as const;

const measureCost = async (
  { quick, report, progress }: BenchOptions,
  names: readonly RelayStream[] = sizes,
): Promise<void> => {
  const rounds = quick ? 1 : 3;
  const seconds = quick ? 10 : 30;
  const rounding = { rounds, progress };
  const peers = { ours: startOurs, copy: startCopy, bare: startBareCopy, transcoder: startNodeRtspStream };
  for (const name of names) {
    const one = { name, streams: 1, seconds };
    const single = await compare(peers, one, rounding);
    const detail = { rounds, variant: name };
    reportRatio(report, "ratioToCopy", [single["ours"], single["copy"]], detail);
    reportRatio(report, "ratioToBareCopy", [single["ours"], single["bare"]], detail);
    reportRatio(report, "ratioToNodeRtspStream", [single["ours"], single["transcoder"]], detail);
    const four = await compare({ ours: startOurs, copy: startCopy }, { ...one, streams: 4 }, rounding);
    const copy4 = four["copy"];
    // Only where the other keeps up is there something to compare with.
    if (copy4 !== undefined && copy4.share >= keepsUp)
      reportRatio(report, "ratioToCopy4", [four["ours"], copy4], detail);
    else progress(`4 × ${name}: ffmpeg keeps only ${Math.round(100 * (copy4?.share ?? 0))} % of the pictures`);
    const ours4 = four["ours"];
    if (ours4 === undefined) continue;
    report({
      ...{ figure: "keptShare", value: ours4.share, unit: "ratio", n: rounds },
      ...{ seconds: ours4.seconds, variant: `4 × ${name}` },
    });
    if (name === "1080p25") {
      const measured = { unit: "MB", n: rounds, seconds: ours4.seconds, variant: `4 × ${name}` };
      report({ figure: "rssMb", value: ours4.ownRssMb, ...measured });
      report({ figure: "rssWithJobsMb", value: ours4.rssMb, ...measured });
    }
  }
};

/** The bench of a part: `viewing`, or one of the sizes; all of it otherwise. */
const measure = async (options: BenchOptions): Promise<void> => {
  const part = options.args["part"];
  const names = sizes.filter((name) => part === undefined || name === part);
  if (part === undefined || part === "viewing") await measureViewing(options);
  if (names.length > 0) await measureCost(options, names);
};

/** What watching cameras costs the box, beside other ways to do it, and how soon and how late pictures are seen. */
export const relayBench: Bench = {
  name: "relay",
  summary: "CPU per stream-minute beside ffmpeg -c copy and node-rtsp-stream, RSS, first picture, glass to glass",
  run: measure,
};
