import { randomBytes } from "node:crypto";
import type { CompiledRole } from "./compiled-rule.ts";
import type { GatewayStates } from "./gateway-state.ts";
import type { Judge } from "./judge.ts";
import type { JudgedRecord } from "./judged-record.ts";
import { momentOf, type Observation } from "./observation.ts";
import { nowhere, type Place, type Places } from "./places/places.ts";
import type { RuleSet } from "./rule-set.ts";
import type { RuleStores } from "./rule-stores.ts";

/** What only a look can find is looked for so often. */
const lookEveryMs = 60_000;

/** The register's words on devices change with the day, and when somebody edits them. */
const registerEveryMs = 1_800_000;

/** What stands so without a record, as expressions see it. */
interface Stands {
  readonly gw: string;
  readonly dev: string;
  readonly kind: string;
  readonly site: Place;
  readonly gateway?: unknown;
  readonly device?: unknown;
}

const newSalt = (): string => randomBytes(16).toString("hex");

/** What the watch works with. */
export interface WatchOptions {
  readonly stores: RuleStores;
  readonly judge: Judge;
  readonly set: RuleSet;
  readonly places: Places;
  /** Whether it matters who is told what. */
  readonly tells: boolean;
  /** How gateways stand; left out: nobody knows. */
  readonly gateways?: GatewayStates;
}

/** What time alone brings about: windows that facts leave, what is missing, how gateways stand, what is due. */
export class Watch {
  readonly #options: WatchOptions;
  readonly #looks: boolean;
  #nextLookMs = 0;
  #nextRegisterMs = 0;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#looks = [...options.stores.rules.values()].some(
      ({ absence, match }) =>
        absence !== null ||
        match.kinds.includes("registered-device") ||
        (match.kinds.includes("gateway-state") && options.gateways !== undefined),
    );
  }

  /** True when something fired or was told. */
  tick(nowMs: number): boolean {
    const { stores, judge } = this.#options;
    const found = stores.windows.tick(stores.byEpoch, nowMs, newSalt);
    for (const observation of found) judge.takeMoment(observation);
    if (this.#looks && nowMs >= this.#nextLookMs) {
      this.#look(nowMs);
      this.#nextLookMs = (Math.floor(nowMs / lookEveryMs) + 1) * lookEveryMs;
    }
    stores.gathered.sweep(nowMs);
    stores.gathered.flush();
    const fired = stores.states.tick(stores.rules, nowMs);
    const told = this.#options.tells && stores.telling.tick(nowMs);
    return fired || told;
  }

  #look(nowMs: number): void {
    const { stores, judge, set, places, gateways } = this.#options;
    places.refresh();
    for (const [epoch, { rule, isBroken }] of stores.byEpoch) {
      if (rule.absence === null || isBroken) continue;
      const sinceMs = stores.book.get(rule.id)?.sinceMs ?? nowMs;
      for (const found of stores.presence.tick(rule, epoch, nowMs, sinceMs, newSalt)) judge.takeMoment(found);
    }
    const gatewayRoles = set.rolesByKind.get("gateway-state") ?? [];
    if (gateways !== undefined && gatewayRoles.length > 0) this.#lookAtGateways(gatewayRoles, gateways, nowMs);
    const deviceRoles = set.rolesByKind.get("registered-device") ?? [];
    if (deviceRoles.length > 0 && nowMs >= this.#nextRegisterMs) {
      this.#nextRegisterMs = nowMs + registerEveryMs;
      this.#lookAtRegister(deviceRoles, nowMs);
    }
  }

  #lookAtGateways(roles: readonly CompiledRole[], gateways: GatewayStates, nowMs: number): void {
    const { places } = this.#options;
    const stands = gateways.read(nowMs);
    const holding = new Set<string>();
    for (const [gw, gateway] of stands) {
      const site = places.siteOfGateway(gw, Math.floor(nowMs / 60_000));
      const place = site === "" ? nowhere : { ...nowhere, known: true, code: site };
      this.#judgeStanding(roles, { gw, dev: gw, kind: "gateway-state", site: place, gateway }, nowMs, holding);
    }
    // Of a gateway that nobody speaks of now nothing is known.
    this.#endOthers(roles, nowMs, ({ gw, rule, groupKey }) => stands.has(gw) && !holding.has(`${rule} ${groupKey}`));
  }

  #lookAtRegister(roles: readonly CompiledRole[], nowMs: number): void {
    const { places } = this.#options;
    const minute = Math.floor(nowMs / 60_000);
    const holding = new Set<string>();
    for (const device of places.registered(minute)) {
      const { gw, dev } = device;
      const site = places.placeOf(gw, dev, minute);
      this.#judgeStanding(roles, { gw, dev, kind: "registered-device", site, device }, nowMs, holding);
    }
    // What the register does not name any more is not there any more.
    this.#endOthers(roles, nowMs, ({ rule, groupKey }) => !holding.has(`${rule} ${groupKey}`));
  }

  /** Ends what was so and is told by nobody now: another group of the same gateway, a device that is gone. */
  #endOthers(roles: readonly CompiledRole[], nowMs: number, isOver: (said: Observation) => boolean): void {
    const { stores, judge } = this.#options;
    for (const { owner } of roles) {
      if (owner.isBroken) continue;
      for (const said of stores.states.holding(owner.rule.id).filter(isOver)) {
        judge.takeMoment(momentOf(said, { holds: false, atMs: nowMs, salt: newSalt() }));
      }
    }
  }

  /** `holding` takes rule and group of what holds. */
  #judgeStanding(roles: readonly CompiledRole[], stands: Stands, nowMs: number, holding: Set<string>): void {
    const { stores, judge, places, set } = this.#options;
    const { gw, dev, kind, site: place } = stands;
    Object.assign(set.surroundings, { atMs: nowMs, receivedMs: nowMs, site: place.code, gw, dev });
    const record = { ...{ gw, dev, ep: 1, eid: "", seq: 1, kind, salt: "", body: {}, t: { boot: "centre" } } };
    const judged: JudgedRecord = {
      ...{ record, lsn: 0, receivedMs: nowMs, reading: { wallMs: nowMs, monoMs: nowMs, rank: 2 }, atMs: nowMs, place },
      ...{ day: places.day(nowMs), names: { ...stands, body: record.body }, deviceKeys: set.deviceKeys.of(gw, dev) },
    };
    for (const role of roles) {
      const { owner } = role;
      if (owner.isBroken) continue;
      stores.evaluate(owner, undefined, () =>
        role.observe(judged, (observation) => {
          if (observation.holds) holding.add(`${owner.rule.id} ${observation.groupKey}`);
          // Only what changes is written: what stands is looked at again and again.
          if (stores.states.holds(owner.rule.id, observation.groupKey) === observation.holds) return;
          const { holds, atMs } = observation;
          judge.takeMoment(momentOf(observation, { holds, atMs, salt: newSalt() }));
        }),
      );
    }
  }

  /** When `tick` is due next; null when nothing is. */
  nextDueMs(): number | null {
    const { states, gathered, telling } = this.#options.stores;
    const look = this.#looks ? this.#nextLookMs : null;
    const all = [look, states.nextDueMs(), gathered.nextDueMs(), this.#options.tells ? telling.nextDueMs() : null];
    const due = all.filter((ms) => ms !== null);
    return due.length === 0 ? null : Math.min(...due);
  }

  /** Nothing that is due fires before then, and nothing is looked for. */
  holdBack(notBeforeMs: number): void {
    this.#options.stores.states.holdBack(notBeforeMs);
    this.#nextLookMs = notBeforeMs;
  }
}
