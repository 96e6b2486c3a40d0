import { createHash } from "node:crypto";
import type { Alert, AlertReason } from "../alerts/alert.ts";
import type { AlertStore, OpenState } from "../alerts/alert-store.ts";
import { fillIn } from "./compiled-rule.ts";
import type { Observation } from "./observation.ts";
import { type AlertRule, lastResort } from "./rule.ts";

/** How an alert begins. */
export interface Opening {
  readonly to: OpenState;
  readonly reason: AlertReason;
  readonly late: boolean;
  readonly startedMs: number;
  readonly nowMs: number;
  readonly quiet: boolean;
}

/** True when a record arrived later than its rule takes for fresh. */
export const isLate = (rule: AlertRule, { receivedMs, atMs }: Observation): boolean =>
  receivedMs - atMs > rule.lifecycle.lateAfterMs;

/** Opaque and stable: made from the record's own random bits. `turn` grows when the same record opens a second one. */
const alertId = (observation: Observation, turn: number): string =>
  createHash("sha256")
    .update(`mc-alert-v1\0${observation.rule}\0${observation.groupKey}\0${observation.salt}\0${turn}`)
    .digest("hex")
    .slice(0, 32);

/** Opens the alert of an observation and returns its id. Call in a transaction. */
export const openAlert = (
  store: AlertStore,
  rule: AlertRule,
  observation: Observation,
  opening: Opening,
): Alert["id"] => {
  let turn = 0;
  let id = alertId(observation, turn);
  while (store.alert(id) !== undefined) id = alertId(observation, ++turn);
  const { groupKey, labels, gw, dev, lsn } = observation;
  const { to, reason, late, startedMs, nowMs, quiet } = opening;
  store.open(
    {
      id,
      rule: rule.id,
      groupKey,
      labels,
      severity: rule.severity,
      title: fillIn(rule.title, labels),
      next: fillIn(rule.next, labels),
      runbook: rule.runbook,
      owner: rule.owner ?? lastResort,
      ownerReason: rule.owner === null ? "last-resort" : "rule",
      gw,
      dev,
      lsn,
      late,
      startedMs,
      openedMs: nowMs,
      ...{ site: observation.site, tier: rule.tier, dry: rule.mode === "dry-run" },
      ...{ inhibitedBy: rule.inhibitedBy, repeatMs: rule.repeatMs },
    },
    { to, reason, atMs: nowMs, lsn, quiet, detail: { startedMs, ...(quiet ? { replay: true } : {}) } },
  );
  return id;
};
