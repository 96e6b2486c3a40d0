import type { AccessUnit, ParameterSets } from "./access-unit.ts";
import type { Fragment, MovieBegin } from "./fragment.ts";
import { movieBegin, timeScale } from "./movie-begin.ts";
import { movieFragment, type TimedUnit } from "./movie-fragment.ts";
import { timestampDistance } from "./rtp.ts";

/** Both clocks. */
export interface StreamClock {
  /** Monotonic. */
  nowMs(): number;
  /** Milliseconds since 1970, as well as the gateway knows. */
  wallMs(): number;
}

/** What comes out. */
export interface FragmenterOptions {
  readonly clock: StreamClock;
  /** A fragment is at most so long; one never reaches over a key frame. */
  readonly fragmentMs: number;
  readonly onFragment: (fragment: Fragment) => void;
}

interface Waiting {
  readonly unit: AccessUnit;
  readonly wallMs: number;
  readonly monoMs: number;
}

const usualDuration = timeScale / 25;
/** A step of the camera's clock beyond this is a clock that was set, not a picture that lasted. */
const mostDuration = 10 * timeScale;
const mostWaitingBytes = 8 * 1024 * 1024;
/** Offsets that a stream with B pictures can need: so many pictures of them. */
const mostReordered = 4;

/**
 * Cuts a stream of pictures into fragments of a movie. Time goes by the camera's time stamps; where they jump, by what a
 * picture usually lasts. A picture is written when the next has come, so that its duration is known.
 */
export class Fragmenter {
  readonly #options: FragmenterOptions;
  #movie: MovieBegin | undefined;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #sequence = 1;
  #decodeTime = 0;
  #usual = usualDuration;
  /** True once pictures came in another order than they are shown in (B pictures). */
  #reorders = false;

  constructor(options: FragmenterOptions) {
    this.#options = options;
  }

  /** Others hold from the next key frame on. */
  parameters(sets: ParameterSets): void {
    this.#flush(undefined);
    this.#movie = movieBegin(sets);
  }

  /** Takes the next picture. */
  unit(unit: AccessUnit): void {
    if (this.#movie === undefined) return;
    const { clock, fragmentMs } = this.#options;
    const last = this.#waiting.at(-1)?.unit;
    if (last !== undefined && timestampDistance(last.rtpTime, unit.rtpTime) < 0) this.#reorders = true;
    const first = this.#waiting[0]?.unit;
    const span = first === undefined ? 0 : timestampDistance(first.rtpTime, unit.rtpTime);
    // The very first picture goes out alone: somebody waits for it.
    const isFirst = this.#decodeTime === 0;
    const isFull =
      isFirst || span + this.#usual / 2 >= (fragmentMs * timeScale) / 1_000 || this.#waitingBytes > mostWaitingBytes;
    if (first !== undefined && (unit.key || isFull || span < -timeScale)) this.#flush(unit);
    this.#waiting.push({ unit, wallMs: clock.wallMs(), monoMs: clock.nowMs() });
    this.#waitingBytes += unit.nals.reduce((sum, nal) => sum + nal.length, 0);
  }

  /** Writes what waits; what comes is another session. */
  end(): void {
    this.#flush(undefined);
    this.#reorders = false;
  }

  #flush(next: AccessUnit | undefined): void {
    const [first] = this.#waiting;
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    if (first === undefined || this.#movie === undefined) return;
    const units = this.#timed(waiting, next);
    const duration = units.reduce((sum, unit) => sum + unit.duration, 0);
    const bytes = movieFragment(this.#sequence++, this.#decodeTime, units);
    this.#decodeTime += duration;
    this.#options.onFragment({
      ...{ movie: this.#movie, begin: this.#movie.bytes, bytes, key: first.unit.key },
      durationMs: (duration * 1_000) / timeScale,
      ...{ wallMs: first.wallMs, monoMs: first.monoMs, rtpTime: first.unit.rtpTime },
    });
  }

  #timed(waiting: readonly Waiting[], next: AccessUnit | undefined): TimedUnit[] {
    return waiting.map(({ unit }, index) => {
      const after = waiting[index + 1]?.unit ?? next;
      const step = after === undefined ? this.#usual : timestampDistance(unit.rtpTime, after.rtpTime);
      if (this.#reorders) return this.#reordered(waiting, unit, index);
      const duration = step > 0 && step <= mostDuration ? step : this.#usual;
      if (after !== undefined && duration <= timeScale) this.#usual = duration;
      return { unit, duration, offset: 0 };
    });
  }

  /** With B pictures: decoded at an even pace, shown when the camera says. */
  #reordered(waiting: readonly Waiting[], unit: AccessUnit, index: number): TimedUnit {
    const first = waiting[0]?.unit ?? unit;
    const shown = timestampDistance(first.rtpTime, unit.rtpTime) - index * this.#usual;
    const most = mostReordered * this.#usual;
    return { unit, duration: this.#usual, offset: Math.round(Math.max(-most, Math.min(most, shown))) };
  }
}
