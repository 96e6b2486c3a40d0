import { parseArgs } from "node:util";
import { encodeRecord, type MingchengRecord } from "@mingcheng/protocols";
import pino from "pino";
import { noAudit } from "../audit/audit-event.ts";
import { loadRouting } from "../duty/routing/load-routing.ts";
import { ledgerMigrations } from "../ledger/ledger-schema.ts";
import { loadRules } from "../rules/load-rules.ts";
import { openForWriting } from "../store/database.ts";
import { ledgerPath } from "../store/store-paths.ts";
import { AlertsThread } from "./alerts-thread.ts";
import { eventLoopTimers, type OpenFollower } from "./follower-loop.ts";
import { GatewayHints } from "./gateway-hints.ts";
import { ReadingsThread } from "./readings-thread.ts";

/**
 * The followers benchmark's process: `node bench-entry.js --follower readings|alerts --records N --dir DIR`. Fills the
 * ledger of an empty directory with the weighings of 20 scales (and a test in a thousand), lets one follower take them
 * all, and prints one line of JSON.
 */
interface BenchResult {
  readonly records: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly recordsPerSecond: number;
  readonly rssMb: number;
}

const eid = "0123456789abcdef0123456789abcdef";
const everyMs = 25;

const record = (seq: number, atMs: number, bootMs: number): MingchengRecord => {
  const isTest = seq % 1000 === 0;
  const weight = String(100 + (seq % 977));
  return {
    ...{ v: 1, gw: "bench-market", ep: 1, eid, seq, dev: isTest ? "tester-1" : `scale-${seq % 20}`, n: seq },
    kind: isTest ? "test" : "weighing",
    t: { wall: new Date(atMs).toISOString(), mono_ms: atMs - bootMs, boot: "bench-boot", sync: "ntp", err_ms: 10 },
    salt: seq.toString(16).padStart(32, "0"),
    body: isTest
      ? {
          ...{ protocol: "lis", instrument: { name: "NY-8", version: "1.2", serial: "77" }, specimenId: `S-${seq}` },
          ...{
            item: "韭菜",
            assay: { code: "OPC", name: "有机磷" },
            value: "12.1",
            number: "12.1",
            unit: "%",
            flags: "",
          },
          ...{ status: "F", verdict: "negative", verdictRule: "GB/T 5009.199-2003", instrumentVerdict: "negative" },
          ...{ startedAt: "", completedAt: String(seq), resendOf: null },
        }
      : {
          ...{ protocol: "mt-continuous", value: weight, unit: "g", grams: weight, mode: "net" },
          ...{ stable: "reported-stable", tare: null, tareGrams: null },
          settling: { samples: 12, durationMs: 800, rule: "reported" },
        },
    raw: "AjAwMDAwMDAwMDAwMDAwMDANCg==",
  };
};

const fill = (directory: string, records: number): void => {
  const database = openForWriting({ path: ledgerPath(directory), migrations: ledgerMigrations });
  const startMs = Date.now() - records * everyMs;
  database.prepare("INSERT INTO line (gw, ep, eid, first_seen_ms) VALUES ('bench-market', 1, ?, ?)").run(eid, startMs);
  const insert = database.prepare(
    "INSERT INTO record (line, seq, lane, received_ms, digest, bytes) VALUES (1, ?, 1, ?, zeroblob(32), ?)",
  );
  database.transaction(() => {
    for (let seq = 1; seq <= records; seq++) {
      const atMs = startMs + seq * everyMs;
      insert.run(seq, atMs + 60, encodeRecord(record(seq, atMs, startMs)));
    }
  })();
  database.close();
};

const open = async (follower: string, dataDirectory: string): Promise<OpenFollower> => {
  const onAppend = (): void => undefined;
  if (follower === "readings") {
    const ports = { hints: new GatewayHints(), onAppend, onChange: () => undefined };
    return new ReadingsThread({ dataDirectory, timezone: "Asia/Shanghai" }, ports);
  }
  const log = pino({ enabled: false });
  const clock = { nowMs: () => Date.now(), random: Math.random };
  const ports = {
    audit: noAudit,
    channels: [],
    timers: eventLoopTimers,
    log,
    ...clock,
    onAppend,
    onChange: () => undefined,
  };
  const [rules, routing] = await Promise.all([loadRules(null), loadRouting(null)]);
  return new AlertsThread({ dataDirectory, timezone: "Asia/Shanghai", rules, routing }, ports);
};

const { values } = parseArgs({
  options: { follower: { type: "string" }, records: { type: "string" }, dir: { type: "string" } },
});
const { follower = "readings", dir } = values;
const records = Number(values.records ?? 100_000);
if (dir === undefined) throw new Error("--dir is missing");
fill(dir, records);
const opened = await open(follower, dir);
const startedMs = performance.now();
const before = process.cpuUsage();
while (opened.step().taken > 0);
const seconds = (performance.now() - startedMs) / 1000;
const used = process.cpuUsage(before);
const result: BenchResult = {
  records,
  seconds,
  cpuSeconds: (used.user + used.system) / 1e6,
  recordsPerSecond: records / seconds,
  rssMb: process.memoryUsage.rss() / 1024 / 1024,
};
await opened.close();
process.stdout.write(`${JSON.stringify(result)}\n`);
