import type { MessageLimit } from "./routing/routing.ts";

/** Shorter limits let bursts through. */
const spreadFromMs = 3_600_000;

const byLength = (limits: readonly MessageLimit[]): MessageLimit[] =>
  limits.toSorted((a, b) => a.withinMs - b.withinMs);

/**
 * When the next message may go to somebody who got messages at `sentMs` (ascending), at the earliest `nowMs`. Every limit
 * holds for every stretch of its length. What a limit of an hour or longer leaves beyond the next shorter one is spread over
 * its length, so that a burst does not use up an hour.
 */
export const nextAllowedMs = (limits: readonly MessageLimit[], sentMs: readonly number[], nowMs: number): number => {
  let atMs = nowMs;
  let burst = 0;
  for (const { messages, withinMs } of byLength(limits)) {
    const within = sentMs.filter((ms) => ms > nowMs - withinMs);
    const oldest = within[0];
    if (oldest !== undefined) {
      if (within.length >= messages) atMs = Math.max(atMs, (within.at(-messages) ?? oldest) + withinMs);
      else if (withinMs >= spreadFromMs && burst > 0 && within.length >= burst) {
        const share = (within.length - burst + 1) / (messages - burst + 1);
        atMs = Math.max(atMs, oldest + Math.ceil(withinMs * share));
      }
    }
    burst = messages;
  }
  return atMs;
};

/** How many may go at `nowMs`, up to `most`. */
export const allowedNow = (
  limits: readonly MessageLimit[],
  sentMs: readonly number[],
  nowMs: number,
  most: number,
): number => {
  const sent = [...sentMs];
  let count = 0;
  while (count < most && nextAllowedMs(limits, sent, nowMs) <= nowMs) {
    sent.push(nowMs);
    count++;
  }
  return count;
};

/** The longest stretch that any limit looks at. */
export const longestMs = (limits: readonly MessageLimit[]): number =>
  Math.max(...limits.map(({ withinMs }) => withinMs));
