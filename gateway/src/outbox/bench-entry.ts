import { randomBytes } from "node:crypto";
import { closeSync, fdatasyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type EpochBody, encodeRecord, type Line, type MingchengRecord } from "@mingcheng/protocols";
import { nodeCrypto } from "../crypto/node-crypto.ts";
import { generateSigningKey, signerFromPem } from "../crypto/signing-key.ts";
import { type Outbox, openOutbox } from "./outbox.ts";

/**
 * The outbox benchmark's process: `node bench-entry.js --mode outbox|raw|paced --records-per-commit 10 --seconds 5 --dir
 * DIR` (or `--commits N` instead of seconds). Prints one line of JSON. `raw` appends the same record bytes to one growing
 * file with a synchronous write and fdatasync per commit: nothing of ours, and no thread in between. `paced` captures one
 * record every 250 ms and counts what it causes to be written, the opening left out.
 */
interface BenchResult {
  readonly mode: string;
  readonly records: number;
  readonly commits: number;
  readonly seconds: number;
  readonly capturesPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly recordBytes: number;
  /** From /proc/self/io: what this process caused to be sent to the disk, whole pages. */
  readonly writtenBytes: number;
  /** Bytes of segments that were used up: so many zeros had been written ahead. 0 for `raw`. */
  readonly segmentBytes: number;
}

interface Run {
  readonly dir: string;
  readonly recordsPerCommit: number;
  readonly isOver: (commits: number) => boolean;
}

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

const weighing = (line: Line, seq: number): MingchengRecord => ({
  v: 1,
  ...line,
  seq,
  dev: "scale-01",
  n: seq,
  kind: "weighing",
  t: { wall: "2026-11-24T08:00:00.000+08:00", mono_ms: seq * 250, boot: "5f2c1f9e", sync: "ntp", err_ms: 12 },
  salt: "00112233445566778899aabbccddeeff",
  body: {
    protocol: "mt-continuous",
    value: "1.235",
    unit: "kg",
    grams: "1235",
    mode: "gross",
    stable: "reported-stable",
    tare: null,
    tareGrams: null,
    settling: { samples: 9, durationMs: 812, rule: "reported" },
  },
  raw: "AjQwMCAgIDEyMzUgICAgIDANAg==",
});

const epoch = (line: Line, body: EpochBody): Uint8Array =>
  encodeRecord({ ...weighing(line, 1), dev: line.gw, kind: "epoch", body, raw: "" });

const writtenBytes = (): number => {
  const field = /^write_bytes: (\d+)$/m.exec(readFileSync("/proc/self/io", "utf8"))?.[1];
  return Number(field ?? 0);
};

const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

/** What one mode measured. */
interface Measured {
  readonly latencies: readonly number[];
  readonly commits: number;
  readonly records: number;
  readonly segmentBytes: number;
  /** When only part of the run counts: what was written during it. */
  readonly writtenBytes?: number;
}

const pacedEveryMs = 250;

const openForBench = (dir: string): Promise<Outbox> =>
  openOutbox({
    dir,
    gw: "bench",
    crypto: nodeCrypto,
    signer: signerFromPem(generateSigningKey()),
    clock: { wall: () => new Date().toISOString(), nowMs: () => performance.now() },
    random: (bytes) => randomBytes(bytes),
    log: silent,
    software: { name: "bench", version: "0" },
    buildEpoch: epoch,
  });

/** Two callers take turns, so that one gathers while the other's commit is in flight, as under load. */
const runOutbox = async (run: Run): Promise<Measured> => {
  const outbox = await openForBench(run.dir);
  const latencies: number[] = [];
  let turns = 0;
  let over = false;
  const before = outbox.stats().commits;
  const caller = async (): Promise<void> => {
    while (!over) {
      const start = performance.now();
      const pending: Promise<unknown>[] = [];
      for (let index = 0; index < run.recordsPerCommit; index++) {
        pending.push(outbox.append((seq) => encodeRecord(weighing(outbox.line, seq)), { urgent: false }));
      }
      await Promise.all(pending);
      latencies.push(performance.now() - start);
      turns += 1;
      over ||= run.isOver(turns);
    }
  };
  const first = caller();
  await new Promise((resolve) => setImmediate(resolve));
  await Promise.all([first, caller()]);
  const { commits, bufferedBytes } = outbox.stats();
  await outbox.close();
  const records = turns * run.recordsPerCommit;
  return { latencies, commits: commits - before, records, segmentBytes: bufferedBytes };
};

const runPaced = async (run: Run): Promise<Measured> => {
  const outbox = await openForBench(run.dir);
  // The first segments and the reserve are made once; a record's share of them is counted by `segmentBytes`.
  while (!outbox.stats().nextSegmentReady) await delay(50);
  await delay(pacedEveryMs);
  const { bufferedBytes } = outbox.stats();
  const before = writtenBytes();
  const latencies: number[] = [];
  while (!run.isOver(latencies.length)) {
    const start = performance.now();
    await outbox.append((seq) => encodeRecord(weighing(outbox.line, seq)), { urgent: false });
    latencies.push(performance.now() - start);
    await delay(pacedEveryMs);
  }
  const written = writtenBytes() - before;
  const segmentBytes = outbox.stats().bufferedBytes - bufferedBytes;
  await outbox.close();
  const { length } = latencies;
  return { latencies, commits: length, records: length, segmentBytes, writtenBytes: written };
};

const runRaw = (run: Run): Measured => {
  const fd = openSync(join(run.dir, "raw"), "w", 0o600);
  const line = { gw: "bench", ep: 1, eid: "0".repeat(32) };
  const latencies: number[] = [];
  let commits = 0;
  let records = 0;
  while (!run.isOver(commits)) {
    const start = performance.now();
    const parts: Uint8Array[] = [];
    for (let index = 0; index < run.recordsPerCommit; index++) parts.push(encodeRecord(weighing(line, ++records)));
    writeSync(fd, Buffer.concat(parts));
    fdatasyncSync(fd);
    latencies.push(performance.now() - start);
    commits += 1;
  }
  closeSync(fd);
  return { latencies, commits, records, segmentBytes: 0 };
};

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      mode: { type: "string", default: "outbox" },
      dir: { type: "string" },
      seconds: { type: "string" },
      commits: { type: "string" },
      "records-per-commit": { type: "string", default: "10" },
    },
  });
  const { mode, dir, seconds, commits } = values;
  if (dir === undefined) throw new Error("--dir is missing");
  const started = performance.now();
  const limitMs = Number(seconds ?? "5") * 1000;
  const isOver = (done: number): boolean =>
    commits === undefined ? performance.now() - started >= limitMs : done >= Number(commits);
  const bytesBefore = writtenBytes();
  const run = { dir, recordsPerCommit: Number(values["records-per-commit"]), isOver };
  const modes = { raw: runRaw, outbox: runOutbox, paced: runPaced };
  if (!Object.hasOwn(modes, mode)) throw new Error(`--mode is one of ${Object.keys(modes).join(", ")}`);
  const result = await modes[mode as keyof typeof modes](run);
  const elapsed = (performance.now() - started) / 1000;
  const sorted = result.latencies.toSorted((a, b) => a - b);
  const line: BenchResult = {
    mode,
    records: result.records,
    commits: result.commits,
    seconds: elapsed,
    capturesPerSecond: result.records / elapsed,
    p50Ms: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99),
    recordBytes: encodeRecord(weighing({ gw: "bench", ep: 1, eid: "0".repeat(32) }, 1000)).length,
    writtenBytes: result.writtenBytes ?? writtenBytes() - bytesBefore,
    segmentBytes: result.segmentBytes,
  };
  console.log(JSON.stringify(line));
};

await main();
