import type { Today } from "@mingcheng/protocols";

/** A market in one line: how it stands, what it did today. */
export interface SiteLine {
  readonly name: string;
  readonly devices: number;
  readonly online: number;
  readonly weighings: number;
  readonly tests: number;
  readonly open: number;
  /** Worst of what is open and of what is not heard. */
  readonly meaning: "normal" | "attention" | "alarm" | "unknown";
}

interface Tally {
  devices: number;
  online: number;
  weighings: number;
  tests: number;
  open: number;
  alarm: boolean;
  unheard: boolean;
}

const meaningOf = ({ alarm, unheard, open }: Tally): SiteLine["meaning"] => {
  if (alarm) return "alarm";
  if (unheard) return "unknown";
  return open > 0 ? "attention" : "normal";
};

const ranks = { alarm: 0, attention: 1, unknown: 2, normal: 3 } as const;

/** Markets of a day by name, those that need somebody first. */
export const sitesOf = ({ devices, gateways, alerts }: Today): SiteLine[] => {
  const sites = new Map<string, Tally>();
  const tallyOf = (name: string): Tally => {
    const known = sites.get(name);
    if (known !== undefined) return known;
    const made: Tally = { devices: 0, online: 0, weighings: 0, tests: 0, open: 0, alarm: false, unheard: false };
    sites.set(name, made);
    return made;
  };
  for (const { site, online } of gateways) if (online === false) tallyOf(site).unheard = true;
  for (const { site, state, today } of devices) {
    const tally = tallyOf(site);
    tally.devices++;
    if (state === "online") tally.online++;
    tally.weighings += today.weighings;
    tally.tests += today.tests;
  }
  for (const { site, severity } of alerts?.alerts ?? []) {
    const tally = tallyOf(site);
    tally.open++;
    if (severity === "alarm") tally.alarm = true;
  }
  return [...sites]
    .map(([name, tally]) => {
      const { devices: all, online, weighings, tests, open } = tally;
      return { name, devices: all, online, weighings, tests, open, meaning: meaningOf(tally) };
    })
    .sort(
      (one, other) =>
        ranks[one.meaning] - ranks[other.meaning] || other.open - one.open || one.name.localeCompare(other.name),
    );
};
