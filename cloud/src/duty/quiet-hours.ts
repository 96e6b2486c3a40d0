import { minuteOf, minuteStartMs, type ZoneClock } from "../register/model/validity.ts";
import type { Routing } from "./routing/routing.ts";

const dayMinutes = 1_440;
const minuteMs = 60_000;

/** Hours of the local day in which people are left alone, and what that does to deadlines. Times in milliseconds since 1970. */
export class QuietHours {
  readonly #hours: Routing["quietHours"];
  readonly #clock: ZoneClock;

  constructor(hours: Routing["quietHours"], clock: ZoneClock) {
    this.#hours = hours;
    this.#clock = clock;
  }

  /** When the quiet hours that `atMs` lies in are over; null: it lies in none. */
  endOf(atMs: number): number | null {
    if (this.#hours === null) return null;
    const { fromMinute, toMinute } = this.#hours;
    const { minuteOfDay } = this.#clock.local(minuteOf(atMs));
    const length = (toMinute - fromMinute + dayMinutes) % dayMinutes;
    const into = (minuteOfDay - fromMinute + dayMinutes) % dayMinutes;
    return into < length ? minuteStartMs(minuteOf(atMs) + length - into) : null;
  }

  /** When so long is over after `fromMs`; quiet hours do not count. */
  after(fromMs: number, lengthMs: number): number {
    let atMs = this.endOf(fromMs) ?? fromMs;
    let leftMs = lengthMs;
    while (this.#hours !== null) {
      const { minuteOfDay } = this.#clock.local(minuteOf(atMs));
      const awake = (this.#hours.fromMinute - minuteOfDay + dayMinutes) % dayMinutes;
      const nextMs = minuteStartMs(minuteOf(atMs) + awake);
      if (nextMs - atMs > leftMs) break;
      leftMs -= nextMs - atMs;
      const endMs = this.endOf(nextMs) ?? nextMs + minuteMs;
      atMs = endMs;
      if (leftMs === 0) break;
    }
    return atMs + leftMs;
  }
}

/** The next time, behind `afterMs`, at which the local day is at a minute. */
export const nextAtMinute = (clock: ZoneClock, minuteOfDay: number, afterMs: number): number => {
  const minute = minuteOf(afterMs);
  const ahead = (minuteOfDay - clock.local(minute).minuteOfDay + dayMinutes) % dayMinutes;
  return minuteStartMs(minute + (ahead === 0 ? dayMinutes : ahead));
};

/** The first millisecond of the local day that `atMs` lies in. */
export const dayStartMs = (clock: ZoneClock, atMs: number): number => {
  const minute = minuteOf(atMs);
  return minuteStartMs(minute - clock.local(minute).minuteOfDay);
};

/** A time of the local day: `14:05`. */
export const timeOfDay = (clock: ZoneClock, atMs: number): string => {
  const { minuteOfDay } = clock.local(minuteOf(atMs));
  return `${String(Math.floor(minuteOfDay / 60)).padStart(2, "0")}:${String(minuteOfDay % 60).padStart(2, "0")}`;
};
