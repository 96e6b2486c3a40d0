import type { BestClock } from "@mingcheng/protocols/commands";
import type { GatewayClock } from "../clock/gateway-clock.ts";

/**
 * The time by which a command's life is judged: the centre's own, where an answer of the centre has told it, for the centre
 * stamped the command. Null while nobody vouches for the clock.
 */
export const bestClock = (clock: Pick<GatewayClock, "time" | "status">): BestClock | null => {
  const { wall, sync, err_ms: errMs } = clock.time();
  if (errMs === null) return null;
  const { aheadOfCentreMs } = clock.status();
  // A clock set by the centre's answers shows the centre's time already.
  const aheadMs = sync === "ntp" ? (aheadOfCentreMs ?? 0) : 0;
  return { ms: Date.parse(wall) - aheadMs, errMs };
};
