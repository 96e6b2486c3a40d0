/** Timing and windows of the uplink. The defaults are the protocol's. */
export interface UplinkLimits {
  /** Batches under way per lane: each lane has its own, so neither waits for the other. */
  readonly window: number;
  readonly lingerMs: number;
  /** A commit not sent live within this time falls to the backlog. */
  readonly liveForMs: number;
  /** Without an answer for so long (plus up to a quarter) a batch is sent again. */
  readonly answerWithinMs: number;
  /** The state is published again so often: heartbeat, and the chance to answer what got lost. */
  readonly stateEveryMs: number;
  /** Nacks before a batch is taken apart, and before a single record goes as its digest. */
  readonly nacksBeforeSplit: number;
  /** A lane rests so long (plus up to a quarter) after a nack. */
  readonly restAfterNackMs: number;
}

export const uplinkLimits: UplinkLimits = {
  window: 4,
  lingerMs: 50,
  liveForMs: 5_000,
  answerWithinMs: 30_000,
  stateEveryMs: 60_000,
  nacksBeforeSplit: 3,
  restAfterNackMs: 1_000,
};
