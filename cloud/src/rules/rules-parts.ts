import { randomBytes } from "node:crypto";
import type { Line, MingchengRecord } from "@mingcheng/protocols";
import { AlertStore } from "../alerts/alert-store.ts";
import { Telling } from "../alerts/telling.ts";
import { BootBook, type KnownBoot } from "../effective-time/boot-book.ts";
import { type ClockReading, clockReading, effectiveAt } from "../effective-time/clock-book.ts";
import { type KnownLine, LineBook } from "../projections/line-book.ts";
import { breakRule, mendRule } from "./broken-rule.ts";
import { type CompiledRole, type CompiledRule, filledBody, type JudgedRecord } from "./compiled-rule.ts";
import { EventLifecycle, type Judging } from "./event-lifecycle.ts";
import { JoinBook } from "./gathering/join-book.ts";
import { PresenceBook } from "./gathering/presence-book.ts";
import { WindowBook } from "./gathering/window-book.ts";
import { momentOf, type Observation } from "./observation.ts";
import { nowhere, type Places } from "./places/places.ts";
import type { AlertRule } from "./rule.ts";
import { RuleBook } from "./rule-book.ts";
import type { RuleSet, RulesFollowerOptions } from "./rule-set.ts";
import { StateLifecycle } from "./state-lifecycle.ts";
import { WithheldStore } from "./withheld-store.ts";

/** Where a record comes from. */
export interface Arrival {
  readonly lsn: number;
  readonly receivedMs: number;
  readonly lineStatus: KnownLine["status"];
}

/** What the parts work with. */
export interface RulesPartsOptions extends Pick<RulesFollowerOptions, "database" | "gateways" | "nowMs"> {
  readonly places: Places;
  readonly set: RuleSet;
}

/** After a start nothing that is pending already fires for so long: gateways come back first and say what has ended meanwhile. */
const graceAfterStartMs = 60_000;
/** What only a look can find is looked for so often. */
const lookEveryMs = 60_000;
/** A sentinel: the centre itself, in the tables of lines and boots. */
const centre = 0;

const newSalt = (): string => randomBytes(16).toString("hex");
const messageOf = (error: unknown): string =>
  error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);

/** Books, stores and lifecycles over `alerts.db`, all of one transaction at a time. */
export class RulesParts {
  readonly #store: AlertStore;
  readonly #states: StateLifecycle;
  readonly #events: EventLifecycle;
  readonly #withheld: WithheldStore;
  readonly #windows: WindowBook;
  readonly #joins: JoinBook;
  readonly #presence: PresenceBook;
  readonly #book: RuleBook;
  readonly #telling: Telling;
  readonly #lines: LineBook;
  readonly #boots: BootBook;
  readonly #options: RulesPartsOptions;
  readonly #set: RuleSet;
  readonly #rules: ReadonlyMap<string, AlertRule>;
  readonly #looks: boolean;
  /** Up to here the ledger was there before the alerts. */
  readonly #pastLsn: number;
  /** Up to here what was gathered has been judged before. */
  readonly #judgedLsn: number;
  #nextLookMs = 0;

  constructor(options: RulesPartsOptions) {
    const { database, set, places } = options;
    this.#options = options;
    this.#set = set;
    this.#rules = new Map([...set.byId].map(([id, { rule }]) => [id, rule]));
    this.#looks = [...this.#rules.values()].some(
      ({ absence, match }) =>
        absence !== null || (match.kinds.includes("gateway-state") && options.gateways !== undefined),
    );
    this.#store = new AlertStore(database);
    this.#states = new StateLifecycle(database, this.#store, places);
    this.#events = new EventLifecycle(database, this.#store);
    this.#withheld = new WithheldStore(database);
    this.#windows = new WindowBook(database, ({ rule, meets }, names, percentile) => {
      set.surroundings.percentile = percentile;
      return this.#evaluate(rule.id, false, () => meets(names) === true);
    });
    this.#joins = new JoinBook(database);
    this.#presence = new PresenceBook(database, places);
    this.#book = new RuleBook(database);
    this.#telling = new Telling(database, this.#store);
    this.#lines = new LineBook(database);
    this.#boots = new BootBook(database);
    const meta = database.prepare("SELECT value FROM meta WHERE name = ?").pluck();
    this.#pastLsn = (meta.get("past_lsn") as number | undefined) ?? 0;
    this.#judgedLsn = (meta.get("judged_lsn") as number | undefined) ?? 0;
  }

  /** Runs an expression of a rule; a rule that cannot be evaluated is marked broken, alone, and judges nothing more. */
  #evaluate<Result>(rule: string, otherwise: Result, body: () => Result): Result {
    try {
      return body();
    } catch (error) {
      const reason = messageOf(error);
      if (this.#book.markBroken(rule, reason)) breakRule(this.#store, rule, reason, this.#options.nowMs());
      return otherwise;
    }
  }

  #isBroken(rule: string): boolean {
    return (this.#book.get(rule)?.broken ?? null) !== null;
  }

  /** Takes only a record's time, as evidence of its boot's clock. */
  seeTime(gw: string, t: MingchengRecord["t"], receivedMs: number): void {
    this.#boots.take(this.#boots.boot(gw, t.boot), clockReading(t), receivedMs);
  }

  take(record: MingchengRecord, roles: readonly CompiledRole[], arrival: Arrival): void {
    const boot = this.#boots.boot(record.gw, record.t.boot);
    const reading = clockReading(record.t);
    const atMs = this.#boots.take(boot, reading, arrival.receivedMs);
    if (roles.length === 0) return;
    const line = this.#lines.line(record, arrival.lineStatus);
    // What the ledger says with the record is newer than the last comparison of all lines.
    if (arrival.lineStatus === "disputed" && line.status === "ok") this.setStatus({ ...record, status: "disputed" });
    const judged = this.#judgedRecord(record, arrival, reading, atMs);
    for (const role of roles) {
      if (this.#isBroken(role.rule.id)) continue;
      for (const observation of this.#evaluate(role.rule.id, [], () => role.observe(judged))) {
        if (line.status === "ok") this.#gather(observation, line.id, boot.id, false);
        else this.#withheld.keep(line.id, observation);
      }
    }
  }

  #judgedRecord(record: MingchengRecord, arrival: Arrival, reading: ClockReading, atMs: number): JudgedRecord {
    const { places, set } = this.#options;
    const { lsn, receivedMs } = arrival;
    const place = places.placeOf(record.gw, record.dev, Math.floor(atMs / 60_000));
    Object.assign(set.surroundings, { atMs, receivedMs, site: place.code });
    const { gw, dev, kind } = record;
    const names = { gw, dev, kind, body: filledBody(kind, record.body), site: place };
    return { record, lsn, receivedMs, reading, atMs, place, day: places.day(atMs), names };
  }

  /** Lets an observation of a line that counts join what has gathered, and judges what comes of it. */
  #gather(observation: Observation, line: number, boot: number, kept: boolean): void {
    const compiled = this.#set.byId.get(observation.rule);
    if (compiled === undefined) return;
    const { rule } = compiled;
    if (rule.absence !== null) {
      const ended = this.#presence.see(rule, observation);
      if (ended !== undefined) this.#judge(rule, ended, line, boot, kept);
      return;
    }
    if (rule.window !== null) {
      const said = this.#windows.take(compiled, observation, line);
      if (said !== undefined) this.#judge(rule, said, line, boot, kept);
      return;
    }
    if (rule.join !== null) this.#gatherPairs(compiled, observation, line, boot, kept);
    else this.#judge(rule, observation, line, boot, kept);
  }

  #gatherPairs(compiled: CompiledRule, observation: Observation, line: number, boot: number, kept: boolean): void {
    const { rule, meets } = compiled;
    for (const { observation: own, to } of this.#joins.take(compiled, observation, line)) {
      const labels = { ...own.labels, ...to.labels };
      const joined = { ...to.labels, ageSeconds: (own.atMs - to.atMs) / 1000 };
      const holds = this.#evaluate(rule.id, false, () => meets({ joined, labels }) === true);
      if (holds) this.#judge(rule, { ...own, labels }, line, boot, kept);
    }
  }

  #judge(rule: AlertRule, observation: Observation, line: number, boot: number, kept: boolean): void {
    const nowMs = this.#options.nowMs();
    const quiet = observation.lsn > 0 && observation.lsn <= this.#pastLsn;
    const isAgain = observation.lsn > 0 && observation.lsn <= this.#judgedLsn;
    if (isAgain && (rule.window !== null || rule.absence !== null)) return;
    const ordered = rule.window !== null || rule.absence !== null || rule.match.kinds.includes("gateway-state");
    const judging: Judging = { line, boot, nowMs, quiet, kept, ordered };
    if (rule.lifecycle.type === "state") this.#states.observe(rule, observation, judging);
    else if (this.#isInHours(rule, observation)) this.#events.observe(rule, observation, judging);
  }

  #isInHours({ during }: AlertRule, { site, atMs }: Observation): boolean {
    return during === null || this.#options.places.within(site, during, Math.floor(atMs / 60_000));
  }

  setStatus(line: Line & { readonly status: KnownLine["status"] }): boolean {
    const known = this.#lines.find(line);
    if (known === undefined || known.status === line.status) return false;
    this.#lines.setStatus(known, line.status);
    if (line.status === "disputed") this.#withdraw(known.id);
    else this.#release(known.id);
    return true;
  }

  #withdraw(line: number): void {
    const nowMs = this.#options.nowMs();
    this.#windows.withdraw(this.#set.byId, line);
    const taken = [
      ...this.#joins.withdraw(line),
      ...this.#events.withdraw(line, nowMs),
      ...this.#states.withdraw(line, nowMs),
    ];
    for (const observation of taken) this.#withheld.keep(line, observation);
  }

  #release(line: number): void {
    for (const observation of this.#withheld.take(line)) {
      const boot = this.#boots.boot(observation.gw, observation.boot);
      const current = { ...observation, atMs: effectiveAt(boot.clock, readingOf(observation)) };
      this.#gather(current, line, boot.id, true);
    }
    this.#windows.flush();
    this.#presence.flush();
  }

  /** Brings observations of boots with a new clock to their new times and writes what gathered. */
  finish(): void {
    const nowMs = this.#options.nowMs();
    for (const boot of this.#boots.outdated()) this.#retime(boot, nowMs);
    this.#boots.flush();
    this.#windows.flush();
    this.#presence.flush();
  }

  #retime(boot: KnownBoot, nowMs: number): void {
    const atOf = (observation: Observation) => effectiveAt(boot.clock, readingOf(observation));
    this.#events.retime(this.#rules, boot.id, atOf, nowMs);
    this.#states.retime(this.#rules, boot.id, atOf, nowMs);
    this.#boots.corrected(boot);
  }

  /** Fires what has been pending for long enough, looks for what only a look can find, tells again what must be. */
  tick(): boolean {
    const nowMs = this.#options.nowMs();
    for (const observation of this.#windows.tick(this.#set.byId, nowMs, newSalt)) this.#judgeMoment(observation);
    if (this.#looks && nowMs >= this.#nextLookMs) {
      this.#look(nowMs);
      this.#nextLookMs = (Math.floor(nowMs / lookEveryMs) + 1) * lookEveryMs;
    }
    const fired = this.#states.tick(this.#rules, nowMs);
    const told = this.#telling.tick(nowMs);
    return fired || told;
  }

  #judgeMoment(observation: Observation): void {
    const rule = this.#rules.get(observation.rule);
    if (rule?.lifecycle.type === "state") this.#judge(rule, observation, centre, centre, false);
  }

  #look(nowMs: number): void {
    const { places, gateways } = this.#options;
    places.refresh();
    for (const rule of this.#rules.values()) {
      if (rule.absence === null || this.#isBroken(rule.id)) continue;
      const sinceMs = this.#book.get(rule.id)?.sinceMs ?? nowMs;
      for (const found of this.#presence.tick(rule, nowMs, sinceMs, newSalt)) this.#judgeMoment(found);
    }
    const roles = this.#set.rolesByKind.get("gateway-state") ?? [];
    if (gateways === undefined || roles.length === 0) return;
    for (const [gw, state] of gateways.read(nowMs)) this.#judgeGateway(roles, gw, state, nowMs);
  }

  #judgeGateway(roles: readonly CompiledRole[], gw: string, gateway: unknown, nowMs: number): void {
    const { places, set } = this.#options;
    const site = places.siteOfGateway(gw, Math.floor(nowMs / 60_000));
    const place = site === "" ? nowhere : { ...nowhere, known: true, code: site };
    Object.assign(set.surroundings, { atMs: nowMs, receivedMs: nowMs, site });
    const record = {
      ...{ gw, dev: gw, ep: 1, eid: "", seq: 1, kind: "gateway-state", salt: "", body: {}, t: { boot: "centre" } },
    };
    const reading = { wallMs: nowMs, monoMs: nowMs, rank: 2 } as const;
    const day = places.day(nowMs);
    const names = { gw, dev: gw, kind: record.kind, body: record.body, site: place, gateway };
    const judged: JudgedRecord = { record, lsn: 0, receivedMs: nowMs, reading, atMs: nowMs, place, day, names };
    for (const role of roles) {
      if (this.#isBroken(role.rule.id)) continue;
      for (const observation of this.#evaluate(role.rule.id, [], () => role.observe(judged))) {
        // Only what changes is written: gateways are looked at again and again.
        if (this.#states.holds(role.rule.id, observation.groupKey) === observation.holds) continue;
        const { holds, atMs } = observation;
        this.#judgeMoment(momentOf(observation, { holds, atMs, salt: newSalt() }));
      }
    }
  }

  /** When `tick` is due next; null when nothing is. */
  nextDueMs(): number | null {
    const look = this.#looks ? this.#nextLookMs : null;
    const all = [look, this.#states.nextDueMs(), this.#windows.nextDueMs(), this.#telling.nextDueMs()];
    const due = all.filter((ms) => ms !== null);
    return due.length === 0 ? null : Math.min(...due);
  }

  /** Brings stores to the present rules: what rules raised that are gone, or mean something else, is resolved. */
  useRules(rules: readonly AlertRule[], sinceMs: number): void {
    const nowMs = this.#options.nowMs();
    const { gone, mended } = this.#book.use(rules, sinceMs);
    for (const rule of mended) mendRule(this.#store, rule, nowMs);
    const raised = this.#store.openRules().filter((rule) => !this.#rules.has(rule) && rule !== "rule-broken");
    for (const rule of new Set([...gone, ...raised])) {
      this.#states.forgetRule(rule);
      this.#windows.forgetRule(rule);
      this.#presence.forgetRule(rule);
      this.#joins.forgetRule(rule);
      mendRule(this.#store, rule, nowMs);
      const reason = this.#rules.has(rule) ? "rule-changed" : "rule-removed";
      for (const id of this.#store.openAlertsOf(rule)) {
        this.#store.change(id, { to: "resolved", reason, atMs: nowMs });
      }
    }
  }

  /** Nothing that is due fires for a while, and nothing is looked for. */
  holdBack(): void {
    const notBeforeMs = this.#options.nowMs() + graceAfterStartMs;
    this.#states.holdBack(notBeforeMs);
    this.#nextLookMs = notBeforeMs;
  }
}

const readingOf = ({ wallMs, monoMs, rank }: Observation): ClockReading => ({ wallMs, monoMs, rank });
