import type { ToldClock } from "./process-messages.ts";

/** Where the time comes from: the system's clock, which may be set, and the one that never jumps. */
export interface CameraClockPorts {
  readonly systemMs: () => number;
  readonly monoMs: () => number;
}

/** Less is the ordinary drift of a clock. */
const stepMs = 2_000;
/** A clock that nobody vouches for has to show a later time for so long before anything grows old by it. */
const settleMs = 3_600_000;

/**
 * Time of the camera process, as the gateway told it: between two tellings it runs with the monotonic clock, so that a system
 * clock that is set reaches nothing here. What is kept grows old by another one, which follows a clock that was set forward
 * only when a time service or the centre vouches for it, or once it has stood for an hour: a wrong clock deletes nothing.
 */
export class CameraClock {
  readonly #ports: CameraClockPorts;
  #told: ToldClock;
  /** Wall clock minus monotonic clock: as told, as things grow old by, and what that may become. */
  #offsetMs: number;
  #ageOffsetMs = Number.NEGATIVE_INFINITY;
  #later: { readonly offsetMs: number; readonly sinceMs: number } | undefined;

  constructor(ports: CameraClockPorts, told: ToldClock) {
    this.#ports = ports;
    this.#told = told;
    this.#offsetMs = 0;
    this.take(told);
  }

  get told(): ToldClock {
    return this.#told;
  }

  /** The gateway tells its time anew. */
  take(told: ToldClock): void {
    this.#told = told;
    this.#offsetMs = this.#ports.systemMs() + told.aheadMs - this.#ports.monoMs();
    this.#settle();
  }

  /** Milliseconds since 1970. */
  wallMs(): number {
    return this.#ports.monoMs() + this.#offsetMs;
  }

  /** Milliseconds since 1970 by which what is kept grows old; before any time while nothing is known. */
  ageMs(): number {
    this.#settle();
    return this.#ports.monoMs() + this.#ageOffsetMs;
  }

  #settle(): void {
    const [offsetMs, monoMs] = [this.#offsetMs, this.#ports.monoMs()];
    const isVouchedFor = this.#told.sync === "ntp" || this.#told.sync === "receipt";
    const since = Math.abs((this.#later?.offsetMs ?? Number.NaN) - offsetMs) < stepMs ? this.#later : undefined;
    const isSettled = since !== undefined && monoMs - since.sinceMs >= settleMs;
    if (isVouchedFor || isSettled || offsetMs - this.#ageOffsetMs < stepMs) {
      this.#ageOffsetMs = offsetMs;
      this.#later = undefined;
    } else this.#later = since ?? { offsetMs, sinceMs: monoMs };
  }
}
