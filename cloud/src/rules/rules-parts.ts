import type { Line, MingchengRecord } from "@mingcheng/protocols";
import { useModes } from "../alerts/rule-modes.ts";
import { decodeLedgerRecord } from "../cursor/decoded-record.ts";
import type { KnownBoot } from "../effective-time/boot-book.ts";
import { type ClockReading, clockReading, effectiveAt } from "../effective-time/clock-book.ts";
import type { KnownLine } from "../projections/line-book.ts";
import { mendRule } from "./broken-rule.ts";
import { type CompiledRole, type CompiledRule, filledBody } from "./compiled-rule.ts";
import type { GatheredStore } from "./gathering/gathered-store.ts";
import { Judge, type Standing } from "./judge.ts";
import type { JudgedRecord } from "./judged-record.ts";
import type { Observation } from "./observation.ts";
import type { Places } from "./places/places.ts";
import type { AlertRule } from "./rule.ts";
import type { RuleSet, RulesFollowerOptions } from "./rule-set.ts";
import { RuleStores } from "./rule-stores.ts";
import { Watch } from "./watch.ts";

/** Where a record comes from. */
export interface Arrival {
  readonly lsn: number;
  readonly receivedMs: number;
  readonly lineStatus: KnownLine["status"];
}

/** What the parts work with. */
export interface RulesPartsOptions
  extends Pick<RulesFollowerOptions, "database" | "gateways" | "nowMs" | "recordAt" | "trial"> {
  readonly gathered: GatheredStore;
  readonly places: Places;
  readonly set: RuleSet;
}

/** After a start nothing that is pending already fires for so long: gateways come back first and say what has ended meanwhile. */
const graceAfterStartMs = 60_000;

const boundBootsEvery = 1_000;

/** What records, lines, rules and the clock do to the stores. All in the caller's transaction. */
export class RulesParts {
  readonly #options: RulesPartsOptions;
  readonly #set: RuleSet;
  readonly #stores: RuleStores;
  readonly #judge: Judge;
  readonly #watch: Watch;
  #finished = 0;
  #latestBoot: { readonly gw: string; readonly boot: string; readonly known: KnownBoot } | undefined;
  #latestLine: (Line & { readonly known: KnownLine }) | undefined;

  constructor(options: RulesPartsOptions) {
    const { set, places, gateways, database } = options;
    this.#options = options;
    this.#set = set;
    this.#stores = new RuleStores({
      ...options,
      nowMs: () => options.nowMs(),
      recall: (rule, lsn) => this.#recall(rule, lsn),
    });
    const stores = this.#stores;
    this.#judge = new Judge(database, stores, { places, byId: set.byId, nowMs: () => options.nowMs() });
    const watched = { stores, judge: this.#judge, set, places, tells: options.trial?.tells ?? true };
    this.#watch = new Watch(gateways === undefined ? watched : { ...watched, gateways });
  }

  /** Takes only a record's time, as evidence of its boot's clock. */
  seeTime(gw: string, t: MingchengRecord["t"], receivedMs: number): void {
    const { boots } = this.#stores;
    boots.take(boots.boot(gw, t.boot), clockReading(t), receivedMs);
  }

  take(record: MingchengRecord, roles: readonly CompiledRole[], arrival: Arrival): void {
    const { boots, withheld } = this.#stores;
    const boot = this.#bootOf(record);
    const reading = clockReading(record.t);
    const atMs = boots.take(boot, reading, arrival.receivedMs);
    if (roles.length === 0) return;
    const line = this.#lineOf(record, arrival.lineStatus);
    // What the ledger says with the record is newer than the last comparison of all lines.
    if (arrival.lineStatus === "disputed" && line.status === "ok") this.setStatus({ ...record, status: "disputed" });
    const judged = this.#judgedRecord(record, arrival, reading, atMs);
    const standing: Standing = { line: line.id, boot: boot.id, kept: false };
    let owner: CompiledRule | undefined;
    const take = (observation: Observation): void => {
      if (owner === undefined || line.status !== "ok") withheld.keep(line.id, observation);
      else this.#judge.take(owner, observation, standing);
    };
    for (const role of roles) {
      ({ owner } = role);
      if (owner.isBroken) continue;
      try {
        role.observe(judged, take);
      } catch (error) {
        this.#stores.broke(owner, error);
      }
    }
  }

  /** Records come in bundles of one gateway: within a batch its boot and line are looked up once. */
  #bootOf({ gw, t }: MingchengRecord): KnownBoot {
    const latest = this.#latestBoot;
    if (latest !== undefined && latest.gw === gw && latest.boot === t.boot) return latest.known;
    const known = this.#stores.boots.boot(gw, t.boot);
    this.#latestBoot = { gw, boot: t.boot, known };
    return known;
  }

  #lineOf(record: MingchengRecord, status: KnownLine["status"]): KnownLine {
    const { gw, ep, eid } = record;
    const latest = this.#latestLine;
    if (latest !== undefined && latest.gw === gw && latest.ep === ep && latest.eid === eid) return latest.known;
    const known = this.#stores.lines.line(record, status);
    this.#latestLine = { gw, ep, eid, known };
    return known;
  }

  #judgedRecord(record: MingchengRecord, arrival: Arrival, reading: ClockReading, atMs: number): JudgedRecord {
    const { places, set } = this.#options;
    const { lsn, receivedMs } = arrival;
    const { gw, dev, kind } = record;
    const place = places.placeOf(gw, dev, Math.floor(atMs / 60_000));
    const { surroundings } = set;
    surroundings.atMs = atMs;
    surroundings.receivedMs = receivedMs;
    surroundings.site = place.code;
    surroundings.gw = gw;
    surroundings.dev = dev;
    const names = { gw, dev, kind, body: filledBody(kind, record.body), site: place };
    const deviceKeys = set.deviceKeys.of(gw, dev);
    return { record, lsn, receivedMs, reading, atMs, place, day: places.day(atMs), names, deviceKeys };
  }

  /** What a record that was judged before says under a rule, as its own. */
  #recall(rule: string, lsn: number): readonly Observation[] {
    const source = this.#options.recordAt?.(lsn);
    const content = source === undefined ? undefined : decodeLedgerRecord(source).content;
    const role = this.#set.byId.get(rule)?.roles.find((one) => one.role === "match");
    if (source === undefined || content?.type !== "record" || role === undefined) return [];
    const { record } = content;
    const reading = clockReading(record.t);
    const atMs = effectiveAt(this.#stores.boots.boot(record.gw, record.t.boot).clock, reading);
    const arrival = { lsn, receivedMs: source.receivedMs, lineStatus: source.lineStatus };
    // Others ask about the record that is judged now.
    const { atMs: presentMs, receivedMs, site, gw, dev } = this.#set.surroundings;
    const said: Observation[] = [];
    role.observe(this.#judgedRecord(record, arrival, reading, atMs), (observation) => {
      // Labels are worked out now, while they are about this record.
      Object.freeze(observation.labels);
      said.push(observation);
    });
    Object.assign(this.#set.surroundings, { atMs: presentMs, receivedMs, site, gw, dev });
    return said;
  }

  setStatus(line: Line & { readonly status: KnownLine["status"] }): boolean {
    const { lines } = this.#stores;
    const known = lines.find(line);
    if (known === undefined || known.status === line.status) return false;
    lines.setStatus(known, line.status);
    if (line.status === "disputed") this.#withdraw(known.id);
    else this.#release(known.id);
    this.#stores.flush();
    return true;
  }

  #withdraw(line: number): void {
    const nowMs = this.#options.nowMs();
    const { gathered, joins, events, states, withheld } = this.#stores;
    gathered.withdraw(line);
    const taken = [...joins.withdraw(line), ...events.withdraw(line, nowMs), ...states.withdraw(line, nowMs)];
    for (const observation of taken) withheld.keep(line, observation);
  }

  #release(line: number): void {
    for (const observation of this.#stores.withheld.take(line)) {
      const boot = this.#stores.boots.boot(observation.gw, observation.boot);
      const current = { ...observation, atMs: effectiveAt(boot.clock, readingOf(observation)) };
      const compiled = this.#set.byId.get(observation.rule);
      if (compiled !== undefined) this.#judge.take(compiled, current, { line, boot: boot.id, kept: true });
    }
  }

  /** Brings observations of boots with a new clock to their new times and writes what gathered. */
  finish(): void {
    const nowMs = this.#options.nowMs();
    const { boots } = this.#stores;
    this.#latestBoot = undefined;
    this.#latestLine = undefined;
    for (const boot of boots.outdated()) this.#retime(boot, nowMs);
    // In a trial nothing has to outlive the process, and batches are small: memory is bounded now and then.
    if (this.#options.trial === undefined || ++this.#finished % boundBootsEvery === 0) boots.flush();
    this.#stores.flush();
  }

  #retime(boot: KnownBoot, nowMs: number): void {
    const { events, states, boots, rules } = this.#stores;
    const atOf = (observation: Observation) => effectiveAt(boot.clock, readingOf(observation));
    events.retime(rules, boot.id, atOf, nowMs);
    states.retime(rules, boot.id, atOf, nowMs);
    boots.corrected(boot);
  }

  /** Fires what has been pending for long enough, looks for what only a look can find, tells again what must be. */
  tick(): boolean {
    return this.#watch.tick(this.#options.nowMs());
  }

  /** When `tick` is due next; null when nothing is. */
  nextDueMs(): number | null {
    return this.#watch.nextDueMs();
  }

  /** Brings stores to the present rules: what rules raised that are gone, or mean something else, is resolved. */
  useRules(rules: readonly AlertRule[], sinceMs: number): void {
    const nowMs = this.#options.nowMs();
    const { alerts, book, states, joins, rules: present } = this.#stores;
    const { gone, mended } = book.use(rules, sinceMs);
    this.#stores.useEpochs();
    for (const rule of mended) mendRule(alerts, rule, nowMs);
    const raised = alerts.openRules().filter((rule) => !present.has(rule) && rule !== "rule-broken");
    for (const rule of new Set([...gone, ...raised])) {
      states.forgetRule(rule);
      joins.forgetRule(rule);
      mendRule(alerts, rule, nowMs);
      const reason = present.has(rule) ? "rule-changed" : "rule-removed";
      for (const id of alerts.openAlertsOf(rule)) alerts.change(id, { to: "resolved", reason, atMs: nowMs });
    }
    const modes = rules.map(({ id, mode, lifecycle }) => ({ id, mode, lifecycle: lifecycle.type }));
    useModes(alerts, modes, nowMs);
  }

  /** Nothing that is due fires for a while, and nothing is looked for. */
  holdBack(): void {
    this.#watch.holdBack(this.#options.nowMs() + graceAfterStartMs);
  }
}

const readingOf = ({ wallMs, monoMs, rank }: Observation): ClockReading => ({ wallMs, monoMs, rank });
