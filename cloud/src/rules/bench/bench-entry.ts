import { parseArgs } from "node:util";
import { alertsMigrations, alertsPath } from "../../alerts/alerts-database.ts";
import { LiveFirstRunner } from "../../cursor/live-first-runner.ts";
import { StepPace } from "../../following/step-pace.ts";
import { openLedgerReader } from "../../ledger/sqlite-ledger-reader.ts";
import { openForReading, openForWriting } from "../../store/database.ts";
import { ledgerPath } from "../../store/store-paths.ts";
import { unsettled } from "../../store/unsettled.ts";
import { decodeKinds, timeOnly } from "../decode-kinds.ts";
import { RegisterPlaces } from "../places/register-places.ts";
import type { AlertRule } from "../rule.ts";
import { rulesSettings } from "../rules-database.ts";
import { RulesFollower } from "../rules-follower.ts";
import { backtest } from "../trial/backtest.ts";
import { fillLedger } from "./city-records.ts";
import { fillRegister } from "./city-register.ts";
import { cityRules } from "./city-rules.ts";

/**
 * The rules benchmark's process: `node bench-entry.js --mode fill|follow|backtest --dir DIR --records N --devices N
 * --rules N --days N`. `fill` makes a city's ledger and register in an empty directory; the others let the rules judge all
 * of it, on one thread, and print one line of JSON. Memory is that of the process that judges.
 */
interface BenchResult {
  readonly records: number;
  readonly rules: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly fired: number;
  /** The largest it was, looked at every 20,000 records. */
  readonly rssMb: number;
}

const timezone = "Asia/Shanghai";
const dayMs = 86_400_000;
/** Midnight of the first day: the last one ended before now. */
const firstDayMs = (days: number): number => Math.floor(Date.now() / dayMs) * dayMs - 8 * 3_600_000 - days * dayMs;

const rssMb = (): number => process.memoryUsage.rss() / 1024 / 1024;

/** Follows the ledger as the rules' thread does, with everything but telling people. */
const follow = (dataDirectory: string, rules: readonly AlertRule[]) => {
  const ledger = openLedgerReader(ledgerPath(dataDirectory), { asTexts: true });
  const register = openForReading(`${dataDirectory}/register.db`);
  const database = openForWriting({ path: alertsPath(dataDirectory), migrations: alertsMigrations });
  for (const setting of rulesSettings) database.pragma(setting);
  const nowMs = (): number => Date.now();
  const recordAt = (lsn: number) => ledger.readAfter(lsn - 1, 1)[0];
  const places = new RegisterPlaces(register, timezone);
  const follower = new RulesFollower({ database, rules, places, nowMs, recordAt, ledgerHead: () => ledger.head() });
  const decoders = { decode: decodeKinds(follower.kinds), passOver: timeOnly };
  const runner = new LiveFirstRunner(database, ledger, follower, decoders);
  database.transaction(() => follower.start()).immediate();
  const pace = new StepPace();
  let records = 0;
  let peakMb = rssMb();
  for (let taken = 1, looked = 0; taken > 0; ) {
    taken = unsettled(database, () => pace.run((limit) => runner.step(limit))).taken;
    records += taken;
    if (records - looked < 20_000) continue;
    looked = records;
    peakMb = Math.max(peakMb, rssMb());
  }
  peakMb = Math.max(peakMb, rssMb());
  const fired = Number(database.prepare("SELECT count(*) FROM alert").pluck().get());
  database.close();
  register.close();
  ledger.close();
  return { records, fired, rssMb: peakMb };
};

const backtestAll = (dataDirectory: string, rules: readonly AlertRule[], days: number) => {
  const ledger = openLedgerReader(ledgerPath(dataDirectory), { asTexts: true });
  const register = openForReading(`${dataDirectory}/register.db`);
  const places = new RegisterPlaces(register, timezone);
  const fromMs = firstDayMs(days);
  const { records, fired } = backtest({ ledger, rules, places, fromMs, toMs: fromMs + days * dayMs });
  register.close();
  ledger.close();
  return { records, fired: fired.length, rssMb: rssMb() };
};

const { values } = parseArgs({
  options: {
    mode: { type: "string", default: "follow" },
    records: { type: "string", default: "400000" },
    devices: { type: "string", default: "10000" },
    "per-gateway": { type: "string", default: "40" },
    rules: { type: "string", default: "60" },
    days: { type: "string", default: "1" },
    dir: { type: "string" },
  },
});
if (values.dir === undefined) throw new Error("--dir is missing");
const days = Number(values.days);
const city = { devices: Number(values.devices), devicesPerGateway: Number(values["per-gateway"]) };
if (values.mode === "fill") {
  fillLedger(values.dir, { ...city, records: Number(values.records), startMs: firstDayMs(days), days });
  fillRegister(values.dir, city);
} else {
  const rules = await cityRules(Number(values.rules));
  const before = process.cpuUsage();
  const startedMs = performance.now();
  const done = values.mode === "backtest" ? backtestAll(values.dir, rules, days) : follow(values.dir, rules);
  const used = process.cpuUsage(before);
  const result: BenchResult = {
    ...done,
    rules: rules.length,
    seconds: (performance.now() - startedMs) / 1000,
    cpuSeconds: (used.user + used.system) / 1e6,
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
