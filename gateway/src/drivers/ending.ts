import type { SessionClock } from "./define-driver.ts";

/** What is still being stored when a session is to end gets this long; the supervisor waits one second. */
const graceMs = 400;

/**
 * Waits for `work`; once `signal` has aborted, no longer than the grace. False when it was left unfinished: it goes on by
 * itself, and its fault is nobody's.
 */
export const endsInTime = async (
  work: Promise<unknown>,
  clock: SessionClock,
  signal: AbortSignal,
): Promise<boolean> => {
  const ended = new AbortController();
  const finished = work.then(
    () => true,
    (error: unknown) => {
      if (!ended.signal.aborted) throw error;
      return true;
    },
  );
  const aborted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true, signal: ended.signal });
  });
  try {
    return await Promise.race([finished, aborted.then(() => clock.sleep(graceMs, ended.signal)).then(() => false)]);
  } finally {
    ended.abort();
  }
};
