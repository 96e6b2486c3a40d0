import type { DecodedLedgerRecord } from "../../cursor/decoded-record.ts";
import { LedgerFeed } from "../../cursor/ledger-feed.ts";
import { readLate } from "../../cursor/read-late.ts";
import type { LedgerReader } from "../../ledger/ledger-reader.ts";
import { brokenRule } from "../broken-rule.ts";
import { decodeKinds } from "../decode-kinds.ts";
import type { Places } from "../places/places.ts";
import { type AlertRule, isStanding } from "../rule.ts";
import { type TrialEvent, TrialRun } from "./trial-run.ts";

/** What is judged again. */
export interface BacktestOptions {
  readonly ledger: LedgerReader;
  readonly rules: readonly AlertRule[];
  readonly places: Places;
  /** Received from then on, and before then, in milliseconds since 1970. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Called now and then with how many records were read, of how many there are, those before the first moment included. */
  onProgress?(records: number, of: number): void;
}

/** What rules would have done. */
export interface BacktestResult {
  /** Records received between the two moments. */
  readonly records: number;
  /** Everything that would have fired, in order. */
  readonly fired: readonly TrialEvent[];
  /** How many further facts of a rule would have joined an alert that was open already: nobody closes one here. */
  readonly joined: ReadonlyMap<string, number>;
  /** Alerts that would have ended by themselves within the time. */
  readonly resolved: ReadonlySet<string>;
  /** Rules that could not be evaluated, with the reason. */
  readonly broken: readonly { readonly rule: string; readonly reason: string }[];
}

const batchSize = 1_000;
const dayMs = 86_400_000;
/** Rules judge so long before they are listened to: then windows, presences and what is pending are as they were. */
const warmMs = dayMs;
/** Other sides of joins are looked for so far back. */
const mostSideMs = 30 * dayMs;
/** What is pending is looked at so often while records come; what came between two looks is judged at once. */
const mostLookMs = 10_000;

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

/** How often what is pending has to be looked at for nothing to be over before anybody looks. 0: at every record. */
export const lookEveryMs = (rules: readonly AlertRule[]): number =>
  rules.reduce((everyMs, { lifecycle, window, absence, match }) => {
    if (lifecycle.type !== "state" || absence !== null || isStanding(match)) return everyMs;
    return Math.min(everyMs, Math.floor((window?.overMs ?? lifecycle.forMs) / 10));
  }, mostLookMs);

/** Kinds of the other sides of joins, and for how long they matter. */
const sidesOf = (rules: readonly AlertRule[]): { readonly kinds: ReadonlySet<string>; readonly longestMs: number } => {
  const joins = rules.flatMap(({ join }) => (join === null ? [] : [join]));
  const matches = joins.flatMap(({ to, until }) => (until === null ? [to] : [to, until]));
  const longestMs = joins.reduce((ms, { withinMs }) => Math.max(ms, withinMs), 0);
  return { kinds: new Set(matches.flatMap(({ kinds }) => kinds)), longestMs: Math.min(longestMs, mostSideMs) };
};

/** Judges stretches of a ledger, one after the other. */
class Rejudging {
  readonly trial: TrialRun;
  readonly #options: BacktestOptions;
  readonly #everyMs: number;
  readonly #judge: (batch: readonly DecodedLedgerRecord[]) => void;
  readonly #total: number;
  #judged = 0;
  #looks = true;
  #lookedMs: number;
  lsn: number;

  /** `firstMs`: when the ledger's first record came. */
  constructor(options: BacktestOptions, startMs: number, firstMs: number) {
    const { ledger, rules, places, toMs } = options;
    // As if the rules had been watching for a while, but not before there was anything to watch.
    const sinceMs = Math.max(startMs - dayMs, firstMs);
    this.trial = new TrialRun({ rules, places, ledger, tells: false, startMs, sinceMs });
    this.#options = options;
    this.#everyMs = lookEveryMs(rules);
    this.#lookedMs = startMs;
    this.lsn = lastBefore(ledger, startMs);
    this.#total = lastBefore(ledger, toMs) - this.lsn;
    this.#judge = this.trial.database.transaction((batch: readonly DecodedLedgerRecord[]) => this.#take(batch));
  }

  #take(batch: readonly DecodedLedgerRecord[]): void {
    const { follower } = this.trial;
    let first = 0;
    for (const [index, { source }] of batch.entries()) {
      const atMs = source.receivedMs;
      if (!this.#looks || atMs < this.#lookedMs + this.#everyMs) continue;
      follower.apply(batch.slice(first, index));
      first = index;
      this.trial.advanceWithin(atMs);
      this.#lookedMs = atMs;
    }
    follower.apply(batch.slice(first));
  }

  /** Takes what was received until then of some kinds, without a look at what time brings about. */
  gather(untilMs: number, kinds: ReadonlySet<string>): void {
    this.#looks = false;
    this.#read(untilMs, kinds);
    this.#looks = true;
    this.trial.skipTo(untilMs);
    this.#lookedMs = untilMs;
  }

  /** Judges what was received until then; returns how many records that were. */
  judge(untilMs: number): number {
    const records = this.#read(untilMs, this.trial.follower.kinds);
    this.trial.advance(untilMs);
    this.#lookedMs = untilMs;
    return records;
  }

  #read(untilMs: number, kinds: ReadonlySet<string>): number {
    const feed = new LedgerFeed(this.#options.ledger, readLate(decodeKinds(kinds)));
    let records = 0;
    for (;;) {
      const read = feed.readAfter(this.lsn, batchSize);
      const batch = read.filter(({ source }) => source.receivedMs < untilMs);
      if (batch.length === 0) break;
      this.#judge(batch);
      records += batch.length;
      this.#judged += batch.length;
      this.lsn = batch.at(-1)?.source.lsn ?? this.lsn;
      this.#options.onProgress?.(this.#judged, this.#total);
      if (batch.length < read.length) break;
    }
    return records;
  }
}

/**
 * Judges what was received between two moments by rules, under a clock that follows the times of receipt to ten seconds, and
 * closer where a rule asks for less. It begins a day earlier, with other sides of joins thirty days earlier, so that at the
 * first moment things stand as they stood. Reads the ledger only. Lines count as they stand now.
 */
export const backtest = (options: BacktestOptions): BacktestResult => {
  const { ledger, rules, fromMs, toMs } = options;
  const sides = sidesOf(rules);
  const [first] = ledger.readAfter(0, 1);
  const firstMs = first === undefined ? toMs : first.receivedMs;
  const run = new Rejudging(options, fromMs - Math.max(warmMs, sides.longestMs), firstMs);
  const { trial } = run;
  run.gather(Math.min(fromMs, Math.max(fromMs - warmMs, firstMs)), sides.kinds);
  run.judge(fromMs);
  const records = run.judge(toMs);
  const events = trial.events().filter(({ atMs }) => atMs >= fromMs);
  const broken = trial.database.prepare("SELECT rule, broken AS reason FROM rule_state WHERE broken IS NOT NULL").all();
  const joined = trial.joined(fromMs);
  trial.close();
  return {
    ...{ records, joined },
    fired: events.filter(({ state, rule }) => state === "firing" && rule !== brokenRule),
    resolved: new Set(events.filter(({ state }) => state === "resolved").map(({ alert }) => alert)),
    broken: broken as BacktestResult["broken"],
  };
};
