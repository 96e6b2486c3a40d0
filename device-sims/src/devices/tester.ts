import type { SimClock } from "../clock.ts";
import type { Oracle } from "../oracle.ts";
import type { SimLine } from "../transports/sim-line.ts";

/** One result as the instrument knows it. */
export interface TesterResult {
  readonly specimenId: string;
  /** What was tested, e.g. 韭菜. */
  readonly item: string;
  readonly assay: string;
  /** Value as the instrument prints it; not always a number. */
  readonly value: string;
  readonly unit: string;
  /** Abnormal flags, e.g. `A` or `N`. */
  readonly flags: string;
  /** The instrument's own clock, YYYYMMDDHHMMSS. */
  readonly completedAt: string;
}

/** A simulated tester that sends results and keeps each message until it is acknowledged. */
export interface SimulatedTester {
  readonly id: string;
  readonly address: string;
  /** Queues one message with these results. */
  report(results: readonly TesterResult[]): void;
  /** Resolves when everything queued so far is acknowledged; also when the tester stops. */
  drained(): Promise<void>;
  /** Messages not completely acknowledged yet. */
  queued(): number;
  stop(): Promise<void>;
}

/** What a simulated tester needs. */
export interface TesterParts {
  readonly id: string;
  readonly line: SimLine;
  readonly clock: SimClock;
  readonly oracle: Oracle;
}
