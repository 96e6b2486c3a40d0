import { type CelSurroundings, deviceTimeParts } from "./cel/cel-functions.ts";
import type { Places } from "./places/places.ts";
import type { Hours } from "./rule.ts";

const minuteMs = 60_000;
const dayMs = 86_400_000;

/** The record that is judged now, as functions of expressions ask for it. One object serves all records. */
export class RecordSurroundings implements CelSurroundings {
  readonly #places: Places;
  atMs = 0;
  receivedMs = 0;
  site = "";
  gw = "";
  dev = "";
  percentile: CelSurroundings["percentile"] = () => 0;

  constructor(places: Places) {
    this.#places = places;
  }

  get #minute(): number {
    return Math.floor(this.atMs / minuteMs);
  }

  localTime(): { readonly weekday: number; readonly minuteOfDay: number } {
    return this.#places.localTime(this.#minute);
  }

  day(): string {
    return this.#places.day(this.atMs);
  }

  within(purpose: string): boolean {
    return this.#places.within(this.site, purpose as Hours, this.#minute);
  }

  itemName(code: string): string {
    return this.#places.itemName(this.site, code, this.#minute);
  }

  daysUntil(day: string): number {
    return (Date.parse(day) - Date.parse(this.day())) / dayMs;
  }

  reagentExpiry(reagent: unknown, assay: string): string {
    const { lot, expires } = (reagent ?? {}) as { readonly lot?: unknown; readonly expires?: unknown };
    if (typeof expires === "string") return expires;
    const { gw, dev } = this;
    return this.#places.reagentExpiry({ gw, dev, assay, lot: typeof lot === "string" ? lot : "" }, this.#minute);
  }

  lateSeconds(): number {
    return (this.receivedMs - this.atMs) / 1000;
  }

  daysSince(time: string): number {
    const { day, hour = "00", minute = "00", second = "00", offset } = deviceTimeParts(time) ?? {};
    if (day === undefined) return Number.NaN;
    const utcMs = Date.parse(`${day}T${hour}:${minute}:${second}${offset ?? "Z"}`);
    if (offset !== undefined) return (this.atMs - utcMs) / dayMs;
    // Otherwise a device's own clock tells local time: the offset of the place at that moment.
    const local = this.#places.localTime(this.#minute);
    const offsetMinutes = local.minuteOfDay - (((this.#minute % 1440) + 1440) % 1440);
    const near =
      offsetMinutes > 840 ? offsetMinutes - 1440 : offsetMinutes < -720 ? offsetMinutes + 1440 : offsetMinutes;
    return (this.atMs - (utcMs - near * minuteMs)) / dayMs;
  }
}
