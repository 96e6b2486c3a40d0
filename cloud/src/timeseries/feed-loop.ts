import type { LoopTimers } from "../following/follower-loop.ts";

/** Options of {@link FeedLoop}. */
export interface FeedLoopOptions {
  /** Does what comes next; see `Feed.step`. */
  step(): Promise<{ readonly more: boolean; readonly isBesideOthers: boolean }>;
  /** Monotonic milliseconds. */
  readonly monotonicMs: () => number;
  /** Before every step, and while steps fail: the place for samples. May throw: that is a fault like any other. */
  beforeStep(): void;
  readonly timers: LoopTimers;
  /** Null: a step succeeded after one that failed. */
  onFault(error: unknown): void;
  /** In [0, 1), for jitter. */
  random(): number;
}

/** While nothing is behind, what is new waits so long for more: a round costs a commit and a request or two. */
const gatherMs = 250;
/** Looks so often even when nobody says that there is something new. */
const pollMs = 1_000;
/** Beside gateways that send it rests so many times as long as it worked, and no longer than this. */
const restPerWork = 8;
const longestRestMs = 1_000;
/** After a failure: so long at first, twice as long each time, and never longer than the last. */
const retryMs = { first: 500, most: 10_000 } as const;

/** Keeps the feed moving: round after round while it is behind, then woken by commits. A failure stops only the present attempt. */
export class FeedLoop {
  readonly #options: FeedLoopOptions;
  #cancel: (() => void) | undefined;
  #running: Promise<void> | undefined;
  #isWoken = false;
  /** Waits without anything to do: the next news may bring the next step forward. */
  #isIdle = false;
  #isClosed = false;
  #failures = 0;
  #faults = 0;

  constructor(options: FeedLoopOptions) {
    this.#options = options;
    this.#later(0);
  }

  /** There is something new. While the server fails this changes nothing. */
  wake(): void {
    this.#isWoken = true;
    if (this.#failures > 0 || this.#running !== undefined || !this.#isIdle) return;
    // Once: what comes while it gathers must not put it off again.
    this.#later(gatherMs);
  }

  get faults(): number {
    return this.#faults;
  }

  get isFailing(): boolean {
    return this.#failures > 0;
  }

  #later(afterMs: number): void {
    this.#cancel?.();
    this.#isWoken = false;
    this.#isIdle = afterMs === pollMs;
    this.#cancel = this.#options.timers.later(() => {
      this.#cancel = undefined;
      this.#running = this.#run().finally(() => {
        this.#running = undefined;
      });
    }, afterMs);
  }

  async #run(): Promise<void> {
    if (this.#isClosed) return;
    let nextMs: number;
    try {
      const sinceMs = this.#options.monotonicMs();
      this.#options.beforeStep();
      const { more, isBesideOthers } = await this.#options.step();
      if (this.#failures > 0) this.#options.onFault(null);
      this.#failures = 0;
      // Beside gateways that send, it works a ninth of the time: receipts have the rest.
      const tookMs = this.#options.monotonicMs() - sinceMs;
      const restMs = isBesideOthers ? Math.min(longestRestMs, restPerWork * tookMs) : 0;
      nextMs = more ? restMs : this.#isWoken ? gatherMs : pollMs;
    } catch (error) {
      this.#faults++;
      this.#failures++;
      this.#options.onFault(error);
      const longest = Math.min(retryMs.most, retryMs.first * 2 ** Math.min(this.#failures - 1, 10));
      nextMs = longest * (0.5 + this.#options.random() / 2);
    }
    if (!this.#isClosed) this.#later(nextMs);
  }

  /** Takes no further step; resolves when the present one is over. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel?.();
    await this.#running;
  }
}
