import type { Column, ColumnType } from "./column.ts";
import type { Bilingual } from "./finding.ts";

/** Columns of a kind that name something of another kind (or of the same). Nothing is named when they are empty. */
export interface Reference {
  readonly columns: readonly string[];
  readonly to: string;
}

/** A rule over the present rows of a kind: an SQL condition on `m`, the row, that is true where it is broken. */
export interface KindRule {
  readonly column: string;
  readonly brokenWhen: string;
  readonly text: Bilingual;
}

/**
 * A kind of entry, as data: files, database, API and documentation follow from it. Entries of the same key follow each
 * other in time and never overlap.
 */
export interface RegisterKind {
  /** Name in commands, files and the API: `item-codes`. */
  readonly kind: string;
  readonly table: string;
  readonly title: Bilingual;
  readonly columns: readonly Column[];
  /** At any time there is at most one entry with the same values in these. */
  readonly key: readonly string[];
  readonly references: readonly Reference[];
  readonly rules: readonly KindRule[];
}

/** A column that must be filled in. */
export const column = (name: string, title: string, type: ColumnType, zh: string, en: string): Column => ({
  ...{ name, title, type, optional: false, meaning: { zh, en } },
});

/** A column that may be empty. */
export const optional = (name: string, title: string, type: ColumnType, zh: string, en: string): Column => ({
  ...{ name, title, type, optional: true, meaning: { zh, en } },
});

/** Columns of every kind, behind its own. */
export const validityColumns = ["from", "to"] as const;

/** Titles of the columns of a kind's file, in order. */
export const headerOf = (kind: RegisterKind): string[] => [...kind.columns.map(({ name }) => name), ...validityColumns];
