import type { AlertSeverity, RecordKind } from "@mingcheng/protocols";
import type { Bilingual } from "../alerts/alert.ts";

/** What a rule can be about beside records: how gateways stand as far as the centre knows, what the register says of devices. */
export const standingKinds = ["gateway-state", "registered-device"] as const;

/** What a rule can be about: records of a kind, or what stands so without a record. */
export type RuleKind = RecordKind | (typeof standingKinds)[number];

/** True for rules about what stands so without a record. */
export const isStanding = ({ kinds }: Match): boolean =>
  kinds.some((kind) => (standingKinds as readonly string[]).includes(kind));

/** Which records a rule looks at. */
export interface Match {
  /** Of several kinds expressions ask `kind` what the record is. */
  readonly kinds: readonly RuleKind[];
  /** Path of a list: every element is judged on its own, as `each`. Null: the record as a whole. */
  readonly each: string | null;
  /** CEL: records for which it is false are not looked at. Null: all of the kind. */
  readonly where: string | null;
}

/** Facts of a group within a length of effective time. */
export interface WindowSpec {
  readonly overMs: number;
  /** CEL over the record: what is summed, counted apart, ranked. Null: only counts. */
  readonly value: string | null;
}

/** What a join's two sides must have in common, as CEL over the one and over the other record. */
export interface JoinKey {
  readonly here: string;
  readonly there: string;
}

/** Another record that must have come before, at most so long ago, and not have been lifted since. */
export interface JoinSpec {
  readonly to: Match;
  readonly on: Readonly<Record<string, JoinKey>>;
  readonly withinMs: number;
  /** Records with the same key that lift it. */
  readonly until: Match | null;
  /** Label → CEL over the other record. */
  readonly keep: Readonly<Record<string, string>>;
  /** For so long a record waits for another side that arrives late; 0: not at all, and nothing of it is kept. */
  readonly patienceMs: number;
}

/** What the register can be asked to name, each of which must have been heard of. */
export const absenceSubjects = ["site", "device"] as const;

/** A record that should be there and is not. */
export interface AbsenceSpec {
  readonly each: (typeof absenceSubjects)[number];
  /** Types of sites, or classes of devices; empty: all. */
  readonly types: readonly string[];
  /** Minute of the local day by which one of today's must be there; null: see `forMs`. */
  readonly byMinute: number | null;
  /** So long without one while hours are on; null: see `byMinute`. */
  readonly forMs: number | null;
  /** How many of today's must be there by then. */
  readonly least: number;
}

/** Hours of a site's calendar. */
export type Hours = "open" | "meal" | "duty";

/**
 * How the records that match become an alert. `event`: each one that holds is a fact that stays true; the alert is over
 * when a person closes it. `state`: the latest record of the group tells how things stand; the alert fires when it has
 * held for `forMs`, and resolves when it holds no more.
 */
export type Lifecycle =
  | {
      readonly type: "event";
      /**
       * `result`: a result that the instrument repeated is the same fact. `record`: every record is one of its own. `day`:
       * of a group all of a local day is one.
       */
      readonly identity: "record" | "result" | "day";
      /** A record that arrives so long after its effective time is late. */
      readonly lateAfterMs: number;
      /** Late records raise the alert and mark it, or raise none. */
      readonly late: "alert" | "ignore";
    }
  | {
      readonly type: "state";
      readonly forMs: number;
      readonly lateAfterMs: number;
      /**
       * Late records count from their own time (`alert`), from their arrival, so that what is past by now has its chance
       * to say so (`wait`), or raise nothing (`ignore`).
       */
      readonly late: "alert" | "wait" | "ignore";
    };

/** While an alert of `rule` is open with equal labels, alerts are not told. */
export interface Inhibition {
  readonly rule: string;
  readonly equal: readonly string[];
}

/** Tiers of duty, the nearest first. */
export const ruleTiers = ["operator", "station", "district", "city"] as const;

/** A rule: match + condition + lifecycle, and what is said to whom. Plain data, from a rule file. */
export interface AlertRule {
  readonly id: string;
  /** `dry-run`: alerts are kept for `rules list`, shown to nobody, told to nobody. */
  readonly mode: "live" | "dry-run";
  readonly severity: AlertSeverity;
  /** Who hears of it first, by the roster; null: the owner only. */
  readonly tier: (typeof ruleTiers)[number] | null;
  /** Who must act: `role:<role>` or `user:<name>`; null: the last resort. */
  readonly owner: string | null;
  readonly match: Match;
  readonly window: WindowSpec | null;
  readonly join: JoinSpec | null;
  readonly absence: AbsenceSpec | null;
  /** CEL over the record; with `window` or `join` over those and the labels. Null: true. */
  readonly condition: string | null;
  /** Only in such hours of the site; null, or a site whose hours nobody knows: always. */
  readonly during: Hours | null;
  readonly lifecycle: Lifecycle;
  /** Label → CEL. One alert is open per rule and group. */
  readonly group: Readonly<Record<string, string>>;
  /** Further labels that are said but do not tell groups apart. */
  readonly labels: Readonly<Record<string, string>>;
  readonly inhibitedBy: readonly Inhibition[];
  /** Still firing and taken over by nobody, it is told again after so long; null: once. */
  readonly repeatMs: number | null;
  /** May name labels: `{specimen}`. */
  readonly title: Bilingual;
  readonly next: Bilingual;
  /** Page in docs/runbooks. */
  readonly runbook: string;
}

/** Owner of alerts whose rule names nobody: no alert is without one. */
export const lastResort = "role:centre";

/**
 * What must stay the same for the state of a rule to be carried on when its file changes: with another group, window or
 * lifecycle the old state would mean something else.
 */
export const shapeOf = ({ match, window, join, absence, group, lifecycle }: AlertRule): string =>
  JSON.stringify([match, window, join, absence, group, lifecycle.type]);
