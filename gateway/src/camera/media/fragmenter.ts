import { packetHeadBytes } from "@mingcheng/protocols/media";
import type { AccessUnit, ParameterSets } from "./access-unit.ts";
import type { Fragment, MovieBegin } from "./fragment.ts";
import { GatheredBytes } from "./gathered-bytes.ts";
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
  readonly key: boolean;
  readonly bytes: number;
  readonly rtpTime: number;
  readonly wallMs: number;
  readonly monoMs: number;
}

const usualDuration = timeScale / 25;
/** A step of the camera's clock beyond this is a clock that was set, not a picture that lasted. */
const mostDuration = 10 * timeScale;
const mostWaitingBytes = 8 * 1024 * 1024;
const mostGatheredBytes = 32 * 1024 * 1024;
/** A stream from which nothing waits is looked at again after so long. */
const idleMs = 40;
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
  readonly #gathered = new GatheredBytes(mostGatheredBytes);
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
    const last = this.#waiting.at(-1);
    if (last !== undefined && timestampDistance(last.rtpTime, unit.rtpTime) < 0) this.#reorders = true;
    const first = this.#waiting[0];
    const span = first === undefined ? 0 : timestampDistance(first.rtpTime, unit.rtpTime);
    // The very first picture goes out alone: somebody waits for it.
    const isFirst = this.#decodeTime === 0;
    const isFull =
      isFirst || span + this.#usual / 2 >= (fragmentMs * timeScale) / 1_000 || this.#gathered.length > mostWaitingBytes;
    if (first !== undefined && (unit.key || isFull || span < -timeScale)) this.#flush(unit);
    const { bytes, key, rtpTime } = unit;
    if (!this.#gathered.room(bytes.length)) return;
    this.#gathered.add(bytes, 0, bytes.length);
    this.#waiting.push({ key, rtpTime, bytes: bytes.length, wallMs: clock.wallMs(), monoMs: clock.nowMs() });
  }

  /** When the next fragment is due, as far as the stream's pace tells: milliseconds from `nowMs`, 0 when it is late. */
  dueInMs(nowMs: number): number {
    // By the newest: of those before it nobody knows how long they had waited to be read.
    const newest = this.#waiting.at(-1);
    if (newest === undefined) return idleMs;
    const usualMs = (this.#usual * 1_000) / timeScale;
    const pictures = Math.max(1, Math.ceil(this.#options.fragmentMs / usualMs - 0.5));
    return Math.max(0, newest.monoMs + (pictures - this.#waiting.length + 1) * usualMs - nowMs);
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
    const data = this.#gathered.view();
    this.#gathered.length = 0;
    if (first === undefined || this.#movie === undefined) return;
    const units = this.#timed(waiting, next);
    const duration = units.reduce((sum, unit) => sum + unit.duration, 0);
    const [sequence, decodeTime] = [this.#sequence++, this.#decodeTime];
    const roomy = movieFragment({ sequence, decodeTime, units, data, roomBytes: packetHeadBytes });
    this.#decodeTime += duration;
    this.#options.onFragment({
      ...{ movie: this.#movie, begin: this.#movie.bytes, bytes: roomy.subarray(packetHeadBytes), roomy },
      ...{ key: first.key, durationMs: (duration * 1_000) / timeScale },
      ...{ wallMs: first.wallMs, monoMs: first.monoMs, rtpTime: first.rtpTime },
    });
  }

  #timed(waiting: readonly Waiting[], next: AccessUnit | undefined): TimedUnit[] {
    return waiting.map((one, index) => {
      const { key, bytes, rtpTime } = one;
      if (this.#reorders) return { key, bytes, duration: this.#usual, offset: this.#offset(waiting, one, index) };
      const after = waiting[index + 1] ?? next;
      const step = after === undefined ? this.#usual : timestampDistance(rtpTime, after.rtpTime);
      const duration = step > 0 && step <= mostDuration ? step : this.#usual;
      if (after !== undefined && duration <= timeScale) this.#usual = duration;
      return { key, bytes, duration, offset: 0 };
    });
  }

  /** With B pictures: decoded at an even pace, shown when the camera says. */
  #offset(waiting: readonly Waiting[], { rtpTime }: Waiting, index: number): number {
    const shown = timestampDistance(waiting[0]?.rtpTime ?? rtpTime, rtpTime) - index * this.#usual;
    const most = mostReordered * this.#usual;
    return Math.round(Math.max(-most, Math.min(most, shown)));
  }
}
