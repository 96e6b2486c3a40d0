import type { ClockRank } from "../effective-time/clock-book.ts";

/** What one record says under one rule. Plain data, kept as JSON. */
export interface Observation {
  readonly rule: string;
  /** `match`: of the rule's own records. `to`, `until`: of a join's other side, and of what lifts it. */
  readonly role: "match" | "to" | "until";
  /** Label values of the group, as JSON in the rule's order. */
  readonly groupKey: string;
  readonly labels: Readonly<Record<string, string>>;
  /** What the record is the same fact as: equal identities of a rule count once. */
  readonly identity: string;
  /** Whether the condition holds. */
  readonly holds: boolean;
  /** What a window gathers; null where it only counts. */
  readonly value: string | number | null;
  /** What a join compares; empty where there is none. */
  readonly joinKey: string;
  readonly gw: string;
  readonly dev: string;
  /** Code of the site then; empty where the register does not say. */
  readonly site: string;
  /** 0: no record, but the lack of one, or how a gateway stands. */
  readonly lsn: number;
  /** The record's own salt: makes the alert's id unguessable. */
  readonly salt: string;
  /** Where it stands in its boot. */
  readonly boot: string;
  readonly monoMs: number;
  readonly rank: ClockRank;
  readonly wallMs: number;
  /** When the centre received it. */
  readonly receivedMs: number;
  /** Effective time, by what is known of the boot's clock. */
  readonly atMs: number;
}

/**
 * True when `a` tells of a later moment than `b`. Within a boot the monotonic clock decides, which never jumps; between
 * boots the effective time.
 */
export const isLater = (
  a: Pick<Observation, "gw" | "boot" | "monoMs" | "atMs" | "lsn">,
  b: Pick<Observation, "gw" | "boot" | "monoMs" | "atMs" | "lsn">,
): boolean => {
  const sameBoot = a.gw === b.gw && a.boot === b.boot;
  const difference = sameBoot ? a.monoMs - b.monoMs : a.atMs - b.atMs;
  return difference === 0 ? a.lsn > b.lsn : difference > 0;
};

/** The moment at which something is so by itself, without a record: the centre's clock speaks. */
export const momentOf = (
  of: Pick<Observation, "rule" | "groupKey" | "labels" | "gw" | "dev" | "site">,
  { holds, atMs, salt }: { readonly holds: boolean; readonly atMs: number; readonly salt: string },
): Observation => ({
  // One by one: what is worked out late is no property that a spread would take along.
  ...{ rule: of.rule, groupKey: of.groupKey, labels: of.labels, gw: of.gw, dev: of.dev, site: of.site },
  ...{ role: "match", identity: of.groupKey, holds, value: null, joinKey: "", lsn: 0, salt },
  ...{ boot: "centre", monoMs: atMs, rank: 2, wallMs: atMs, receivedMs: atMs, atMs },
});

/** The same observation with other labels, holding or not. */
export const restated = (of: Observation, { holds, labels }: Pick<Observation, "holds" | "labels">): Observation => {
  // One by one: what is worked out late is no property that a spread would take along.
  const { rule, role, groupKey, identity, value, joinKey, gw, dev, site, lsn, salt, boot } = of;
  const { monoMs, rank, wallMs, receivedMs, atMs } = of;
  return {
    ...{ rule, role, groupKey, identity, holds, labels, value, joinKey, gw, dev, site, lsn, salt, boot },
    ...{ monoMs, rank, wallMs, receivedMs, atMs },
  };
};
