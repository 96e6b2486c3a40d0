/** The same sentence in both languages. */
export interface Bilingual {
  readonly zh: string;
  readonly en: string;
}

/** What can be wrong with rows for the register. */
export type FindingCode =
  | "unreadable"
  | "no-header"
  | "unknown-column"
  | "column-twice"
  | "column-missing"
  | "too-many-values"
  | "empty"
  | "invalid"
  | "ends-before-it-begins"
  | "twice"
  | "overlap"
  | "not-registered"
  | "still-used"
  | "rule"
  | "nothing-to-withdraw";

/** One thing that is wrong: where, and why. */
export interface Finding extends Bilingual {
  /** Kind of the register, e.g. `stalls`. */
  readonly kind: string;
  /** As a spreadsheet counts: the header is row 1. Null when no row is to blame. */
  readonly row: number | null;
  readonly column: string | null;
  readonly code: FindingCode;
}

/** How many findings a report lists; it counts them all. */
export const maxListedFindings = 500;

/** Findings, listed up to a bound and counted. */
export class FindingList {
  readonly #listed: Finding[] = [];
  #total = 0;

  add(finding: Finding): void {
    this.#total++;
    if (this.#listed.length < maxListedFindings) this.#listed.push(finding);
  }

  /** The first ones, in the order of rows. */
  listed(): readonly Finding[] {
    return [...this.#listed].sort((a, b) => (a.row ?? 0) - (b.row ?? 0));
  }

  get total(): number {
    return this.#total;
  }
}
