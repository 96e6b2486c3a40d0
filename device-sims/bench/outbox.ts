import { mkdirSync, mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtModule, repositoryRoot } from "../src/harness/repository.ts";
import { runProgram } from "../src/harness/running-program.ts";
import { type Bench, type BenchOptions, median } from "./bench.ts";
import { sqliteBytesPerRecord } from "./outbox-sqlite.ts";

/** One line of the measuring process (gateway/src/outbox/bench-entry.ts). */
interface Measured {
  readonly records: number;
  readonly seconds: number;
  readonly capturesPerSecond: number;
  readonly p99Ms: number;
  readonly recordBytes: number;
  readonly writtenBytes: number;
  readonly segmentBytes: number;
}

type Mode = "outbox" | "raw" | "paced";

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

const measure = async (scratch: string, mode: Mode, recordsPerCommit: number, seconds: number): Promise<Measured> => {
  const dir = mkdtempSync(join(scratch, `${mode}-`));
  const text = await runProgram({
    name: `outbox benchmark (${mode})`,
    command: process.execPath,
    args: [
      ...[builtModule("gateway/dist/outbox/bench-entry.js"), "--mode", mode, "--dir", dir],
      ...["--records-per-commit", String(recordsPerCommit), "--seconds", String(seconds)],
    ],
  });
  rmSync(dir, { recursive: true });
  return JSON.parse(text) as Measured;
};

/** Durable captures beside raw append + fdatasync of the same record bytes, in turns. */
const compare = async (scratch: string, recordsPerCommit: number, { quick, report, progress }: BenchOptions) => {
  const seconds = quick ? 1.5 : 6;
  const variant = `${recordsPerCommit} records per commit`;
  const pairs: { readonly raw: Measured; readonly outbox: Measured }[] = [];
  for (let run = 1; run <= runs; run++) {
    const raw = await measure(scratch, "raw", recordsPerCommit, seconds);
    const outbox = await measure(scratch, "outbox", recordsPerCommit, seconds);
    pairs.push({ raw, outbox });
    const speeds = [raw, outbox].map(({ capturesPerSecond }) => Math.round(capturesPerSecond));
    progress(`${variant}, run ${run} of ${runs}: raw ${speeds[0]}/s, outbox ${speeds[1]}/s`);
  }
  const of = (take: (pair: (typeof pairs)[number]) => number): number => median(pairs.map(take));
  const n = pairs.reduce((total, { outbox }) => total + outbox.records, 0);
  const common = { n, seconds: runs * 2 * seconds, variant };
  report({
    figure: "ratioToRawAppend",
    value: of(({ raw, outbox }) => outbox.capturesPerSecond / raw.capturesPerSecond),
    unit: "ratio",
    numerator: Math.round(of(({ outbox }) => outbox.capturesPerSecond)),
    denominator: Math.round(of(({ raw }) => raw.capturesPerSecond)),
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
  const seconds = quick ? 8 : 30;
  const { records, writtenBytes, segmentBytes, recordBytes } = await measure(scratch, "paced", 1, seconds);
  report({
    figure: "bytesWrittenPerRecord",
    value: (writtenBytes + segmentBytes) / records,
    unit: "bytes",
    numerator: writtenBytes + segmentBytes,
    denominator: records,
    n: records,
    seconds,
    variant: `4 records/s, ${recordBytes} bytes each`,
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
