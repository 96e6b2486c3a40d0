import type { Alert } from "../alerts/alert.ts";
import type { DutyTier } from "../register/duty/on-duty.ts";
import { dutyTiers } from "../register/model/duty-kinds.ts";
import type { CareTier } from "./care-store.ts";
import type { Roster } from "./roster.ts";
import type { Route, RouteStep, Routing } from "./routing/routing.ts";

/** Who is to have an alert: an officer, or a role. */
export interface Holder {
  readonly tier: CareTier;
  readonly officer: string | null;
  readonly role: string | null;
  /** Why it is this one, in a stable word. */
  readonly reason: string;
  readonly insteadOf: string | null;
}

/** Who has what nobody on duty has. */
export const lastResort = (routing: Routing, reason: string): Holder => ({
  ...{ tier: "last-resort", reason, insteadOf: null },
  ...routing.lastResort,
});

/** Who has an alert at a tier, or at the next higher one where nobody is on duty; the last resort where nobody is at any. */
export const findHolder = (
  roster: Roster,
  routing: Routing,
  asked: {
    readonly alert: Alert;
    readonly tier: DutyTier;
    /** Officers who cannot be reached. */
    readonly except: ReadonlySet<string>;
    readonly nowMs: number;
  },
): Holder => {
  const { alert, tier, except, nowMs } = asked;
  const found = roster.find(alert.site, tier, nowMs, except);
  if (found !== undefined) return { ...found, role: null };
  return lastResort(routing, roster.sites(nowMs).has(alert.site) ? "nobody-on-duty" : "not-placed");
};

/** The step of a route whose deadlines hold at a tier. */
export const stepOf = ({ path }: Route, tier: CareTier | null): RouteStep | undefined => {
  if (tier === "last-resort" || tier === null) return path.at(-1);
  const rank = dutyTiers.indexOf(tier);
  return path.find((step) => dutyTiers.indexOf(step.tier) >= rank) ?? path.at(-1);
};
