import { setTimeout as delay } from "node:timers/promises";

/** How long to wait and for what. */
export interface Waiting {
  /** What is waited for, for the error message. */
  readonly what: string;
  readonly withinMs: number;
  /** How often to look, default 20 ms. */
  readonly everyMs?: number;
  /** Asked when the time is up, for the error message (the end of a program's output, the last figures seen). */
  readonly detail?: () => string;
}

/** What was waited for did not happen in time. `message` names it and what was seen last. */
export class WaitingTooLongError extends Error {
  constructor(what: string, withinMs: number, detail: string) {
    super(`${what}: not within ${withinMs} ms${detail === "" ? "" : `\n${detail}`}`);
    this.name = "WaitingTooLongError";
  }
}

/**
 * Asks again and again until the answer is neither undefined nor false, and returns it. For what other processes do:
 * they give no event to wait on. @throws {WaitingTooLongError}; what `answer` throws ends the wait at once
 */
export const until = async <Answer>(
  answer: () => Answer | undefined | false | Promise<Answer | undefined | false>,
  { what, withinMs, everyMs = 20, detail = () => "" }: Waiting,
): Promise<Answer> => {
  const deadlineMs = performance.now() + withinMs;
  for (;;) {
    const given = await answer();
    if (given !== undefined && given !== false) return given;
    if (performance.now() > deadlineMs) throw new WaitingTooLongError(what, withinMs, detail());
    await delay(everyMs);
  }
};
