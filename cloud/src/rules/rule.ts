import type { AlertSeverity, RecordKind } from "@mingcheng/protocols";
import type { Bilingual } from "../alerts/alert.ts";

/** One test of a condition: the field's value is one of these. */
export interface FieldTest {
  /** `gw`, `dev` or a path into the body: `body.verdict`. */
  readonly field: string;
  readonly in: readonly (string | number | boolean)[];
}

/**
 * How the records that match become an alert. `event`: each one that holds is a fact that stays true; the alert is over
 * when a person closes it. `state`: the latest record of the group tells how things stand; the alert fires when it has
 * held for `forMs`, and resolves when it holds no more.
 */
export type Lifecycle =
  | {
      readonly type: "event";
      /** `result`: a result that the instrument repeated is the same fact. `record`: every record is one of its own. */
      readonly identity: "record" | "result";
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

/** A rule: match + condition + lifecycle, and what is said to whom. Plain data, from a rule file. */
export interface AlertRule {
  readonly id: string;
  readonly severity: AlertSeverity;
  /** Who must act: `role:<role>` or `user:<name>`; null: the last resort. */
  readonly owner: string | null;
  readonly match: { readonly kind: RecordKind };
  /** All of them must hold. */
  readonly condition: readonly FieldTest[];
  readonly lifecycle: Lifecycle;
  /** Label → field. One alert is open per rule and group. */
  readonly group: Readonly<Record<string, string>>;
  /** Further labels that are said but do not tell groups apart. */
  readonly labels: Readonly<Record<string, string>>;
  /** May name labels: `{specimen}`. */
  readonly title: Bilingual;
  readonly next: Bilingual;
  /** Page in docs/runbooks. */
  readonly runbook: string;
}

/** Owner of alerts whose rule names nobody: no alert is without one. */
export const lastResort = "role:centre";
