import { mkdirSync, mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtModule, repositoryRoot } from "../src/harness/repository.ts";
import { runProgram } from "../src/harness/running-program.ts";
import { type Bench, type BenchOptions, median } from "./bench.ts";
import { sqliteBytesPerRecord } from "./outbox-sqlite.ts";

/** One side of a pair as the measuring process (gateway/src/outbox/bench-entry.ts) prints it. */
interface Side {
  readonly records: number;
  readonly capturesPerSecond: number;
  readonly p99Ms: number;
}

interface Pair {
  readonly outbox: Side;
  readonly raw: Side;
}

interface Paced {
  readonly records: number;
  readonly recordBytes: number;
  /** Pages sent to the disk. */
  readonly writtenBytes: number;
  /** Bytes of segments used up: so many zeros had been written ahead. */
  readonly segmentBytes: number;
}

const runs = 3;
const perCommit = [1, 10, 100] as const;
/** statfs(2): f_type of a file system in memory. */
const tmpfsMagic = 0x01021994;

/** A scratch directory on a disk: fdatasync on a file system in memory measures nothing. */
const scratchOnDisk = (dir: string | undefined): string => {
  const base = dir ?? (statfsSync(tmpdir()).type === tmpfsMagic ? repositoryRoot : tmpdir());
  mkdirSync(base, { recursive: true });
  return mkdtempSync(join(base, "mingcheng-bench-outbox-"));
};

const measure = async <Result>(scratch: string, ...args: readonly string[]): Promise<Result> => {
  const dir = mkdtempSync(join(scratch, "run-"));
  const text = await runProgram({
    name: "outbox benchmark",
    command: process.execPath,
    args: [builtModule("gateway/dist/outbox/bench-entry.js"), "--dir", dir, ...args],
  });
  rmSync(dir, { recursive: true });
  return JSON.parse(text) as Result;
};

/** Durable captures beside raw append + fdatasync of the same record bytes, in turns of a fraction of a second. */
const compare = async (scratch: string, recordsPerCommit: number, { quick, report, progress }: BenchOptions) => {
  const seconds = quick ? 2.5 : 12;
  const variant = `${recordsPerCommit} records per commit`;
  const args = ["--mode", "pair", "--records-per-commit", String(recordsPerCommit), "--seconds", String(seconds)];
  const pairs: Pair[] = [];
  for (let run = 1; run <= runs; run++) {
    const pair = await measure<Pair>(scratch, ...args);
    pairs.push(pair);
    const speeds = [pair.raw, pair.outbox].map(({ capturesPerSecond }) => Math.round(capturesPerSecond));
    progress(`${variant}, run ${run} of ${runs}: raw ${speeds[0]}/s, outbox ${speeds[1]}/s`);
  }
  const of = (take: (pair: Pair) => number): number => median(pairs.map(take));
  // The run whose ratio is the median: numerator and denominator belong together.
  const ratioOf = ({ outbox, raw }: Pair): number => outbox.capturesPerSecond / raw.capturesPerSecond;
  const middle = pairs.find((pair) => ratioOf(pair) === of(ratioOf));
  const n = pairs.reduce((total, { outbox }) => total + outbox.records, 0);
  const common = { n, seconds: runs * seconds, variant };
  report({
    figure: "ratioToRawAppend",
    value: of(ratioOf),
    unit: "ratio",
    numerator: Math.round(middle?.outbox.capturesPerSecond ?? 0),
    denominator: Math.round(middle?.raw.capturesPerSecond ?? 0),
    ...common,
  });
  report({
    figure: "capturesPerSecond",
    value: of(({ outbox }) => outbox.capturesPerSecond),
    unit: "records/s",
    ...common,
  });
  report({ figure: "p99Ms", value: of(({ outbox }) => outbox.p99Ms), unit: "ms", ...common });
  report({ figure: "rawP99Ms", value: of(({ raw }) => raw.p99Ms), unit: "ms", ...common });
};

/** What a gateway at 4 records/s writes to its card per record: the commit's pages and the zeros written ahead. */
const countBytes = async (scratch: string, { quick, report }: BenchOptions): Promise<void> => {
  const seconds = quick ? 7 : 30;
  const args = ["--mode", "paced", "--seconds", String(seconds)];
  const { records, writtenBytes, segmentBytes, recordBytes } = await measure<Paced>(scratch, ...args);
  report({
    figure: "bytesWrittenPerRecord",
    value: (writtenBytes + segmentBytes) / records,
    unit: "bytes",
    numerator: writtenBytes + segmentBytes,
    denominator: records,
    n: records,
    seconds,
    variant: "4 records/s",
  });
  const commits = quick ? 200 : 1000;
  const { bytesPerRecord, seconds: took } = sqliteBytesPerRecord(join(scratch, "peer.db"), commits, recordBytes);
  report({
    figure: "bytesWrittenPerRecord",
    value: bytesPerRecord,
    unit: "bytes",
    n: commits,
    seconds: took,
    variant: "peer: SQLite, WAL, synchronous=FULL",
  });
};

/** `--dir` names where to measure: the card of the gateway, for example. */
export const outboxBench: Bench = {
  name: "outbox",
  summary: "durable captures/s and p99, chain and seal on, beside raw append + fdatasync; bytes written per record",
  run: async (options) => {
    const scratch = scratchOnDisk(options.args["dir"]);
    try {
      for (const recordsPerCommit of perCommit) await compare(scratch, recordsPerCommit, options);
      await countBytes(scratch, options);
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  },
};
