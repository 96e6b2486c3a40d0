import type { CameraState } from "@mingcheng/protocols";
import type { PictureMeasure } from "./picture-measure.ts";
import { PictureRhythm, type SeenPicture } from "./picture-rhythm.ts";

/** How quickly a camera is thought ill of. Times in milliseconds. */
export interface HealthSettings {
  /** No picture for so long, or for three key-frame intervals if that is longer: stalled. */
  readonly stalledAfterMs: number;
  /** Not reached for so long: disconnected. A camera that starts anew is back before. */
  readonly disconnectedAfterMs: number;
  /** So many measured pictures behind one another must say the same before it is believed. */
  readonly agreeing: number;
  /** A picture is measured so often, and at once when the sizes of pictures give reason to. */
  readonly measureEveryMs: number;
}

/** What is used where nothing else is configured. */
export const usualHealthSettings: HealthSettings = {
  stalledAfterMs: 5_000,
  disconnectedAfterMs: 5_000,
  agreeing: 3,
  measureEveryMs: 15_000,
};

/** A change of state, in words that a record can carry. */
export interface HealthChange {
  readonly state: CameraState;
  readonly previous: CameraState;
  /** How long the state before lasted. */
  readonly previousMs: number;
  readonly reason: string;
}

type Fault = "frozen" | "black" | "covered";

const darkBelow = 16;
const glaringAbove = 250;
const flatBelow = 3;
const featurelessBelowPercent = 0.5;
const sameBelow = 0.05;

const one = (figure: number): string => figure.toFixed(1);

const faultOf = (measure: PictureMeasure): { fault: Fault; reason: string } | undefined => {
  const { meanBrightness, deviation, edgePercent, difference } = measure;
  if (deviation < flatBelow && (meanBrightness < darkBelow || meanBrightness > glaringAbove)) {
    return { fault: "black", reason: `brightness ${one(meanBrightness)}, deviation ${one(deviation)}` };
  }
  if (edgePercent < featurelessBelowPercent) {
    return { fault: "covered", reason: `edges ${one(edgePercent)} %, deviation ${one(deviation)}` };
  }
  if (difference !== null && difference < sameBelow) {
    return { fault: "frozen", reason: `difference ${difference.toFixed(2)} to the picture before` };
  }
  return undefined;
};

/**
 * What is true of a camera. Slow to think ill: a fault must be seen several times, a silence must last. Quick to think
 * well: one good picture is enough. Whatever it is told, `live` is said only while pictures come and change. Times are of
 * the monotonic clock, so that a clock that jumps a day makes no camera ill. No timers: call `tick` when `nextMs` is reached.
 */
export class CameraHealth {
  readonly #settings: HealthSettings;
  readonly #rhythm = new PictureRhythm();
  #state: CameraState = "none";
  #sinceMs: number;
  #asked = false;
  #lostMs: number | null = null;
  #lostReason = "";
  #lastPictureMs: number | null = null;
  #askedMs = 0;
  #measuredMs: number | null = null;
  #suspected: Fault | undefined;
  #agreed = 0;
  /** A fault of the picture that was believed: only a good measured picture ends it, whatever comes between. */
  #believed: Fault | undefined;

  constructor(settings: HealthSettings, nowMs: number) {
    this.#settings = settings;
    this.#sinceMs = nowMs;
  }

  /** What is believed now. */
  get state(): CameraState {
    return this.#state;
  }

  /** When the last picture came; null: none since it was asked for. */
  get lastPictureMs(): number | null {
    return this.#lastPictureMs;
  }

  /** Somebody wants pictures. */
  ask(nowMs: number): HealthChange | undefined {
    if (this.#asked) return undefined;
    this.#asked = true;
    this.#askedMs = nowMs;
    this.#forgetPictures();
    return this.#become("pending", nowMs, "asked for");
  }

  /** Nobody wants pictures any more. */
  release(nowMs: number): HealthChange | undefined {
    this.#asked = false;
    this.#lostMs = null;
    this.#believed = undefined;
    this.#forgetPictures();
    return this.#become("none", nowMs, "nobody asks for pictures");
  }

  /** The camera answers and has begun to send. */
  connected(nowMs: number): HealthChange | undefined {
    this.#lostMs = null;
    this.#askedMs = nowMs;
    this.#rhythm.forget();
    return this.#state === "disconnected" || this.#state === "auth-failed"
      ? this.#become("pending", nowMs, "connected")
      : undefined;
  }

  /** It refuses the password: said at once, because trying again may lock the account. */
  refused(nowMs: number, reason: string): HealthChange | undefined {
    if (!this.#asked) return undefined;
    this.#lostMs ??= nowMs;
    this.#forgetPictures();
    return this.#become("auth-failed", nowMs, reason);
  }

  /** The connection ended or could not be made. */
  lost(nowMs: number, reason: string): HealthChange | undefined {
    if (!this.#asked) return undefined;
    this.#lostMs ??= nowMs;
    this.#lostReason = reason;
    return this.tick(nowMs);
  }

  /** A whole picture came in. */
  picture({ atMs, key, bytes }: SeenPicture): HealthChange | undefined {
    if (!this.#asked) return undefined;
    this.#lostMs = null;
    this.#lastPictureMs = atMs;
    this.#rhythm.add({ atMs, key, bytes });
    return this.#become(this.#believed ?? "live", atMs, "pictures come");
  }

  /** True when the next key frame should be measured. */
  wantsMeasure(nowMs: number): boolean {
    if (!this.#asked || this.#lastPictureMs === null) return false;
    const lastMs = this.#measuredMs;
    if (lastMs === null || nowMs - lastMs >= this.#settings.measureEveryMs) return true;
    // Pictures that became tiny, or a fault that was seen once: the next key frame settles it sooner.
    const sinceMs = nowMs - lastMs;
    return sinceMs >= 1_000 && (this.#suspected !== undefined || this.#state !== "live" || this.#rhythm.collapsed());
  }

  /** A key frame was measured. */
  measured(nowMs: number, measure: PictureMeasure): HealthChange | undefined {
    if (!this.#asked) return undefined;
    this.#measuredMs = nowMs;
    const found = faultOf(measure);
    // Two pictures alike are not frozen while pictures are as large as ever: an idle room has noise, a frozen one has none.
    if (found === undefined || (found.fault === "frozen" && !this.#rhythm.collapsed())) {
      this.#suspected = undefined;
      this.#agreed = 0;
      const wasIll = this.#believed !== undefined;
      this.#believed = undefined;
      return wasIll ? this.#become("live", nowMs, "pictures change again") : undefined;
    }
    this.#agreed = this.#suspected === found.fault ? this.#agreed + 1 : 1;
    this.#suspected = found.fault;
    if (this.#agreed < this.#settings.agreeing) return undefined;
    this.#believed = found.fault;
    return this.#become(found.fault, nowMs, found.reason);
  }

  /** What time alone brings about. */
  tick(nowMs: number): HealthChange | undefined {
    if (!this.#asked) return undefined;
    if (this.#lostMs !== null) {
      const gone = nowMs - this.#lostMs >= this.#settings.disconnectedAfterMs;
      return gone && this.#state !== "auth-failed" ? this.#become("disconnected", nowMs, this.#lostReason) : undefined;
    }
    const waitedMs = nowMs - this.#waitingSinceMs();
    if (waitedMs < this.#patienceMs()) return undefined;
    return this.#become("stalled", nowMs, `no picture for ${Math.floor(waitedMs / 1000)} s`);
  }

  /** When `tick` may have something to say; null: nothing is waited for. */
  nextMs(): number | null {
    if (!this.#asked || this.#state === "auth-failed" || this.#state === "disconnected") return null;
    if (this.#lostMs !== null) return this.#lostMs + this.#settings.disconnectedAfterMs;
    if (this.#state === "stalled") return null;
    return this.#waitingSinceMs() + this.#patienceMs();
  }

  /** The last picture, or what asks for the next one: being asked for, a new connection. */
  #waitingSinceMs(): number {
    return Math.max(this.#lastPictureMs ?? 0, this.#askedMs);
  }

  #patienceMs(): number {
    return Math.max(this.#settings.stalledAfterMs, 3 * (this.#rhythm.keyIntervalMs() ?? 0));
  }

  #forgetPictures(): void {
    this.#lastPictureMs = null;
    this.#measuredMs = null;
    this.#suspected = undefined;
    this.#agreed = 0;
    this.#rhythm.forget();
  }

  #become(state: CameraState, nowMs: number, reason: string): HealthChange | undefined {
    if (state === this.#state) return undefined;
    const change = { state, previous: this.#state, previousMs: Math.max(0, Math.round(nowMs - this.#sinceMs)), reason };
    this.#state = state;
    this.#sinceMs = nowMs;
    return change;
  }
}
