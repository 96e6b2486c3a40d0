import type { FollowerStep } from "../cursor/follower-runner.ts";
import type { Figure } from "../health/figure.ts";

/** A follower with its stores open, as the loop drives it. All calls are synchronous and may throw. */
export interface OpenFollower {
  /** Takes the next batch. */
  step(): FollowerStep;
  /**
   * Called when it has caught up with the ledger: the place for what time alone brings about. Returns after how many
   * milliseconds it wants to be called again at the latest; null = only when the ledger has grown.
   */
  idle(): number | null;
  /** The ledger's largest number. */
  head(): number;
  /** Last ledger number whose effects are committed. */
  position(): number;
  /** Records it has set apart, all in all. */
  quarantined(): number;
  /** Figures of its own, beside those that every follower has. */
  figures(): readonly Figure[];
  /** Ends what it does beside following and closes its stores. */
  close(): void | Promise<void>;
}

/** When the loop runs: the event loop in the program, by hand in tests. */
export interface LoopTimers {
  /** After what is waiting has had its turn. */
  soon(task: () => void): void;
  /** Returns how to call it off. */
  later(task: () => void, afterMs: number): () => void;
}

/** Turns of Node's event loop. */
export const eventLoopTimers: LoopTimers = {
  soon: (task) => {
    setImmediate(task);
  },
  later: (task, afterMs) => {
    const timer = setTimeout(task, afterMs);
    return () => clearTimeout(timer);
  },
};

/** Options of {@link FollowerLoop}. */
export interface FollowerLoopOptions {
  /** Opens the stores; tried again after a while when it throws. */
  open(): OpenFollower;
  readonly timers: LoopTimers;
  /** After a step that took records. */
  onProgress(step: FollowerStep): void;
  /** It cannot go on now and tries again by itself. Called at every failed attempt. */
  onFault(error: unknown): void;
  /** It was open for the first time, or found not to open now. */
  onStarted(): void;
}

/** The ledger is looked at so often even when nobody says that it has grown. */
const pollMs = 1_000;
/** After a fault of the store it is tried again after so long. */
const retryMs = 1_000;

/**
 * Keeps a follower moving: batch after batch with a turn of the event loop between them while there is a backlog, then
 * woken by commits, with a look at the ledger every second as the safety net. A fault of the store stops nothing but
 * the present attempt.
 */
export class FollowerLoop {
  readonly #options: FollowerLoopOptions;
  #follower: OpenFollower | undefined;
  #cancel: (() => void) | undefined;
  #scheduled = false;
  #failing = false;
  #closed = false;
  #faults = 0;
  #taken = 0;
  #refused = 0;

  constructor(options: FollowerLoopOptions) {
    this.#options = options;
    this.#soon();
  }

  /** Says that the ledger has grown. While the store fails this changes nothing. */
  wake(): void {
    if (!this.#failing) this.#soon();
  }

  /** The follower, once its stores are open. */
  get follower(): OpenFollower | undefined {
    return this.#follower;
  }

  /** True while the last attempt failed. */
  get failing(): boolean {
    return this.#failing;
  }

  /** Counts since the start. */
  counts(): { readonly faults: number; readonly taken: number; readonly refused: number } {
    return { faults: this.#faults, taken: this.#taken, refused: this.#refused };
  }

  /** Takes no further step. */
  close(): void {
    this.#closed = true;
    this.#cancel?.();
  }

  #soon(): void {
    if (this.#scheduled || this.#closed) return;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#scheduled = true;
    this.#options.timers.soon(() => this.#run());
  }

  #later(afterMs: number): void {
    this.#cancel = this.#options.timers.later(() => {
      this.#cancel = undefined;
      this.#soon();
    }, afterMs);
  }

  #run(): void {
    this.#scheduled = false;
    if (this.#closed) return;
    try {
      this.#open();
      this.#move(this.#follower as OpenFollower);
    } catch (error) {
      this.#failing = true;
      this.#faults++;
      this.#options.onFault(error);
      this.#options.onStarted();
      this.#later(retryMs);
    }
  }

  #open(): void {
    if (this.#follower !== undefined) return;
    this.#follower = this.#options.open();
    this.#options.onStarted();
  }

  #move(follower: OpenFollower): void {
    const step = follower.step();
    this.#failing = false;
    if (step.taken > 0) {
      this.#taken += step.taken;
      this.#refused += step.refused;
      this.#options.onProgress(step);
      this.#soon();
      return;
    }
    const wantedMs = follower.idle() ?? pollMs;
    this.#later(Math.min(pollMs, Math.max(0, wantedMs)));
  }
}
