import type { AlertView } from "@mingcheng/protocols";

/** What somebody has to do next, and by when. */
export interface Due {
  readonly act: "receipt" | "arrival" | "handling";
  readonly at: string;
}

/** The deadline that runs for an alert now; null when none does. */
export const dueOf = ({ state, duty, receiptDueAt, arrivalDueAt, handlingDueAt }: AlertView): Due | null => {
  const isFiring = state === "firing";
  if (!isFiring && state !== "acknowledged") return null;
  if (isFiring && receiptDueAt) return { act: "receipt", at: receiptDueAt };
  if (!isFiring && arrivalDueAt && !duty?.arrived) return { act: "arrival", at: arrivalDueAt };
  return handlingDueAt ? { act: "handling", at: handlingDueAt } : null;
};
