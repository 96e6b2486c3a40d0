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
  localTime(minute: number): { readonly weekday: number; readonly minuteOfDay: number };
  /** Local calendar day of an instant in milliseconds, `2026-11-23`. */
  day(atMs: number): string;
  itemName(site: string, code: string, minute: number): string;
  /** What of a kind the register names then. */
  expected(each: AbsenceSpec["each"], types: readonly string[], minute: number): readonly Expected[];
  /** Who is on duty for a site at a tier, or at the next higher one; undefined: nobody. */
  onDuty(site: string, tier: (typeof ruleTiers)[number], minute: number): string | undefined;
}
