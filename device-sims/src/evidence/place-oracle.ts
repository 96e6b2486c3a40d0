import type { GoodFile, Specimen } from "./sealed-file.ts";

/** A place as a verifier names it. */
export interface Place {
  readonly span: number | null;
  readonly seq: number | null;
}

/** Where a fault may be named: in `span`, at least at `low`, at most at `high`. */
export interface Expected {
  readonly span: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

const nowhere: Expected = { span: null, low: null, high: null };

const firstDifference = (a: Buffer, b: Buffer): number => {
  const end = Math.min(a.length, b.length);
  let at = 0;
  while (at < end && a[at] === b[at]) at++;
  return at;
};

const manifestOf = (file: Buffer): Buffer => file.subarray(0, file.indexOf(0x0a, file.indexOf(0x0a) + 1) + 1);

/** The lines from an offset on, each with its line feed if it has one. */
const linesFrom = (file: Buffer, offset: number): string[] =>
  file
    .subarray(offset)
    .toString("latin1")
    .match(/[^\n]*\n|[^\n]+$/g) ?? [];

/** What the untouched lines in front of the first touched one say: span, and the newest record's place. */
const stateBehind = ({ stretches }: GoodFile, lines: readonly string[]): { span: number; seq: number } => {
  let span = -1;
  let seq = 0;
  for (const line of lines) {
    if (line.startsWith("P ")) seq = (stretches[++span]?.from ?? 0) - 1;
    else if (line.startsWith("R ") || line.startsWith("D ")) seq++;
  }
  return { span, seq };
};

/** How many records follow before something commits to them: a seal, another span, the end. */
const recordsUntilSeal = (lines: readonly string[]): number => {
  const end = lines.findIndex((line) => !line.startsWith("R ") && !line.startsWith("D "));
  return end < 0 ? lines.length : end;
};

/**
 * Where the first fault of a mutated file must be named, from the two files alone: the first line that is touched says
 * which span and which record; a touched record may be named at itself or at the next seal behind it, a touched seal also at
 * the end of its span.
 */
export const expectedPlace = (specimen: Specimen, mutated: Buffer): Expected => {
  // With the sibling's manifest, signed as it is, it is the sibling that was mutated.
  const { sibling } = specimen;
  const good: GoodFile = manifestOf(mutated).equals(manifestOf(sibling.file)) ? sibling : specimen;
  const { file, stretches } = good;
  const start = file.subarray(0, firstDifference(file, mutated)).lastIndexOf(0x0a) + 1;
  const before = linesFrom(file.subarray(0, start), 0);
  if (before.length < 2) return nowhere;
  const [was = ""] = linesFrom(file, start);
  const now = linesFrom(mutated, start);
  const first = now[0] ?? "";
  const { span, seq } = stateBehind(good, before.slice(2));
  const { from = 1, to = 1 } = stretches[span] ?? {};
  if (was === "" || was.startsWith("P ")) {
    // Behind the last record of a span: either something that still is taken for a part of it, or the next span.
    const isPart = span >= 0 && first !== "" && !(first.startsWith("P ") && first.endsWith("\n"));
    if (isPart) return { span, low: to, high: to };
    return span + 1 === stretches.length ? nowhere : { span: span + 1, low: null, high: null };
  }
  if (was.startsWith("S ")) return { span, low: Math.max(seq, from), high: to };
  const low = first.startsWith("S ") && first.endsWith("\n") ? Math.max(seq, from) : seq + 1;
  return { span, low, high: Math.min(to, seq + recordsUntilSeal(now) + 1) };
};

/** Whether a verifier named the place that it must. */
export const isWithin = ({ span, seq }: Place, expected: Expected): boolean => {
  if (span !== expected.span) return false;
  if (seq === null || expected.low === null || expected.high === null) return seq === expected.low;
  return expected.low <= seq && seq <= expected.high;
};
