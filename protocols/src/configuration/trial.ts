/** How one device stands during a trial. */
export interface DeviceOnTrial {
  readonly id: string;
  /** It was understood before the change, and is still wanted after it. */
  readonly wasReading: boolean;
  readonly isReading: boolean;
}

/** A configuration that was applied and is not confirmed yet. Monotonic milliseconds. */
export interface Trial {
  /** So long it has. */
  readonly withinMs: number;
  readonly beganMs: number;
  readonly nowMs: number;
  readonly isReceipted: boolean;
  readonly devices: readonly DeviceOnTrial[];
}

/** What becomes of it. */
export type TrialVerdict =
  | { readonly verdict: "confirmed" }
  | { readonly verdict: "wait" }
  | { readonly verdict: "rolled-back"; readonly reason: string };

const shown = 5;

/**
 * A configuration is confirmed by the receipt for its own `config` record with every device reading that read before it;
 * what is not confirmed in time goes. The reason names what was missing.
 */
export const judgeTrial = ({ withinMs, beganMs, nowMs, isReceipted, devices }: Trial): TrialVerdict => {
  const missing = devices.filter(({ wasReading, isReading }) => wasReading && !isReading).map(({ id }) => id);
  if (isReceipted && missing.length === 0) return { verdict: "confirmed" };
  if (nowMs - beganMs < withinMs) return { verdict: "wait" };
  const named =
    missing.slice(0, shown).join(", ") + (missing.length > shown ? ` and ${missing.length - shown} more` : "");
  const reasons = [
    ...(missing.length > 0 ? [`no reading from ${named}`] : []),
    ...(isReceipted ? [] : ["the centre has not receipted its record"]),
  ];
  return { verdict: "rolled-back", reason: `not confirmed in ${withinMs / 1000} s: ${reasons.join("; ")}` };
};
