import { systemClock } from "../clock.ts";
import type { Random } from "../random.ts";
import type { RunningProgram } from "./running-program.ts";

/**
 * A moment that falls anywhere within the next `withinMs` of real time. For kills and what goes on around them alone: where in
 * its work a process is hit shall be chance, and no event would be chance. Nothing may be expected of the time itself.
 */
export const randomMoment = (random: Pick<Random, "below">, withinMs: number): Promise<void> =>
  systemClock.sleep(random.below(withinMs));

/** Kills a program `afterMs` from now unless it has ended by then: for going through all moments of a run one by one. */
export const killedAfter = async (
  program: RunningProgram,
  afterMs: number,
): Promise<Awaited<RunningProgram["exited"]>> => {
  const over = new AbortController();
  const killing = systemClock
    .sleep(afterMs, over.signal)
    .then(() => (over.signal.aborted ? undefined : program.kill()));
  const exit = await program.exited;
  over.abort();
  await killing;
  return exit;
};
