import type { LineOfGateway } from "@mingcheng/protocols";
import type { BookLine, LineBook } from "./line-book.ts";
import type { Loss } from "./outbox-port.ts";

/** What the files say about the end of the last line. */
export interface TailEvidence {
  /** Records followed the last intact one, how many is not known. */
  readonly cut: boolean;
  /** Some segment was damaged, cut or could not be read. */
  readonly damaged: boolean;
}

const toLoss = (line: LineOfGateway, from: number, to: number | null, reason: Loss["reason"]): Loss => ({
  line,
  from,
  to,
  reason,
});

const lossesOf = (book: LineBook, entry: BookLine, intactHead: number, evidence: TailEvidence | undefined): Loss[] => {
  const reason = evidence?.damaged === false ? "missing" : "damaged";
  const missing = book.missing(entry);
  const openEnded = evidence?.cut === true && !entry.ended && entry.lostFrom === null;
  if (!openEnded) return missing.map(({ from, to }) => toLoss(entry.line, from, to, reason));
  const inside = missing.filter(({ from }) => from <= intactHead);
  return [
    ...inside.map(({ from, to }) => toLoss(entry.line, from, to, reason)),
    toLoss(entry.line, intactHead + 1, null, "cut"),
  ];
};

/** Marks a loss, so that it is found only once. */
export const markLost = (book: LineBook, { line, from, to }: Loss): void => {
  const entry = book.line(line);
  if (to === null) entry.lostFrom = Math.min(from, entry.lostFrom ?? from);
  else entry.lost.add(from, to);
};

/**
 * Finds, and marks in the book, every record that is known to have existed and is neither on disk nor freed nor already
 * marked: exact numbers wherever a later record, a seal or the state file tells them, an open end where nothing does.
 */
export const findLosses = (book: LineBook, evidence: TailEvidence): Loss[] => {
  const losses: Loss[] = [];
  const entries = [...book.all()];
  for (const [index, entry] of entries.entries()) {
    const isLast = index === entries.length - 1;
    const held = Math.max(0, ...entry.places.map(({ run }) => run.to), ...entry.freed.map(({ to }) => to));
    losses.push(...lossesOf(book, entry, held, { ...evidence, cut: evidence.cut && isLast }));
  }
  for (const loss of losses) markLost(book, loss);
  return losses;
};
