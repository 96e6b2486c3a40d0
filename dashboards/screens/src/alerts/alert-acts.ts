import type { Account, AlertView } from "@mingcheng/protocols";
import { mayAct, mayClose } from "../app/session.ts";

/** What a person can do about an alert. */
export type AlertAct = "acknowledge" | "arrive" | "handle" | "close" | "reopen";

/** What this reader may do about an alert now, the nearest first. The centre checks it again. */
export const actsFor = (
  account: Account,
  { state, endedAt, duty, dryRun }: Pick<AlertView, "state" | "endedAt" | "duty" | "dryRun">,
): AlertAct[] => {
  // Of a rule that is only tried out nobody has to do anything.
  if (!mayAct(account) || dryRun === true) return [];
  const closing: AlertAct[] = mayClose(account) ? ["close"] : [];
  if (endedAt !== null) return mayClose(account) ? ["reopen"] : [];
  // Where somebody has to come to the spot, the way there is part of it.
  const arriving: AlertAct[] = duty && duty.arrived === null ? ["arrive"] : [];
  if (state === "firing") return ["acknowledge", ...arriving, "handle", ...closing];
  return state === "acknowledged" ? [...arriving, "handle", ...closing] : closing;
};

/** What has to be said with an act, in the order in which it is asked. */
export const saidWith: Readonly<Record<AlertAct, readonly ("result" | "evidence" | "comment")[]>> = {
  acknowledge: [],
  arrive: [],
  handle: ["result"],
  close: ["result", "evidence"],
  reopen: ["comment"],
};
