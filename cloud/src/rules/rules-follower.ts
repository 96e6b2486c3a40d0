import type { Line, MingchengRecord } from "@mingcheng/protocols";
import { AlertStore } from "../alerts/alert-store.ts";
import type { DecodedLedgerRecord } from "../cursor/decoded-record.ts";
import type { Follower, Refused } from "../cursor/follower.ts";
import { BootBook, type KnownBoot } from "../effective-time/boot-book.ts";
import { type ClockReading, clockReading, effectiveAt } from "../effective-time/clock-book.ts";
import type { LedgerLine } from "../ledger/ledger-reader.ts";
import { type KnownLine, LineBook } from "../projections/line-book.ts";
import type { SqliteDatabase } from "../store/database.ts";
import { type CompiledRule, compileRule } from "./compiled-rule.ts";
import { EventLifecycle, type Judging } from "./event-lifecycle.ts";
import type { Observation } from "./observation.ts";
import type { AlertRule } from "./rule.ts";
import { StateLifecycle } from "./state-lifecycle.ts";
import { WithheldStore } from "./withheld-store.ts";

/** What the rules work with. */
export interface RulesFollowerOptions {
  readonly database: SqliteDatabase;
  readonly rules: readonly AlertRule[];
  /** Centre's clock, milliseconds since 1970. */
  nowMs(): number;
  /** The ledger's largest number. */
  ledgerHead(): number;
}

/** After a start nothing that is pending already fires for so long: gateways come back first and say what has ended meanwhile. */
const graceAfterStartMs = 60_000;

/**
 * Judges every record by the rules, in ledger order, and moves alerts: exactly once, because cursor, rules' state,
 * alerts, their history and the queue of notifications change in one transaction. Going through the ledger again changes
 * nothing: facts are known by their identity, states by their moment.
 */
export class RulesFollower implements Follower {
  readonly name = "rules";
  /** Stays 1: other rules go on from where the cursor stands, people's acts are never thrown away. */
  readonly version = 1;
  /** Kinds that some rule asks for. */
  readonly kinds: ReadonlySet<string>;
  readonly #options: RulesFollowerOptions;
  readonly #compiled: ReadonlyMap<string, readonly CompiledRule[]>;
  readonly #rules: ReadonlyMap<string, AlertRule>;
  #parts: RulesParts | undefined;

  constructor(options: RulesFollowerOptions) {
    this.#options = options;
    this.#rules = new Map(options.rules.map((rule) => [rule.id, rule]));
    this.kinds = new Set(options.rules.map(({ match }) => match.kind));
    const compiled = options.rules.map(compileRule);
    this.#compiled = new Map(
      [...this.kinds].map((kind) => [kind, compiled.filter(({ rule }) => rule.match.kind === kind)]),
    );
  }

  /** Marks the record behind which people are notified. Deletes nothing. */
  reset(): void {
    this.#options.database
      .prepare("INSERT INTO meta VALUES ('past_lsn', ?) ON CONFLICT DO NOTHING")
      .run(this.#options.ledgerHead());
  }

  forget(): void {
    this.#parts = undefined;
  }

  apply(batch: readonly DecodedLedgerRecord[]): readonly Refused[] {
    const parts = this.#ready();
    for (const { source, content } of batch) {
      const receivedMs = Date.parse(source.receivedAt);
      if (content.type === "passed") parts.seeTime(content.gw, content.t, receivedMs);
      if (content.type !== "record") continue;
      const { record } = content;
      const rules = this.#compiled.get(record.kind) ?? [];
      parts.take(record, rules, { lsn: source.lsn, receivedMs, lineStatus: source.lineStatus });
    }
    parts.finish();
    return [];
  }

  /**
   * Follows lines that became disputed, or were decided for: what stands on a disputed line is taken back, what a line
   * was withheld for takes effect. Call in a transaction. True when something changed.
   */
  reconcile(lines: readonly LedgerLine[]): boolean {
    const parts = this.#ready();
    return lines.filter((line) => parts.setStatus(line)).length > 0;
  }

  /** Fires what has been pending for long enough. Call in a transaction, with the ledger read to its end. */
  tick(): boolean {
    return this.#ready().states.tick(this.#options.nowMs());
  }

  /** When `tick` is due next, by the centre's clock; null when nothing is pending. */
  nextDueMs(): number | null {
    return this.#ready().states.nextDueMs();
  }

  /** After opening: ends alerts of rules that are gone, and holds back what is due. Call in a transaction. */
  start(): void {
    const { states, store } = this.#ready();
    const nowMs = this.#options.nowMs();
    states.holdBack(nowMs + graceAfterStartMs);
    for (const rule of store.openRules()) {
      if (this.#rules.has(rule)) continue;
      states.forgetRule(rule);
      for (const id of store.openAlertsOf(rule)) {
        store.change(id, { to: "resolved", reason: "rule-removed", atMs: nowMs });
      }
    }
  }

  #ready(): RulesParts {
    this.#parts ??= new RulesParts(this.#options, this.#rules);
    return this.#parts;
  }
}

/** Where a record comes from. */
interface Arrival {
  readonly lsn: number;
  readonly receivedMs: number;
  readonly lineStatus: KnownLine["status"];
}

/** Books, stores and lifecycles over `alerts.db`. */
class RulesParts {
  readonly store: AlertStore;
  readonly states: StateLifecycle;
  readonly #events: EventLifecycle;
  readonly #withheld: WithheldStore;
  readonly #lines: LineBook;
  readonly #boots: BootBook;
  readonly #rules: ReadonlyMap<string, AlertRule>;
  readonly #options: RulesFollowerOptions;
  /** Up to here the ledger was there before the alerts. */
  readonly #pastLsn: number;

  constructor(options: RulesFollowerOptions, rules: ReadonlyMap<string, AlertRule>) {
    const { database } = options;
    this.#options = options;
    this.#rules = rules;
    this.store = new AlertStore(database);
    this.states = new StateLifecycle(database, this.store);
    this.#events = new EventLifecycle(database, this.store);
    this.#withheld = new WithheldStore(database);
    this.#lines = new LineBook(database);
    this.#boots = new BootBook(database);
    this.#pastLsn = (database.prepare("SELECT value FROM meta WHERE name = 'past_lsn'").pluck().get() as number) ?? 0;
  }

  /** Takes only a record's time, as evidence of its boot's clock. */
  seeTime(gw: string, t: MingchengRecord["t"], receivedMs: number): void {
    this.#boots.take(this.#boots.boot(gw, t.boot), clockReading(t), receivedMs);
  }

  take(record: MingchengRecord, rules: readonly CompiledRule[], arrival: Arrival): void {
    const boot = this.#boots.boot(record.gw, record.t.boot);
    const reading = clockReading(record.t);
    const atMs = this.#boots.take(boot, reading, arrival.receivedMs);
    if (rules.length === 0) return;
    const line = this.#lines.line(record, arrival.lineStatus);
    // What the ledger says with the record is newer than the last comparison of all lines.
    if (arrival.lineStatus === "disputed" && line.status === "ok") this.setStatus({ ...record, status: "disputed" });
    for (const compiled of rules) {
      const observation = observe(compiled, record, { ...arrival, reading, atMs });
      if (line.status === "ok") this.#judge(compiled.rule, observation, line, boot, false);
      else this.#withheld.keep(line.id, observation);
    }
  }

  #judge(rule: AlertRule, observation: Observation, line: KnownLine, boot: KnownBoot, kept: boolean): void {
    const nowMs = this.#options.nowMs();
    const quiet = observation.lsn <= this.#pastLsn;
    const judging: Judging = { line: line.id, boot: boot.id, nowMs, quiet, kept };
    if (rule.lifecycle.type === "event") this.#events.observe(rule, observation, judging);
    else this.states.observe(rule, observation, judging);
  }

  setStatus(line: Line & { readonly status: KnownLine["status"] }): boolean {
    const known = this.#lines.find(line);
    if (known === undefined || known.status === line.status) return false;
    this.#lines.setStatus(known, line.status);
    if (line.status === "disputed") {
      const nowMs = this.#options.nowMs();
      const taken = [...this.#events.withdraw(known.id, nowMs), ...this.states.withdraw(known.id, nowMs)];
      for (const observation of taken) this.#withheld.keep(known.id, observation);
      return true;
    }
    for (const observation of this.#withheld.take(known.id)) {
      const rule = this.#rules.get(observation.rule);
      const boot = this.#boots.boot(observation.gw, observation.boot);
      const current = { ...observation, atMs: effectiveAt(boot.clock, readingOf(observation)) };
      if (rule !== undefined) this.#judge(rule, current, known, boot, true);
    }
    return true;
  }

  /** Brings observations of boots with a new clock to their new times and writes what gathered. */
  finish(): void {
    const nowMs = this.#options.nowMs();
    for (const boot of this.#boots.outdated()) {
      const atOf = (observation: Observation) => effectiveAt(boot.clock, readingOf(observation));
      this.#events.retime(this.#rules, boot.id, atOf, nowMs);
      this.states.retime(this.#rules, boot.id, atOf, nowMs);
      this.#boots.corrected(boot);
    }
    this.#boots.flush();
  }
}

const readingOf = ({ wallMs, monoMs, rank }: Observation): ClockReading => ({ wallMs, monoMs, rank });

const observe = (
  compiled: CompiledRule,
  record: MingchengRecord,
  { lsn, receivedMs, reading, atMs }: Arrival & { readonly reading: ClockReading; readonly atMs: number },
): Observation => ({
  ...compiled.judge(record),
  rule: compiled.rule.id,
  gw: record.gw,
  dev: record.dev,
  lsn,
  salt: record.salt,
  boot: record.t.boot,
  ...reading,
  receivedMs,
  atMs,
});
