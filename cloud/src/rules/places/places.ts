import type { AbsenceSpec, Hours, ruleTiers } from "../rule.ts";

/** Where a record belongs, as expressions see it: empty texts where the register does not say. */
export interface Place {
  readonly known: boolean;
  readonly code: string;
  readonly type: string;
  readonly stall: string;
  readonly vendor: string;
  /** The nearest area of the site, and all of them, the widest first. */
  readonly area: string;
  readonly areas: readonly string[];
}

/** Of a device that the register does not place. */
export const nowhere: Place = { known: false, code: "", type: "", stall: "", vendor: "", area: "", areas: [] };

/** A site or a device that the register names. `gw`, `dev`: empty where there is none. */
export interface Expected {
  readonly site: string;
  readonly siteName: string;
  readonly gw: string;
  readonly dev: string;
  readonly stall: string;
}

/** A device as the register says. */
export interface RegisteredDevice extends Expected {
  readonly class: string;
  readonly certificate: string;
  readonly expires: string;
}

/** A reagent as it is used. `lot`: empty where nobody said. */
export interface ReagentUse {
  readonly gw: string;
  readonly dev: string;
  readonly assay: string;
  readonly lot: string;
}

/** What rules ask the register. Times are minutes since 1970. Answers come from memory or a local file, at once. */
export interface Places {
  /** Takes in what changed in the register. Call now and then, never within a batch. */
  refresh(): void;
  placeOf(gw: string, dev: string, minute: number): Place;
  siteName(site: string): string;
  /** A site that devices of a gateway stand at; empty when the register places none. */
  siteOfGateway(gw: string, minute: number): string;
  /** Whether a site has hours for a purpose then; true for a site without a calendar: nobody knows. */
  within(site: string, purpose: Hours, minute: number): boolean;
  /** The first minute from `minute` on that lies in such hours; null when there is none in the next 14 days. */
  nextWithin(site: string, purpose: Hours, minute: number): number | null;
  /**
   * Minutes after the local midnight before `minute` until which hours go on that began the evening before: until then it is
   * still the night of the day before. 0 where they do not last over midnight, or never end.
   */
  nightEnd(site: string, purpose: Hours, minute: number): number;
  localTime(minute: number): { readonly weekday: number; readonly minuteOfDay: number };
  /** Local calendar day of an instant in milliseconds, `2026-11-23`. */
  day(atMs: number): string;
  itemName(site: string, code: string, minute: number): string;
  /** Devices that the register names then, with the last day of their verification; empty where none is registered. */
  registered(minute: number): readonly RegisteredDevice[];
  /**
   * Last day of the lot of reagent that an instrument uses for an assay, `2026-11-30`: of the lot that is named, else of the
   * one that the register names for the instrument (of several the one that lasts longest). Empty: nobody knows.
   */
  reagentExpiry(of: ReagentUse, minute: number): string;
  /** What of a kind the register names then. */
  expected(each: AbsenceSpec["each"], types: readonly string[], minute: number): readonly Expected[];
  /** Who is on duty for a site at a tier, or at the next higher one; undefined: nobody. */
  onDuty(site: string, tier: (typeof ruleTiers)[number], minute: number): string | undefined;
}
