import type { Environment } from "@marcbachmann/cel-js";

/** What functions of an expression are about: the record under judgement and what is known around it. */
export interface CelSurroundings {
  /** Local time of the record's effective time. */
  localTime(): { readonly weekday: number; readonly minuteOfDay: number };
  /** Local calendar day, `2026-11-23`. */
  day(): string;
  /** True in hours of the site's calendar for a purpose; true for a site whose hours nobody knows. */
  within(purpose: string): boolean;
  /** Name of an item by its code at the site; the code itself where the register does not know it. */
  itemName(code: string): string;
  /** Seconds between the record's effective time and its arrival. */
  lateSeconds(): number;
  /** The value below which so much of the window lies, 0 to 1. */
  percentile(share: number): number;
  /** The record's time minus an ISO 8601 time or a `yyyymmdd…` time, in days; NaN when it is neither. */
  daysSince(time: string): number;
  /** Local days from the record's to a day like `2026-11-30`: 0 on it, below 0 afterwards; NaN when it is none. */
  daysUntil(day: string): number;
  /** Last day of a reagent: as the record says, else by the register; empty: nobody knows. */
  reagentExpiry(reagent: unknown, assay: string): string;
}

/** A device's own time: compact, or ISO 8601; with an offset where it says one. */
const deviceTime = /^(\d{4})-?(\d{2})-?(\d{2})(?:[T ]?(\d{2}):?(\d{2})(?::?(\d{2})(?:\.\d+)?)?)?(Z|[+-]\d{2}:\d{2})?$/;

/** Day, time of day and offset of a device's own time; undefined when it is none. Parts that it does not say are left out. */
export const deviceTimeParts = (
  text: string,
):
  | {
      readonly day: string;
      readonly hour?: string;
      readonly minute?: string;
      readonly second?: string;
      readonly offset?: string;
    }
  | undefined => {
  const [, year, month, date, hour, minute, second, offset] = deviceTime.exec(text) ?? [];
  if (year === undefined) return undefined;
  return {
    day: `${year}-${month}-${date}`,
    ...(hour === undefined || minute === undefined ? {} : { hour, minute }),
    ...(second === undefined ? {} : { second }),
    ...(offset === undefined ? {} : { offset }),
  };
};

/** `093015` of a device's own time; empty where it does not say the second. */
const timeOfDay = (text: string): string => {
  const { hour = "", minute = "", second = "" } = deviceTimeParts(text) ?? {};
  return second === "" ? "" : `${hour}${minute}${second}`;
};

const decimal = /^\s*[-+]?\d+(\.\d+)?\s*$/;

/** A figure as a double, for comparison with a limit; NaN, which compares false, when it is none. */
export const figureOf = (value: unknown): number => {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  return typeof value === "string" && decimal.test(value) ? Number(value) : Number.NaN;
};

/**
 * Adds the functions that rules may use. `surroundings` is asked at every call, so that one environment serves every
 * record. All of them are pure of I/O and end at once.
 */
export const withFunctions = (environment: Environment, surroundings: () => CelSurroundings): Environment =>
  environment
    .registerFunction("num(dyn): double", figureOf)
    .registerFunction("abs(double): double", Math.abs)
    .registerFunction("hour(): int", () => BigInt(Math.floor(surroundings().localTime().minuteOfDay / 60)))
    .registerFunction("minuteOfDay(): int", () => BigInt(surroundings().localTime().minuteOfDay))
    .registerFunction("weekday(): int", () => BigInt(surroundings().localTime().weekday))
    .registerFunction("day(): string", () => surroundings().day())
    .registerFunction("within(string): bool", (purpose: string) => surroundings().within(purpose))
    .registerFunction("itemName(dyn): string", (code: unknown) =>
      typeof code === "string" ? surroundings().itemName(code) : "",
    )
    .registerFunction("lateSeconds(): double", () => surroundings().lateSeconds())
    .registerFunction("percentile(double): double", (share: number) => surroundings().percentile(share))
    .registerFunction("timeOfDay(string): string", timeOfDay)
    .registerFunction("daysSince(string): double", (time: string) => surroundings().daysSince(time))
    .registerFunction("daysUntil(string): double", (day: string) => surroundings().daysUntil(day))
    .registerFunction("reagentExpiry(dyn, string): string", (reagent: unknown, assay: string) =>
      surroundings().reagentExpiry(reagent, assay),
    );

/** Structural bounds of one expression. */
export const celLimits = {
  maxAstNodes: 500,
  maxDepth: 50,
  maxListElements: 200,
  maxMapEntries: 50,
  maxCallArguments: 8,
} as const;
