/** A time zone, as programs are configured with it. */
export interface Zone {
  /** IANA name. */
  readonly name: string;
  /** Offset from UTC, `+08:00`. */
  readonly offset: string;
}

/**
 * A zone in which it is about noon at `nowMs` (milliseconds since 1970): whatever is started now and counts by days sees
 * no midnight for half a day, at whatever hour it is tried.
 */
export const zoneAtNoon = (nowMs: number): Zone => {
  const aheadHours = 12 - new Date(nowMs).getUTCHours();
  const hours = Math.abs(aheadHours);
  // The names say what is to be added to local time: Etc/GMT-8 is eight hours ahead of UTC.
  const name = aheadHours === 0 ? "Etc/GMT" : `Etc/GMT${aheadHours > 0 ? "-" : "+"}${hours}`;
  return { name, offset: `${aheadHours < 0 ? "-" : "+"}${String(hours).padStart(2, "0")}:00` };
};
