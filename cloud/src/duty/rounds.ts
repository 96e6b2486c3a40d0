import type { Alert } from "../alerts/alert.ts";
import type { AlertStore } from "../alerts/alert-store.ts";
import type { DutyTier } from "../register/duty/on-duty.ts";
import { dutyTiers } from "../register/model/duty-kinds.ts";
import type { ZoneClock } from "../register/model/validity.ts";
import type { SqliteDatabase } from "../store/database.ts";
import { type Care, CareStore, type NewTelling } from "./care-store.ts";
import { findHolder, type Holder, lastResort, stepOf } from "./holder.ts";
import { QuietHours } from "./quiet-hours.ts";
import type { Roster } from "./roster.ts";
import { type Route, type Routing, routeOf } from "./routing/routing.ts";
import { groupOf, Teller } from "./teller.ts";

/** What the rounds work with. */
export interface RoundsOptions {
  readonly database: SqliteDatabase;
  readonly alerts: AlertStore;
  readonly roster: Roster;
  readonly clock: ZoneClock;
  /** Whether there is any channel to people. */
  readonly reachesPeople: boolean;
}

/** Why an alert moves on. */
type Why = "no-receipt" | "no-arrival" | "no-handling" | "unreachable";

const isOver = ({ endedMs }: Alert): boolean => endedMs !== null;
const earliest = (...times: readonly (number | null)[]): number | null => {
  const some = times.filter((ms) => ms !== null);
  return some.length === 0 ? null : Math.min(...some);
};

/**
 * Goes round the alerts that are due to be looked at: gives each to somebody, moves it up when a time is over, and queues
 * what people are to hear. Everything it knows is in the store, so that a crash between two alerts loses and repeats
 * nothing. In the caller's transaction.
 */
export class Rounds {
  readonly #options: RoundsOptions;
  readonly #store: CareStore;
  readonly #teller: Teller;
  #routing: Routing;
  #quiet: QuietHours;
  #nowMs = 0;

  constructor(options: RoundsOptions, routing: Routing) {
    this.#options = options;
    this.#store = new CareStore(options.database);
    this.#teller = new Teller({ ...options, store: this.#store });
    this.#routing = routing;
    this.#quiet = new QuietHours(routing.quietHours, options.clock);
  }

  /** Another routing from now on: what is under way keeps its deadlines. */
  useRouting(routing: Routing): void {
    this.#routing = routing;
    this.#quiet = new QuietHours(routing.quietHours, this.#options.clock);
  }

  /** When the next alert is to be looked at; null: nothing runs. */
  nextDueMs(): number | null {
    return this.#store.nextDueMs();
  }

  /** Looks at up to `limit` alerts. Returns at how many. */
  go(nowMs: number, limit: number): number {
    this.#nowMs = nowMs;
    const due = this.#store.due(nowMs, limit);
    for (const care of due) {
      const alert = this.#options.alerts.alert(care.alert);
      if (alert !== undefined) this.#look(this.#placed(alert), care);
    }
    return due.length;
  }

  /** Its device may have been entered in the register only just now. */
  #placed(alert: Alert): Alert {
    if (alert.site !== "") return alert;
    const site = this.#options.roster.siteOf(alert.gw, alert.dev, alert.startedMs);
    if (site === "") return alert;
    this.#options.alerts.place(alert.id, site);
    return { ...alert, site };
  }

  #look(alert: Alert, care: Care): void {
    if (isOver(alert)) this.#end(alert, care);
    else if (alert.state === "firing") this.#open(alert, care);
    else this.#held(alert, care);
  }

  /** Nobody has taken it over. */
  #open(alert: Alert, care: Care): void {
    const { route, state, answered, asked, unreached, officer, receiptDueMs, handlingDueMs, repeatMs } = care;
    const isNew = route === null || state === "resolved" || state === "closed" || (answered === 0 && asked > 0);
    const isAgain = this.#isDue(repeatMs);
    if (isNew) this.#start(alert, care);
    else if (unreached !== null && unreached === officer) this.#move(alert, care, "unreachable");
    else if (this.#isDue(receiptDueMs)) this.#move(alert, care, "no-receipt");
    else if (this.#isDue(handlingDueMs)) this.#move(alert, care, "no-handling");
    else if (isAgain || asked > answered) this.#repeat(alert, care, isAgain);
    else this.#save(alert, care, {});
  }

  /** Somebody has it in hand, or handled it. */
  #held(alert: Alert, care: Care): void {
    // Somebody was faster than the round: it gets its owner all the same, and nobody is told.
    const begun = care.route === null ? this.#start(alert, { ...care, asked: 0 }) : care;
    const held = { ...begun, asked: care.asked };
    const { arrivedMs, arrivalDueMs, handlingDueMs } = held;
    if (alert.state === "handled") {
      this.#withdraw(alert, "handled");
      this.#rest(alert, held);
    } else if (held.state !== "acknowledged") this.#taken(alert, held);
    else if (arrivedMs === null && this.#isDue(arrivalDueMs)) this.#move(alert, held, "no-arrival");
    else if (this.#isDue(handlingDueMs)) this.#move(alert, held, "no-handling");
    else this.#save(alert, held, arrivedMs === null ? {} : { arrivalDueMs: null });
  }

  #isDue(ms: number | null): boolean {
    return ms !== null && ms <= this.#nowMs;
  }

  #save(alert: Alert, care: Care, change: Partial<Care>): void {
    const { asked, arrivedMs: _, unreached: __, ...next } = { ...care, ...change };
    const arrival = alert.state === "acknowledged" ? next.arrivalDueMs : null;
    const dueMs = earliest(next.receiptDueMs, arrival, next.handlingDueMs, next.repeatMs);
    const route = next.route === null ? undefined : this.#routing.routes.find(({ id }) => id === next.route);
    const level = JSON.stringify(route?.level ?? { zh: "", en: "" });
    this.#store.save({ ...next, answered: asked, state: alert.state, dueMs, level });
  }

  /** Nothing runs any more. */
  #rest(alert: Alert, care: Care): void {
    this.#save(alert, care, { receiptDueMs: null, arrivalDueMs: null, handlingDueMs: null, repeatMs: null });
  }

  #withdraw(alert: Alert, why: string): void {
    if (!this.#store.withdraw(alert.id, why, "resolved")) return;
    this.#options.alerts.change(alert.id, { reason: "withdrawn", atMs: this.#nowMs, detail: { why } });
  }

  #end(alert: Alert, care: Care): void {
    this.#withdraw(alert, "over");
    const tellsEnd = this.#routeOf(alert, care).tellEnd && care.state !== alert.state;
    for (const { officer, tier } of tellsEnd ? this.#store.toldAlone(alert.id) : []) {
      const login = this.#options.roster.officer(officer, this.#nowMs)?.login ?? "";
      const isWhoDid = [alert.handledBy, alert.acknowledgedBy].some(
        (by) => by === officer || (by === login && by !== ""),
      );
      // Who closed it knows.
      if (!(alert.state === "closed" && isWhoDid)) this.#tell(alert, care, { officer, tier, event: "resolved" });
    }
    this.#rest(alert, care);
  }

  #taken(alert: Alert, care: Care): void {
    this.#withdraw(alert, "taken-over");
    const step = stepOf(this.#routeOf(alert, care), care.tier);
    const takenMs = alert.acknowledgedMs ?? this.#nowMs;
    const arrivalDueMs = care.arrivedMs === null ? this.#after(alert, takenMs, step?.arrivalMs ?? null) : null;
    this.#save(alert, care, { receiptDueMs: null, repeatMs: null, arrivalDueMs });
  }

  #routeOf(alert: Alert, { route }: Pick<Care, "route">): Route {
    return this.#routing.routes.find(({ id }) => id === route) ?? routeOf(this.#routing, alert);
  }

  /** Alarms do not wait for the morning. */
  #after(alert: Alert, fromMs: number, lengthMs: number | null): number | null {
    if (lengthMs === null) return null;
    return alert.severity === "alarm" ? fromMs + lengthMs : this.#quiet.after(fromMs, lengthMs);
  }

  #start(alert: Alert, care: Care): Care {
    const route = routeOf(this.#routing, alert);
    const { path } = route;
    const asked = alert.tier === null ? 1 : dutyTiers.indexOf(alert.tier as DutyTier);
    const first = path.find(({ tier }) => dutyTiers.indexOf(tier) >= asked) ?? path.at(-1);
    const begun = { ...care, route: route.id, groupKey: groupOf(alert, this.#routing.grouping.by), arrivedMs: null };
    return this.#give(alert, begun, this.#holder(alert, first?.tier ?? "city", new Set()), {
      event: "firing",
      why: null,
    });
  }

  #holder(alert: Alert, tier: DutyTier, except: ReadonlySet<string>): Holder {
    return findHolder(this.#options.roster, this.#routing, { alert, tier, except, nowMs: this.#nowMs });
  }

  #move(alert: Alert, care: Care, why: Why): void {
    const route = this.#routeOf(alert, care);
    const { tier } = care;
    // There is nobody further: it stays where it is, and is told again in its time.
    if (tier === "last-resort" || tier === null) {
      this.#save(alert, care, {});
      return;
    }
    const except = why === "unreachable" ? this.#store.officersOf(alert.id) : new Set<string>();
    const next =
      why === "unreachable"
        ? tier
        : route.path.find((step) => dutyTiers.indexOf(step.tier) > dutyTiers.indexOf(tier))?.tier;
    const holder = next === undefined ? lastResort(this.#routing, why) : this.#holder(alert, next, except);
    this.#store.moved(alert.id, why !== "unreachable");
    const { officer, role } = holder;
    const from = { why, fromTier: tier, fromOfficer: care.officer, dueAt: this.#nowMs };
    const detail = { ...from, tier: holder.tier, officer, role };
    const rearms = alert.state === "acknowledged";
    const reason = holder.tier === "last-resort" ? "last-resort" : "escalated";
    const change = { reason, atMs: this.#nowMs, detail, quiet: true } as const;
    this.#options.alerts.change(alert.id, rearms ? { ...change, to: "firing" } : change);
    const now = this.#options.alerts.alert(alert.id) ?? alert;
    this.#give(now, care, holder, { event: "escalated", why });
    // Both levels see it: who did not act in time hears that it went up.
    if (why !== "unreachable" && care.officer !== null && care.officer !== holder.officer) {
      this.#tell(now, care, { officer: care.officer, tier, event: "escalated" });
    }
    if (route.delivery === "at-once" && why !== "unreachable") {
      this.#options.alerts.tellRooms(now, { reason: "escalated", atMs: this.#nowMs });
    }
  }

  #give(
    alert: Alert,
    care: Care,
    holder: Holder,
    { event, why }: { readonly event: "firing" | "escalated"; readonly why: Why | null },
  ): Care {
    const route = this.#routeOf(alert, care);
    const step = stepOf(route, holder.tier);
    const { tier, officer, role, insteadOf } = holder;
    const isTold = care.asked > 0;
    const from = (lengthMs: number | null): number | null =>
      isTold ? this.#after(alert, this.#nowMs, lengthMs) : null;
    const isLast = tier === "last-resort" || tier === route.path.at(-1)?.tier;
    const receiptDueMs = tier === "last-resort" ? null : from(step?.receiptMs ?? null);
    this.#note(alert, { tier, officer, role, reason: why ?? holder.reason, insteadOf });
    if (event === "firing") {
      const reason = tier === "last-resort" ? "last-resort" : "assigned";
      const detail = { tier, officer, role, why: holder.reason, insteadOf, route: route.id, receiptDueMs };
      this.#options.alerts.change(alert.id, { reason, atMs: this.#nowMs, detail });
    }
    const handlingDueMs = tier === "last-resort" ? null : from(step?.handlingMs ?? null);
    const repeatMs = isLast ? from(route.repeatMs) : null;
    const given = { ...care, tier, officer, receiptDueMs, arrivalDueMs: null, handlingDueMs, repeatMs };
    this.#save(alert, given, {});
    if (!isTold) return { ...given, state: "" };
    if (officer !== null) this.#tell(alert, care, { officer, tier, event });
    if (tier !== "operator") this.#inform(alert, care, route, officer);
    return given;
  }

  #note(alert: Alert, step: Holder): void {
    this.#store.step({ ...step, alert: alert.id, atMs: this.#nowMs });
  }

  /** Tells the tiers that hear of it together with the first officer, once. */
  #inform(alert: Alert, care: Care, route: Route, owner: string | null): void {
    if (this.#store.wasInformed(alert.id)) return;
    for (const tier of route.inform) {
      const found = this.#options.roster.find(alert.site, tier, this.#nowMs);
      if (found === undefined || found.tier !== tier || found.officer === owner) continue;
      const { officer, insteadOf } = found;
      this.#note(alert, { tier, officer, role: null, reason: "informed", insteadOf });
      this.#options.alerts.change(alert.id, {
        reason: "informed",
        atMs: this.#nowMs,
        detail: { tier, officer, insteadOf },
      });
      this.#tell(alert, care, { officer, tier, event: "firing" });
    }
  }

  #repeat(alert: Alert, care: Care, isAgain: boolean): void {
    const route = this.#routeOf(alert, care);
    const { officer, tier } = care;
    if (officer !== null && tier !== null) this.#tell(alert, care, { officer, tier, event: "repeated" });
    if (isAgain) {
      this.#options.alerts.change(alert.id, { reason: "repeated", atMs: this.#nowMs, detail: { tier, officer } });
      this.#options.alerts.tellRooms(alert, { reason: "repeated", atMs: this.#nowMs });
    }
    const next = isAgain ? { repeatMs: this.#after(alert, this.#nowMs, route.repeatMs) } : {};
    this.#save(alert, care, next);
  }

  #tell(alert: Alert, care: Care, told: Pick<NewTelling, "officer" | "tier" | "event">): void {
    const { delivery } = this.#routeOf(alert, care);
    const { waitMs } = this.#routing.grouping;
    this.#teller.tell(alert, {
      ...told,
      delivery,
      waitMs,
      quiet: this.#quiet,
      groupKey: care.groupKey,
      nowMs: this.#nowMs,
    });
  }
}
