import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { InfluxProcess } from "../../src/harness/influx-process.ts";
import { builtModule } from "../../src/harness/repository.ts";
import { type RunningProgram, runProgram, startProgram } from "../../src/harness/running-program.ts";
import { Database } from "../../src/harness/sqlite-engine.ts";

/** One step of the feed, as it tells it. */
export interface FeedStep {
  readonly taken?: number;
  readonly lines?: number;
  readonly more?: boolean;
  readonly lag?: number;
  readonly restarts?: number;
  readonly sentAgain?: number;
  readonly seconds?: number;
  readonly cpuSeconds?: number;
  readonly error?: string;
}

/** A directory for one test. */
export const scratch = (): { readonly dir: string; readonly remove: () => void } => {
  const dir = mkdtempSync(join(tmpdir(), "mingcheng-series-"));
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
};

/** Fills a data directory with so many records of three markets, projected. */
export const fillLedger = async (dataDir: string, records: number, spacingMs = 25): Promise<void> => {
  mkdirSync(dataDir, { recursive: true });
  await runProgram({
    ...{ name: "fill", command: process.execPath },
    args: [
      ...[builtModule("cloud/dist/timeseries/fill-entry.js"), "--dir", dataDir, "--records", String(records)],
      ...["--spacing", String(spacingMs)],
    ],
  });
};

/** A feed in a process of its own. */
export interface FeedProcess {
  readonly program: RunningProgram;
  /** Everything it said so far. */
  readonly steps: readonly FeedStep[];
}

/** Starts the feed over a data directory. `once`: it ends when nothing is behind. */
export const startFeed = (dataDir: string, settings: object, { once = false } = {}): FeedProcess => {
  const steps: FeedStep[] = [];
  let rest = "";
  const entry = builtModule("cloud/dist/timeseries/feed-entry.js");
  const program = startProgram({
    ...{ name: "feed", command: process.execPath },
    // As much room for what is soon gone as the thread has in the centre.
    args: [
      "--max-semi-space-size=32",
      entry,
      "--dir",
      dataDir,
      "--settings",
      JSON.stringify(settings),
      ...(once ? ["--once"] : []),
    ],
    onOutput: (text) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) steps.push(JSON.parse(line) as FeedStep);
    },
  });
  return { program, steps };
};

/** What the ledger's own bytes say: the oracle, which knows nothing of projections and feed. */
export interface LedgerSays {
  /** Milligrams by ledger number, of weighings that are no tare. */
  readonly weighings: ReadonlyMap<number, number | null>;
  readonly sales: number;
  readonly amountFen: number;
  readonly tests: number;
  readonly positive: number;
}

interface Body {
  readonly grams?: string;
  readonly mode?: string;
  readonly amountFen?: number;
  readonly verdict?: string;
}

/** Reads the ledger. */
export const ledgerSays = (dataDir: string): LedgerSays => {
  const database = new Database(join(dataDir, "ledger.db"), { readonly: true });
  const weighings = new Map<number, number | null>();
  const sums = { sales: 0, amountFen: 0, tests: 0, positive: 0 };
  for (const row of database.prepare("SELECT lsn, bytes FROM record ORDER BY lsn").iterate()) {
    const { lsn, bytes } = row as { readonly lsn: number; readonly bytes: Buffer };
    const { kind, body } = JSON.parse(bytes.toString("utf8")) as { readonly kind: string; readonly body: Body };
    if (kind === "weighing") weighings.set(lsn, body.mode === "tare" ? null : Math.round(Number(body.grams) * 1_000));
    else if (kind === "sale") {
      sums.sales++;
      sums.amountFen += body.amountFen ?? 0;
    } else if (kind === "test") {
      sums.tests++;
      if (body.verdict === "positive") sums.positive++;
    }
  }
  database.close();
  return { weighings, ...sums };
};

const number = (value: unknown): number => Number(value ?? 0);

/** What of the ledger is not as it should be in InfluxDB; empty when nothing is missing, twice, wrong or too much. */
export const judgeInflux = async (influx: InfluxProcess, says: LedgerSays): Promise<string[]> => {
  const wrong: string[] = [];
  const asked = 'SELECT "lsn", "mass_mg" FROM "autogen"."weighing" WHERE "lsn" > 0';
  const { series, error } = await influx.query("mingcheng", asked);
  if (error !== undefined) return [error];
  const seen = new Map<number, number>();
  for (const [, lsn, mg] of series[0]?.values ?? []) {
    const at = number(lsn);
    seen.set(at, (seen.get(at) ?? 0) + 1);
    const expected = says.weighings.get(at);
    if (expected === undefined) wrong.push(`${at} is no weighing`);
    else if ((mg ?? null) !== expected) wrong.push(`${at}: ${String(mg)} mg instead of ${expected}`);
  }
  for (const lsn of says.weighings.keys()) if (!seen.has(lsn)) wrong.push(`${lsn} is missing`);
  for (const [lsn, count] of seen) if (count > 1) wrong.push(`${lsn} is there ${count} times`);
  const sum = async (source: string, field: string): Promise<number> => {
    const { series } = await influx.query("mingcheng", `SELECT sum("${field}") FROM ${source}`);
    const [found] = series;
    return number(found?.values[0]?.[1]);
  };
  const milligrams = [...says.weighings.values()].reduce<number>((all, mg) => all + (mg ?? 0), 0);
  const sums: readonly (readonly [source: string, field: string, expected: number])[] = [
    ...['"long"."weighing_hour"', '"long"."weighing_day"'].flatMap(
      (source) =>
        [
          [source, "weighings", says.weighings.size],
          [source, "mass_mg", milligrams],
        ] as const,
    ),
    ...['"autogen"."sale"', '"long"."sale_hour"'].flatMap(
      (source) =>
        [
          [source, "sales", says.sales],
          [source, "amount_fen", says.amountFen],
        ] as const,
    ),
    ...['"autogen"."test"', '"long"."test_hour"', '"long"."test_item_day"'].flatMap(
      (source) =>
        [
          [source, "tests", says.tests],
          [source, "positive", says.positive],
        ] as const,
    ),
  ];
  for (const [source, field, expected] of sums) {
    const found = await sum(source, field);
    if (found !== expected) wrong.push(`${source} ${field}: ${found} instead of ${expected}`);
  }
  return wrong;
};
