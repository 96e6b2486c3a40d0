import type { AlertStore } from "./alert-store.ts";

/** A rule as far as its mode goes. */
export interface RuleMode {
  readonly id: string;
  readonly mode: "live" | "dry-run";
  /** `state`: what it raised holds now; `event`: what it raised are facts of the time when it was tried out. */
  readonly lifecycle: "state" | "event";
}

/**
 * Brings open alerts to the modes that rules have now. Of a rule that goes live, what holds is told from now on, and what is
 * pending fires in its time; facts of the time when it was tried out end, so that a new fact of the same group raises its
 * own alert. Of a rule that is tried out again, what people were told of stays theirs until it is over, and what is pending
 * will be told to nobody. In the caller's transaction.
 */
export const useModes = (store: AlertStore, rules: readonly RuleMode[], nowMs: number): void => {
  for (const { id: rule, mode, lifecycle } of rules) {
    for (const id of store.openAlertsOf(rule, mode === "live")) {
      const alert = store.alert(id);
      if (alert === undefined) continue;
      if (mode === "dry-run") {
        if (alert.firedMs === null) store.tryOut(id);
      } else if (lifecycle === "state") store.goLive(id, nowMs);
      else store.change(id, { to: "resolved", reason: "rule-changed", atMs: nowMs, detail: { was: "dry-run" } });
    }
  }
};
