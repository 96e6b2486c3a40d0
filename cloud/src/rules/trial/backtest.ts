import { LedgerFeed } from "../../cursor/ledger-feed.ts";
import { readLate } from "../../cursor/read-late.ts";
import type { LedgerReader } from "../../ledger/ledger-reader.ts";
import { decodeKinds } from "../decode-kinds.ts";
import type { Places } from "../places/places.ts";
import type { AlertRule } from "../rule.ts";
import { type TrialEvent, TrialRun } from "./trial-run.ts";

/** What is judged again. */
export interface BacktestOptions {
  readonly ledger: LedgerReader;
  readonly rules: readonly AlertRule[];
  readonly places: Places;
  /** Received from then on, and before then, in milliseconds since 1970. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Called now and then with how many records were judged, of how many there are. */
  onProgress?(records: number, of: number): void;
}

/** What rules would have done. */
export interface BacktestResult {
  /** Records received between the two moments. */
  readonly records: number;
  /** Everything that would have fired, in order. */
  readonly fired: readonly TrialEvent[];
  /** Alerts that would have ended by themselves within the time. */
  readonly resolved: ReadonlySet<string>;
  /** Rules that could not be evaluated, with the reason. */
  readonly broken: readonly { readonly rule: string; readonly reason: string }[];
}

const batchSize = 1_000;
/** What is pending is looked at so often while records come; what came between two looks is judged at once. */
const lookEveryMs = 10_000;

/** Number of the last record received before `ms`: receipt times grow with the ledger's numbers. */
const lastBefore = (ledger: LedgerReader, ms: number): number => {
  let low = 0;
  let high = ledger.head();
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const [record] = ledger.readAfter(middle - 1, 1);
    if (record !== undefined && record.receivedMs < ms) low = middle;
    else high = middle - 1;
  }
  return low;
};

/**
 * Judges what was received between two moments by rules, under a clock that follows the times of receipt to ten seconds.
 * Reads the ledger only. Lines count as they stand now.
 */
export const backtest = (options: BacktestOptions): BacktestResult => {
  const { ledger, rules, places, fromMs, toMs } = options;
  const trial = new TrialRun({ rules, places, ledger, tells: false, startMs: fromMs });
  const feed = new LedgerFeed(ledger, readLate(decodeKinds(trial.follower.kinds)));
  let lsn = lastBefore(ledger, fromMs);
  const total = lastBefore(ledger, toMs) - lsn;
  let records = 0;
  let lookedMs = fromMs;
  const judge = trial.database.transaction((batch: Parameters<typeof trial.follower.apply>[0]) => {
    let first = 0;
    for (const [index, { source }] of batch.entries()) {
      const atMs = source.receivedMs;
      if (atMs < lookedMs + lookEveryMs) continue;
      trial.follower.apply(batch.slice(first, index));
      first = index;
      trial.advanceWithin(atMs);
      lookedMs = atMs;
    }
    trial.follower.apply(batch.slice(first));
  });
  for (;;) {
    const read = feed.readAfter(lsn, batchSize);
    const batch = read.filter(({ source }) => source.receivedMs < toMs);
    if (batch.length === 0) break;
    judge(batch);
    records += batch.length;
    lsn = batch.at(-1)?.source.lsn ?? lsn;
    options.onProgress?.(records, total);
    if (batch.length < read.length) break;
  }
  trial.advance(toMs);
  const events = trial.events();
  const broken = trial.database.prepare("SELECT rule, broken AS reason FROM rule_state WHERE broken IS NOT NULL").all();
  trial.close();
  return {
    records,
    fired: events.filter(({ state, rule }) => state === "firing" && rule !== "rule-broken"),
    resolved: new Set(events.filter(({ state }) => state === "resolved").map(({ alert }) => alert)),
    broken: broken as BacktestResult["broken"],
  };
};
