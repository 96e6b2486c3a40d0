import type { AlertView } from "@mingcheng/protocols";

/** What somebody has to do next, and by when. */
export interface Due {
  readonly act: "receipt" | "arrival" | "handling";
  readonly at: string;
}

/** Deadlines as far as the centre sets them. */
type WithDeadlines = AlertView & {
  readonly receiptDueAt?: string | null;
  readonly arrivalDueAt?: string | null;
  readonly handlingDueAt?: string | null;
};

/** The deadline that runs for an alert now; null when none does. */
export const dueOf = (alert: AlertView): Due | null => {
  const { state, receiptDueAt, arrivalDueAt, handlingDueAt } = alert as WithDeadlines;
  if (state === "firing" && receiptDueAt) return { act: "receipt", at: receiptDueAt };
  if (state === "acknowledged" && arrivalDueAt) return { act: "arrival", at: arrivalDueAt };
  const isToHandle = state === "firing" || state === "acknowledged";
  return isToHandle && handlingDueAt ? { act: "handling", at: handlingDueAt } : null;
};
