import { parseArgs } from "node:util";
import { encodeRecord, type MingchengRecord } from "@mingcheng/protocols";
import pino from "pino";
import { AlertsThread } from "../following/alerts-thread.ts";
import { eventLoopTimers } from "../following/follower-loop.ts";
import { ledgerMigrations } from "../ledger/ledger-schema.ts";
import { ledgerPath } from "../ledger/open-ledger.ts";
import { openLedgerReader } from "../ledger/sqlite-ledger-reader.ts";
import { openForWriting } from "../store/database.ts";
import { loadRules } from "./load-rules.ts";
import { noPlaces } from "./places/register-places.ts";
import type { AlertRule } from "./rule.ts";
import { backtest } from "./trial/backtest.ts";
import { bodyOf } from "./trial/sample-bodies.ts";

/**
 * The rules benchmark's process: `node bench-entry.js --mode follow|backtest --records N --devices N --rules N --days N
 * --dir DIR`. Fills the ledger of an empty directory with what that many devices say in that many days, lets the rules
 * judge all of it, and prints one line of JSON.
 */
interface BenchResult {
  readonly records: number;
  readonly rules: number;
  readonly devices: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly fired: number;
  readonly rssMb: number;
}

const devicesPerGateway = 40;
const dayMs = 86_400_000;

/** Of a hundred records of a market 66 are weighings, 30 sales, 2 tests and 2 about devices. */
const kindOf = (index: number): string => {
  const share = (index * 37) % 100;
  return share < 66 ? "weighing" : share < 96 ? "sale" : share < 98 ? "test" : "device";
};

const bodyAt = (kind: string, index: number): Record<string, unknown> => {
  const grams = String(100 + ((index * 7919) % 4973));
  if (kind === "weighing") return bodyOf(kind, { value: grams, grams });
  const value = `${10 + (index % 37)}.${index % 10}`;
  return kind === "test" ? bodyOf(kind, { specimenId: `S-${index}`, value, number: value }) : bodyOf(kind, {});
};

const fill = (dir: string, records: number, devices: number, startMs: number, everyMs: number): void => {
  const database = openForWriting({ path: ledgerPath(dir), migrations: ledgerMigrations });
  const gateways = Math.ceil(devices / devicesPerGateway);
  const eid = "0123456789abcdef0123456789abcdef";
  const line = database.prepare("INSERT INTO line (gw, ep, eid, first_seen_ms) VALUES (?, 1, ?, ?)");
  for (let gateway = 0; gateway < gateways; gateway++) line.run(`gw-${gateway}`, eid, startMs);
  const insert = database.prepare(
    "INSERT INTO record (line, seq, lane, received_ms, digest, bytes) VALUES (?, ?, 1, ?, zeroblob(32), ?)",
  );
  const seqs = new Array<number>(gateways).fill(0);
  database.transaction(() => {
    for (let index = 0; index < records; index++) {
      const gateway = Math.floor((index % devices) / devicesPerGateway);
      const seq = (seqs[gateway] ?? 0) + 1;
      seqs[gateway] = seq;
      const atMs = startMs + Math.floor(index * everyMs);
      const kind = kindOf(index);
      const record: MingchengRecord = {
        ...{ v: 1, gw: `gw-${gateway}`, ep: 1, eid, seq, dev: `dev-${index % devices}`, n: seq, kind },
        t: { wall: new Date(atMs).toISOString(), mono_ms: atMs - startMs, boot: "bench", sync: "ntp", err_ms: 10 },
        ...{
          salt: index.toString(16).padStart(32, "0"),
          body: bodyAt(kind, index),
          raw: "AjAwMDAwMDAwMDAwMDAwMDANCg==",
        },
      };
      insert.run(gateway + 1, seq, atMs + 60, encodeRecord(record));
    }
  })();
  database.close();
};

/** So many rules: those that come with the centre, and the same again under other names. */
const rulesFor = async (count: number): Promise<readonly AlertRule[]> => {
  const own = (await loadRules(null)).filter(({ match }) => !match.kinds.includes("gateway-state"));
  return Array.from({ length: count }, (_, index) => {
    const rule = own[index % own.length] as AlertRule;
    return index < own.length ? rule : { ...rule, id: `${rule.id}-${Math.floor(index / own.length)}` };
  });
};

const follow = async (dir: string, rules: readonly AlertRule[]): Promise<number> => {
  const ports = {
    ...{ channels: [], timers: eventLoopTimers, log: pino({ enabled: false }), nowMs: () => Date.now() },
    ...{ random: Math.random, onAppend: () => undefined, onChange: () => undefined },
  };
  const thread = new AlertsThread({ dataDirectory: dir, timezone: "Asia/Shanghai", rules }, ports);
  while (thread.step().taken > 0);
  const firing = thread.figures().find(({ labels }) => labels?.["state"] === "firing")?.value ?? 0;
  await thread.close();
  return firing;
};

const { values } = parseArgs({
  options: {
    mode: { type: "string", default: "follow" },
    records: { type: "string", default: "100000" },
    devices: { type: "string", default: "10000" },
    rules: { type: "string", default: "60" },
    days: { type: "string", default: "1" },
    dir: { type: "string" },
  },
});
if (values.dir === undefined) throw new Error("--dir is missing");
const records = Number(values.records);
const lengthMs = Number(values.days) * dayMs;
const startMs = Date.now() - lengthMs;
fill(values.dir, records, Number(values.devices), startMs, lengthMs / records);
const rules = await rulesFor(Number(values.rules));
const before = process.cpuUsage();
const startedMs = performance.now();
let fired: number;
if (values.mode === "backtest") {
  const ledger = openLedgerReader(ledgerPath(values.dir));
  const places = noPlaces("Asia/Shanghai");
  fired = backtest({ ledger, rules, places, fromMs: startMs, toMs: Date.now() }).fired.length;
  ledger.close();
} else fired = await follow(values.dir, rules);
const used = process.cpuUsage(before);
const result: BenchResult = {
  ...{ records, rules: rules.length, devices: Number(values.devices), fired },
  seconds: (performance.now() - startedMs) / 1000,
  cpuSeconds: (used.user + used.system) / 1e6,
  rssMb: process.memoryUsage.rss() / 1024 / 1024,
};
process.stdout.write(`${JSON.stringify(result)}\n`);
