import type { FollowerStep } from "../cursor/follower-runner.ts";

/** Between two steps everything else of the thread has its turn: sending a message takes several. */
const aimMs = 60;
/** Fewer than this cost more in commits than they win. */
const fewest = 200;
const most = 4_000;

/**
 * Keeps the steps of a follower short by the time they take: many records a step where most are passed over, few where each
 * is judged by many rules, so that messages of alerts leave while a long backlog is followed.
 */
export class StepPace {
  readonly #nowMs: () => number;
  #limit = fewest;

  /** `nowMs`: any clock that never jumps. */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** Takes a step of as many records as take about 60 ms, by how long the last full step took. */
  run(step: (limit: number) => FollowerStep): FollowerStep {
    const startedMs = this.#nowMs();
    const done = step(this.#limit);
    const tookMs = Math.max(1, this.#nowMs() - startedMs);
    if (done.taken >= this.#limit || tookMs > aimMs) {
      const wanted = Math.round(this.#limit * Math.min(2, aimMs / tookMs));
      this.#limit = Math.min(most, Math.max(fewest, wanted));
    }
    return done;
  }
}
