import type { WallSite } from "@mingcheng/protocols";
import { countText } from "@mingcheng/ui/format/numbers.ts";

/** How a site stands in one word: the worst of what is open there and of what is not heard. */
export type SiteMeaning = "normal" | "attention" | "alarm" | "unknown";

const ranks: Readonly<Record<SiteMeaning, number>> = { alarm: 0, attention: 1, unknown: 2, normal: 3 };

/** How a site stands. A site without any gateway that is heard is unknown, however quiet it is. */
export const meaningOf = ({ alerts, gateways }: Pick<WallSite, "alerts" | "gateways">): SiteMeaning => {
  if (alerts.alarm > 0) return "alarm";
  if (gateways.all === 0 || gateways.away > 0) return "unknown";
  return alerts.open > 0 ? "attention" : "normal";
};

/** The worst of several; of none: unknown. */
export const worstOf = (meanings: readonly SiteMeaning[]): SiteMeaning =>
  [...meanings].sort((one, other) => ranks[one] - ranks[other])[0] ?? "unknown";

/** Sites of the register, those that need somebody first. */
export const inNeed = (sites: readonly WallSite[]): (WallSite & { readonly code: string })[] =>
  sites
    .flatMap((site) => (site.code === null ? [] : [{ ...site, code: site.code }]))
    .sort(
      (one, other) =>
        ranks[meaningOf(one)] - ranks[meaningOf(other)] ||
        other.alerts.open - one.alerts.open ||
        one.name.localeCompare(other.name),
    );

/** The whole of several sites. */
export const totalOf = (sites: readonly WallSite[]) => {
  const sum = (pick: (site: WallSite) => number): number => sites.reduce((all, site) => all + pick(site), 0);
  return {
    devices: { all: sum(({ devices }) => devices.all), online: sum(({ devices }) => devices.online) },
    cameras: { all: sum(({ cameras }) => cameras.all), online: sum(({ cameras }) => cameras.online) },
    ...{ weighings: sum((site) => site.weighings), sales: sum((site) => site.sales) },
    ...{ amountFen: sum((site) => site.amountFen), tests: sum((site) => site.tests) },
    ...{ positive: sum((site) => site.positive), suspect: sum((site) => site.suspect) },
  };
};

/** How many of how many; where there are none, no share of them. */
export const partText = ({ all, online }: WallSite["devices"]): string =>
  all === 0 ? "—" : `${countText(online)}/${countText(all)}`;
