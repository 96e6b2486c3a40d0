import { type EpochBody, MingchengError } from "@mingcheng/protocols";
import { type FoundSegment, type LoadSegmentsOptions, loadSegments } from "./found-segments.ts";
import { LineBook, type Place } from "./line-book.ts";
import { findLosses } from "./loss-finder.ts";
import type { Loss } from "./outbox-port.ts";
import { type OutboxState, readState } from "./outbox-state.ts";
import { minSegmentBytes, type Segment, segmentNumber } from "./segment.ts";

export interface SurveyOptions extends LoadSegmentsOptions {
  /** Whose outbox it has to be; undefined to take whosever it is. */
  readonly gw: string | undefined;
}

/** What is on disk, understood. */
export interface Survey {
  readonly gw: string | undefined;
  readonly state: OutboxState | undefined;
  /** Copies of the state file that are there but damaged. */
  readonly damagedCopies: readonly string[];
  /** Segments that hold or held frames, ascending. */
  readonly used: readonly FoundSegment[];
  /** Paths of segments that cannot be read at all. */
  readonly unreadable: readonly string[];
  /** A prepared segment nobody used yet. */
  readonly spare: FoundSegment | undefined;
  /** Files without any record, and files whose records were freed when the process ended before it removed them. */
  readonly leftovers: readonly FoundSegment[];
  /** Names of files whose writing was interrupted. */
  readonly temporary: readonly string[];
  /** What is held, freed and lost; `losses` are marked in it. */
  readonly book: LineBook;
  /** Losses not known before. */
  readonly losses: readonly Loss[];
  /** Something was damaged, whether or not records were lost by it. */
  readonly damaged: boolean;
  readonly predecessor: EpochBody["predecessor"];
  /** Ends of runs over which no seal was found. */
  readonly unsealed: readonly Place[];
  readonly nextNumber: number;
  /** Largest epoch number known. */
  readonly marker: number;
}

const isFreed = (book: LineBook, { segment }: FoundSegment): boolean =>
  segment.runs.length > 0 &&
  segment.runs.every(({ line, from, to }) =>
    book.line(line).freed.some((freed) => freed.from <= from && freed.to >= to),
  );

/** Ends of runs that no seal covers and no further run continues. */
const findUnsealed = (book: LineBook, found: readonly FoundSegment[]): Place[] => {
  const sealed = new Set<string>();
  for (const { laterSeals } of found) {
    for (const { line, seq, h } of laterSeals) sealed.add(`${line.ep}.${line.eid}.${seq}.${h}`);
  }
  const unsealed: Place[] = [];
  for (const { line, places } of book.all()) {
    for (const [index, place] of places.entries()) {
      const { run } = place;
      const next = places[index + 1]?.run;
      const continued = next !== undefined && next.from <= run.to + 1;
      if (run.sealed >= run.to || continued) continue;
      if (sealed.has(`${line.ep}.${line.eid}.${run.to}.${run.h}`)) run.sealed = run.to;
      else unsealed.push(place);
    }
  }
  return unsealed;
};

const lastIntact = (book: LineBook, segments: readonly Segment[]): EpochBody["predecessor"] => {
  const run = segments.findLast((segment) => segment.runs.length > 0)?.runs.at(-1);
  if (run !== undefined) return { ...run.line, seq: run.to, h: run.h };
  // Nothing is on disk: freed, or the segments were deleted. What the state file remembers is still proof.
  const entry = [...book.all()].findLast(({ head, headH }) => head > 0 && headH !== null);
  return entry === undefined ? null : { ...entry.line, seq: entry.head, h: entry.headH ?? "" };
};

/** Sorts the segments into those in use, the prepared one, and others that hold nothing. */
const sortOut = (
  found: readonly FoundSegment[],
): { used: FoundSegment[]; spare: FoundSegment | undefined; empty: FoundSegment[] } => {
  const lastUsed = found.findLastIndex(({ segment, tail }) => segment.runs.length > 0 || tail === "torn");
  const behind = found.slice(lastUsed + 1);
  const spare = behind.find(
    ({ segment, gw, tail }) => gw !== undefined && tail === "clean" && segment.size >= minSegmentBytes,
  );
  return { used: found.slice(0, lastUsed + 1), spare, empty: behind.filter((item) => item !== spare) };
};

const loadBook = (found: readonly FoundSegment[], state: OutboxState | undefined): LineBook => {
  const book = new LineBook();
  for (const line of state?.lines ?? []) if (line.head > 0 || line.lost.length > 0) book.load(line);
  for (const { segment, heads, laterSeals } of found) {
    for (const run of segment.runs) book.addRun(segment, run);
    for (const evidence of [...heads.values(), ...laterSeals]) book.heard(evidence);
  }
  return book;
};

/** True when the last line certainly had records behind the last intact one and nothing tells how many. */
const isTailGone = (book: LineBook, used: readonly FoundSegment[], state: OutboxState | undefined): boolean => {
  const tip = [...book.all()].at(-1);
  if (tip === undefined || tip.ended) return false;
  const last = used.findLast(({ segment }) => segment.runs.length > 0);
  // A footer is written, and the state names a segment, only after (the next of it) holds durable records.
  if (last?.tail === "cut" || last?.segment.closed === true) return true;
  if ((state?.active ?? 0) > (last?.segment.number ?? 0)) return true;
  const remembered = state?.lines.find(({ ep, eid }) => ep === tip.line.ep && eid === tip.line.eid)?.head ?? 0;
  const seen = Math.max(0, ...tip.places.map(({ run }) => run.to), ...tip.freed.map(({ to }) => to));
  return remembered > seen;
};

const ownerOf = (options: SurveyOptions, state: OutboxState | undefined, found: readonly FoundSegment[]) => {
  const named = [state?.gw, ...found.map(({ gw }) => gw)].filter((gw) => gw !== undefined);
  const owner = options.gw ?? named[0];
  const other = named.find((gw) => gw !== owner);
  if (other !== undefined) throw new MingchengError("OUTBOX_FOREIGN", `${options.dir} belongs to ${other}`);
  return owner;
};

/**
 * Reads an outbox directory and finds every intact record and every loss. Changes nothing.
 * @throws {MingchengError} OUTBOX_FOREIGN when (part of) it belongs to another gateway
 * @throws the system's error when the directory cannot be read
 */
export const surveyOutbox = async (options: SurveyOptions): Promise<Survey> => {
  const { files, crypto, dir } = options;
  const names = await files.list(dir);
  const { state, damaged: damagedCopies } = await readState(files, crypto.sha256, dir, names);
  const numbers = names.flatMap((name) => segmentNumber(name) ?? []).sort((a, b) => a - b);
  const { found, unreadable } = await loadSegments(options, numbers, state);
  const gw = ownerOf(options, state, found);
  const { used: withFreed, spare, empty } = sortOut(found);
  const book = loadBook(withFreed, state);
  const freed = withFreed.slice(0, -1).filter((item) => isFreed(book, item));
  for (const { segment } of freed) book.removeSegment(segment);
  const used = withFreed.filter((item) => !freed.includes(item));

  const cut = isTailGone(book, used, state);
  const isBroken = ({ damage, stale }: FoundSegment): boolean => stale || damage.length > 0;
  const damaged = unreadable.length + damagedCopies.length > 0 || cut || used.some(isBroken);
  const losses = findLosses(book, { cut, damaged });
  return {
    gw,
    state,
    damagedCopies,
    used,
    unreadable,
    spare,
    leftovers: [...empty, ...freed],
    temporary: names.filter((name) => name.endsWith(".tmp")),
    book,
    losses,
    damaged: damaged || losses.length > 0,
    predecessor: lastIntact(
      book,
      used.map(({ segment }) => segment),
    ),
    unsealed: findUnsealed(book, used),
    nextNumber: Math.max(0, state?.active ?? 0, ...numbers) + 1,
    marker: Math.max(state?.marker ?? 0, ...[...book.all()].map(({ line }) => line.ep)),
  };
};
