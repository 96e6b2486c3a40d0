// The outbox benchmark's process; prints one line of JSON:
//   node gateway/dist/outbox/bench-entry.js --mode pair --records-per-commit 10 --seconds 5 --dir DIR
//   node gateway/dist/outbox/bench-entry.js --mode paced --seconds 30 --dir DIR
// `pair` captures durably and, in turns of a fraction of a second, appends the same record bytes to one growing file with a
// synchronous write and fdatasync per commit: nothing of ours, and no thread in between. `paced` captures one record every
// 250 ms and counts what that causes to be written, the opening left out.
import { randomBytes } from "node:crypto";
import { closeSync, fdatasyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type EpochBody, encodeRecord, type Line, type MingchengRecord } from "@mingcheng/protocols";
import { nodeCrypto } from "../crypto/node-crypto.ts";
import { generateSigningKey, signerFromPem } from "../crypto/signing-key.ts";
import { openOutbox } from "./open-outbox.ts";
import type { Outbox } from "./outbox-port.ts";

/** What one way of writing brought about. */
interface Tally {
  records: number;
  commits: number;
  seconds: number;
  readonly latencies: number[];
}

/** One turn of a pair, long enough for hundreds of commits, short enough that both meet the same disk. */
const turnMs = 250;
const pacedEveryMs = 250;
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

/** What this process has caused to be sent to the disk so far, whole pages (proc(5), write_bytes). */
const writtenBytes = (): number =>
  Number(/^write_bytes: (\d+)$/m.exec(readFileSync("/proc/self/io", "utf8"))?.[1] ?? Number.NaN);

const emptyTally = (): Tally => ({ records: 0, commits: 0, seconds: 0, latencies: [] });

const summaryOf = ({ records, commits, seconds, latencies }: Tally) => {
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { records, commits, seconds, capturesPerSecond: records / seconds, p50Ms: at(0.5), p99Ms: at(0.99) };
};

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

const nextSegmentReady = async (outbox: Outbox): Promise<void> => {
  while (!outbox.stats().nextSegmentReady) await delay(1);
};

/** Two callers take turns, so that one gathers while the other's commit is in flight, as under load. */
const captureTurn = async (outbox: Outbox, perCommit: number, tally: Tally): Promise<void> => {
  const startMs = performance.now();
  const commitsBefore = outbox.stats().commits;
  const caller = async (): Promise<void> => {
    while (performance.now() - startMs < turnMs) {
      const askedMs = performance.now();
      const pending = Array.from({ length: perCommit }, () =>
        outbox.append((seq) => encodeRecord(weighing(outbox.line, seq)), { urgent: false }),
      );
      await Promise.all(pending);
      tally.latencies.push(performance.now() - askedMs);
      tally.records += perCommit;
    }
  };
  const first = caller();
  await new Promise((resolve) => setImmediate(resolve));
  await Promise.all([first, caller()]);
  // Preparing segments is part of the price.
  await nextSegmentReady(outbox);
  tally.commits += outbox.stats().commits - commitsBefore;
  tally.seconds += (performance.now() - startMs) / 1000;
};

const rawTurn = (fd: number, perCommit: number, tally: Tally): void => {
  const startMs = performance.now();
  const line = { gw: "bench", ep: 1, eid: "0".repeat(32) };
  while (performance.now() - startMs < turnMs) {
    const askedMs = performance.now();
    const parts = Array.from({ length: perCommit }, () => encodeRecord(weighing(line, ++tally.records)));
    writeSync(fd, Buffer.concat(parts));
    fdatasyncSync(fd);
    tally.latencies.push(performance.now() - askedMs);
    tally.commits += 1;
  }
  tally.seconds += (performance.now() - startMs) / 1000;
};

const runPair = async (dir: string, seconds: number, perCommit: number): Promise<object> => {
  const outbox = await openForBench(join(dir, "outbox"));
  const fd = openSync(join(dir, "raw"), "w", 0o600);
  // Code that has run once is compiled: neither side pays for the start.
  await nextSegmentReady(outbox);
  await captureTurn(outbox, perCommit, emptyTally());
  rawTurn(fd, perCommit, emptyTally());
  const ours = emptyTally();
  const raw = emptyTally();
  const startMs = performance.now();
  while (performance.now() - startMs < seconds * 1000) {
    await captureTurn(outbox, perCommit, ours);
    rawTurn(fd, perCommit, raw);
  }
  await outbox.close();
  closeSync(fd);
  return { outbox: summaryOf(ours), raw: summaryOf(raw) };
};

const runPaced = async (dir: string, seconds: number): Promise<object> => {
  const outbox = await openForBench(join(dir, "outbox"));
  // Segments and reserve are made once; a record's share of them is what it uses up of a segment.
  await nextSegmentReady(outbox);
  await delay(pacedEveryMs);
  const { bufferedBytes } = outbox.stats();
  const writtenBefore = writtenBytes();
  const records = Math.max(1, Math.floor((seconds * 1000) / pacedEveryMs));
  for (let record = 0; record < records; record++) {
    await outbox.append((seq) => encodeRecord(weighing(outbox.line, seq)), { urgent: false });
    await delay(pacedEveryMs);
  }
  const written = writtenBytes() - writtenBefore;
  const segmentBytes = outbox.stats().bufferedBytes - bufferedBytes;
  const recordBytes = encodeRecord(weighing(outbox.line, records)).length;
  await outbox.close();
  return { records, recordBytes, writtenBytes: written, segmentBytes };
};

const { values } = parseArgs({
  options: {
    mode: { type: "string", default: "pair" },
    dir: { type: "string" },
    seconds: { type: "string", default: "5" },
    "records-per-commit": { type: "string", default: "10" },
  },
});
const { mode, dir } = values;
if (dir === undefined || !["pair", "paced"].includes(mode)) {
  console.error("usage: bench-entry --dir DIR [--mode pair|paced] [--seconds S] [--records-per-commit N]");
  process.exit(2);
}
const seconds = Number(values.seconds);
const result =
  mode === "paced" ? await runPaced(dir, seconds) : await runPair(dir, seconds, Number(values["records-per-commit"]));
console.log(JSON.stringify(result));
