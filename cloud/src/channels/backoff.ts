const firstMs = 1_000;
const mostMs = 60_000;

/**
 * How long to wait before the next attempt, in milliseconds: anything up to a limit that doubles with every attempt
 * ("full jitter"), so that many waiting senders do not come back together. `attempt` counts from 1, `random` is in [0, 1).
 */
export const backoffMs = (attempt: number, random: number): number =>
  Math.round(random * Math.min(mostMs, firstMs * 2 ** (attempt - 1)));
