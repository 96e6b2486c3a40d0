import { type SeriesField, seriesLayout } from "@mingcheng/protocols";
import type { Statement } from "better-sqlite3";
import type { SqliteDatabase } from "../store/database.ts";
import { type FieldValue, fieldsText, lineOf, seriesPrefix } from "./line-protocol.ts";
import type { Sample, SampleName } from "./samples.ts";

/** Changes that wait for the server at most. */
const mostSpans = 1_000_000;
/** So long is a span; dashboards name it in the names of their measurements. */
export const spanMs = 600_000;

/** A field over the samples so far: what it came to, and of how many samples that had it. */
type Folded = readonly [value: number, samples: number] | null;

const fieldsOf = (name: SampleName): readonly SeriesField[] => Object.values(seriesLayout[`${name}_10m`].fields);

const fold = (rule: SeriesField["inSpan"], before: Folded, value: FieldValue | undefined): Folded => {
  if (typeof value !== "number") return before;
  if (before === null) return [value, 1];
  const [sofar, samples] = before;
  if (rule === "min") return [Math.min(sofar, value), samples + 1];
  if (rule === "mean" || rule === "sum") return [sofar + value, samples + 1];
  return [Math.max(sofar, value), samples + 1];
};

const told = (rule: SeriesField["inSpan"], folded: Folded): FieldValue => {
  if (folded === null) return null;
  const [value, samples] = folded;
  return rule === "mean" ? Math.round((value / samples) * 1_000) / 1_000 : value;
};

/** Spans that changed, as lines, and how far that is. */
export interface ChangedSpans {
  readonly lines: readonly string[];
  readonly last: number;
  readonly more: boolean;
}

interface SpanRow {
  readonly prefix: string;
  readonly startMs: number;
  readonly name: SampleName;
  readonly folded: string;
  readonly change: number;
}

/**
 * Sums samples up by ten minutes, so that a year can be looked at. A span is written whole whenever it changes, and stays here until
 * the server has it for good: it cannot be made again. Call in a transaction.
 */
export class SampleSpans {
  readonly #read: Statement<unknown[]>;
  readonly #write: Statement<unknown[]>;
  readonly #changed: Statement<unknown[]>;
  readonly #before: Statement<unknown[]>;
  readonly #tidy: Statement<unknown[]>;
  readonly #cut: Statement<unknown[]>;

  constructor(database: SqliteDatabase) {
    this.#read = database.prepare("SELECT folded FROM sample_span WHERE prefix = ? AND start_ms = ?").pluck();
    // Replaced, not updated: with every change the row goes to the end of what is to be sent.
    this.#write = database.prepare(
      "INSERT OR REPLACE INTO sample_span (prefix, start_ms, name, folded) VALUES (?, ?, ?, ?)",
    );
    this.#before = database.prepare("SELECT min(change) - 1 FROM sample_span WHERE start_ms >= ?").pluck();
    this.#cut = database.prepare("DELETE FROM sample_span WHERE change <= (SELECT max(change) FROM sample_span) - ?");
    this.#changed = database.prepare(
      `SELECT prefix, start_ms AS startMs, name, folded, change FROM sample_span WHERE change > ? ORDER BY change LIMIT ?`,
    );
    this.#tidy = database.prepare("DELETE FROM sample_span WHERE start_ms < ? AND change <= ?");
  }

  /** Takes a sample into its span. */
  add({ name, tags, fields }: Sample, atMs: number): void {
    const prefix = seriesPrefix(`${name}_10m`, tags);
    const startMs = Math.floor(atMs / spanMs) * spanMs;
    const text = this.#read.get(prefix, startMs) as string | undefined;
    const before = text === undefined ? [] : (JSON.parse(text) as readonly Folded[]);
    const after = fieldsOf(name).map(({ inSpan }, index) => fold(inSpan, before[index] ?? null, fields[index]));
    this.#write.run(prefix, startMs, name, JSON.stringify(after));
  }

  /** Lines of spans that changed behind `after`, at most `limit`. */
  changed(after: number, limit: number): ChangedSpans {
    const rows = this.#changed.all(after, limit) as SpanRow[];
    const lines = rows.map(({ prefix, startMs, name, folded }) => {
      const values = JSON.parse(folded) as readonly Folded[];
      const fields = fieldsOf(name).map(({ inSpan }, index) => told(inSpan, values[index] ?? null));
      return lineOf(prefix, fieldsText(`${name}_10m`, fields), startMs, 0);
    });
    return { lines, last: rows.at(-1)?.change ?? after, more: rows.length === limit };
  }

  /** Behind which change the samples since `fromMs` are; undefined when none are here. */
  changesSince(fromMs: number): number | undefined {
    return (this.#before.get(fromMs - spanMs) as number | null) ?? undefined;
  }

  /** Lets go of spans before `beforeMs` that the server has, which are those up to `sent`, and of the oldest beyond the bound. */
  tidy(beforeMs: number, sent: number): void {
    this.#tidy.run(beforeMs - spanMs, sent);
    this.#cut.run(mostSpans);
  }
}
