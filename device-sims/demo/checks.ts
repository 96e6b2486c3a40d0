import { type DeviceFinding, totals } from "../src/comparison/compare.ts";

/** A positive result that an instrument reported, by the instrument's own log. */
export interface Positive {
  readonly specimen: string;
  readonly duringOutage: boolean;
}

/** An alert as the centre tells it. Times in milliseconds since 1970. */
export interface FiredAlert {
  readonly id: string;
  readonly specimen: string;
  readonly firedAtMs: number;
}

/** One call that the webhook channel made, as its receiver counted it. */
export interface Delivery {
  readonly specimen: string;
  readonly status: "firing" | "resolved";
  readonly atMs: number;
}

/** How the backlog of the outage went, watched from outside. Counts are records the centre had not receipted yet. */
export interface Drain {
  readonly pendingAtReturn: number;
  /** When the last record of the backlog was receipted; null when that never happened. */
  readonly endedAtMs: number | null;
}

/** Everything the scenario collected, before anybody judged it. */
export interface Evidence {
  /** The exported file against the simulators' log. */
  readonly ledger: readonly DeviceFinding[];
  /** What the centre's API shows against the simulators' log. */
  readonly screen: readonly DeviceFinding[];
  /** Fewer readings that somebody answers for prove nothing. */
  readonly leastReadings: number;
  readonly verify: { readonly ok: boolean; readonly detail: string };
  readonly positives: readonly Positive[];
  readonly alerts: readonly FiredAlert[];
  readonly deliveries: readonly Delivery[];
  readonly drain: Drain;
  /** A smaller backlog proves nothing. */
  readonly leastBacklog: number;
}

/** One judgement. `id` is stable and named in docs/demo.md; `detail` holds figures and names, no sentences. */
export interface Check {
  readonly id: CheckId;
  readonly ok: boolean;
  readonly detail: string;
}

/** What is judged, in the order in which it is shown. */
export const checkIds = [
  "enough-said",
  "ledger-missing",
  "ledger-twice",
  "ledger-invented",
  "screen-agrees",
  "chain-verifies",
  "real-backlog",
  "backlog-drained",
  "alert-once",
  "alert-while-draining",
  "webhook-once",
] as const;

export type CheckId = (typeof checkIds)[number];

const named = (items: readonly string[]): string =>
  items.length === 0 ? "0" : `${items.length}: ${items.slice(0, 3).join(", ")}${items.length > 3 ? ", …" : ""}`;

const countBy = (specimen: string, items: readonly { readonly specimen: string }[]): number =>
  items.filter((item) => item.specimen === specimen).length;

/** Judges the evidence. Every check can fail: what was not observed counts as failed, never as fine. */
export const judge = (evidence: Evidence): readonly Check[] => {
  const { ledger, screen, positives, alerts, drain } = evidence;
  const sum = totals(ledger);
  const onScreen = totals(screen);
  const firing = evidence.deliveries.filter(({ status }) => status === "firing");
  const late = positives.filter(({ duringOutage }) => duringOutage);
  const list = (key: "missing" | "twice" | "invented"): string =>
    named(ledger.flatMap((finding) => finding[key].map((what) => `${finding.device} ${what}`)));
  const once = (items: readonly { readonly specimen: string }[]): boolean =>
    positives.length > 0 &&
    items.length === positives.length &&
    positives.every(({ specimen }) => countBy(specimen, items) === 1);
  const whileDraining = late.map(({ specimen }) => {
    const delivered = firing.find((delivery) => delivery.specimen === specimen);
    return delivered === undefined || drain.endedAtMs === null ? null : drain.endedAtMs - delivered.atMs;
  });
  const answered = sum.said - sum.excused;
  const results: Record<CheckId, Omit<Check, "id">> = {
    "enough-said": { ok: answered >= evidence.leastReadings, detail: `${answered} ≥ ${evidence.leastReadings}` },
    "ledger-missing": { ok: sum.missing === 0, detail: list("missing") },
    "ledger-twice": { ok: sum.twice === 0, detail: list("twice") },
    "ledger-invented": { ok: sum.invented === 0, detail: list("invented") },
    "screen-agrees": {
      ok: onScreen.missing + onScreen.twice + onScreen.invented === 0 && onScreen.stored === sum.stored,
      detail: `${onScreen.stored} = ${sum.stored}; ${onScreen.missing} / ${onScreen.twice} / ${onScreen.invented}`,
    },
    "chain-verifies": evidence.verify,
    "real-backlog": {
      ok: drain.pendingAtReturn >= evidence.leastBacklog,
      detail: `${drain.pendingAtReturn} ≥ ${evidence.leastBacklog}`,
    },
    "backlog-drained": { ok: drain.endedAtMs !== null, detail: drain.endedAtMs === null ? "—" : "0" },
    "alert-once": { ok: once(alerts), detail: `${alerts.length} / ${positives.length}` },
    "alert-while-draining": {
      ok: whileDraining.length > 0 && whileDraining.every((aheadMs) => aheadMs !== null && aheadMs > 0),
      detail: whileDraining.map((aheadMs) => (aheadMs === null ? "—" : `${(aheadMs / 1000).toFixed(1)} s`)).join(", "),
    },
    "webhook-once": { ok: once(firing), detail: `${firing.length} / ${positives.length}` },
  };
  return checkIds.map((id) => ({ id, ...results[id] }));
};
