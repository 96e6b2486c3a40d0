import { type Interval, IntervalSet, type LineOfGateway, lineKey } from "@mingcheng/protocols";
import type { OutboxLine } from "./outbox-port.ts";
import type { OutboxState, StateLine } from "./outbox-state.ts";
import type { Evidence } from "./run-builder.ts";
import type { Run, Segment } from "./segment.ts";

/** A freed range; `h` is h(to), `gen` and `at` are the receipt's. */
export interface Freed extends Interval {
  readonly h: string;
  readonly gen: string;
  readonly at: string;
}

/** Where a run lies. */
export interface Place {
  readonly segment: Segment;
  readonly run: Run;
}

/** All that is known of one line. */
export interface BookLine {
  readonly line: LineOfGateway;
  head: number;
  headH: string | null;
  /** The line has ended: `head` is its last record. */
  ended: boolean;
  freed: Freed[];
  readonly lost: IntervalSet;
  /** Everything from here on is reported lost, how much is not known. */
  lostFrom: number | null;
  /** Runs on disk, ascending by `from`. */
  readonly places: Place[];
}

/** Fully freed lines are forgotten beyond so many, oldest first. */
const maxForgottenLines = 1000;
/** So many urgent records are listed at most, the newest: older ones go with the backlog. */
const maxUrgentListed = 16_384;

/** Joins ranges that touch under the same ledger generation. */
const addFreed = (list: readonly Freed[], range: Freed): Freed[] => {
  const joined: Freed[] = [];
  for (const item of [...list, range].sort((a, b) => a.from - b.from)) {
    const last = joined.at(-1);
    if (last !== undefined && last.to + 1 === item.from && last.gen === item.gen) {
      joined[joined.length - 1] = { ...item, from: last.from };
    } else if (last === undefined || item.to > last.to) joined.push(item);
  }
  return joined;
};

/** Which records of which line are on disk and where, which were freed, which are lost. */
export class LineBook {
  private readonly lines = new Map<string, BookLine>();

  /** Lines in the order in which they were opened. */
  all(): Iterable<BookLine> {
    return this.lines.values();
  }

  get(line: LineOfGateway): BookLine | undefined {
    return this.lines.get(lineKey(line));
  }

  /** The line's entry, made when it is new. */
  line(line: LineOfGateway): BookLine {
    const key = lineKey(line);
    const known = this.lines.get(key);
    if (known !== undefined) return known;
    const { ep, eid } = line;
    const entry: BookLine = {
      line: { ep, eid },
      head: 0,
      headH: null,
      ended: false,
      freed: [],
      lost: new IntervalSet(),
      lostFrom: null,
      places: [],
    };
    this.lines.set(key, entry);
    return entry;
  }

  /** Forgets a line that never came to a durable record. */
  forget(line: LineOfGateway): void {
    if (this.get(line)?.head === 0) this.lines.delete(lineKey(line));
  }

  /** Takes what an earlier process remembered. */
  load(remembered: StateLine): void {
    const entry = this.line(remembered);
    entry.head = remembered.head;
    entry.headH = remembered.h;
    entry.ended = remembered.ended;
    entry.freed = remembered.freed.map(([from, to, h, gen, at]) => ({ from, to, h, gen, at }));
    for (const [from, to] of remembered.lost) {
      if (to === null) entry.lostFrom = from;
      else entry.lost.add(from, to);
    }
  }

  /** Takes a run found on disk or begun now. */
  addRun(segment: Segment, run: Run): void {
    const entry = this.line(run.line);
    let at = entry.places.length;
    while (at > 0 && (entry.places[at - 1]?.run.from ?? 0) > run.from) at--;
    entry.places.splice(at, 0, { segment, run });
    this.grow(run);
  }

  /** A run became longer. */
  grow(run: Run): void {
    const entry = this.line(run.line);
    if (run.to < entry.head) return;
    entry.head = run.to;
    entry.headH = run.h;
  }

  /** The line is known to have had this record, on disk or not. */
  heard({ line, seq, h }: Evidence): void {
    const entry = this.line(line);
    if (seq <= entry.head) return;
    entry.head = seq;
    entry.headH = h;
  }

  /** Forgets what a segment held. */
  removeSegment(segment: Segment): void {
    for (const entry of this.lines.values()) {
      const kept = entry.places.filter((place) => place.segment !== segment);
      if (kept.length < entry.places.length) entry.places.splice(0, entry.places.length, ...kept);
    }
  }

  free(line: LineOfGateway, range: Freed): void {
    const entry = this.line(line);
    entry.freed = addFreed(entry.freed, range);
  }

  /** The run that holds `seq`. */
  find(line: LineOfGateway, seq: number): Place | undefined {
    const places = this.get(line)?.places ?? [];
    let low = 0;
    let high = places.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((places[middle]?.run.from ?? 0) <= seq) low = middle;
      else high = middle - 1;
    }
    // Of runs that overlap (a copied file) an earlier one may hold it.
    for (let at = low; at >= 0; at--) {
      const place = places[at];
      if (place !== undefined && place.run.from <= seq && place.run.to >= seq) return place;
    }
    return undefined;
  }

  held(entry: BookLine): IntervalSet {
    return new IntervalSet(entry.places.map(({ run }) => run));
  }

  /** Records of the line up to its head that are neither on disk nor freed nor already reported lost. */
  missing(entry: BookLine): Interval[] {
    const known = this.held(entry);
    known.addAll(entry.lost);
    for (const { from, to } of entry.freed) known.add(from, to);
    if (entry.lostFrom !== null) known.add(entry.lostFrom, Math.max(entry.head, entry.lostFrom));
    return known.missing(1, entry.head);
  }

  /** For the state file. `running` is the one line that has not ended. */
  remember(running: LineOfGateway | undefined): OutboxState["lines"] {
    const gone = [...this.lines.values()].filter((entry) => entry.places.length === 0);
    for (const entry of gone.slice(0, Math.max(0, gone.length - maxForgottenLines))) {
      this.lines.delete(lineKey(entry.line));
    }
    return [...this.lines.values()].map((entry) => ({
      ...entry.line,
      head: entry.head,
      h: entry.headH,
      ended: running === undefined || lineKey(entry.line) !== lineKey(running),
      freed: entry.freed.map(({ from, to, h, gen, at }): StateLine["freed"][number] => [from, to, h, gen, at]),
      lost: [
        ...entry.lost.intervals.map(({ from, to }): StateLine["lost"][number] => [from, to]),
        ...(entry.lostFrom === null ? [] : [[entry.lostFrom, null] satisfies StateLine["lost"][number]]),
      ],
    }));
  }

  /** Lines with at least one record, see {@link OutboxLine}. */
  inventory(): OutboxLine[] {
    let room = maxUrgentListed;
    const lines: OutboxLine[] = [];
    for (const entry of [...this.lines.values()].reverse()) {
      if (entry.head === 0) continue;
      const urgent = newestUrgent(entry.places, room);
      room -= urgent.length;
      const lost = new IntervalSet(entry.lost.intervals);
      if (entry.lostFrom !== null) lost.add(entry.lostFrom, Math.max(entry.head, entry.lostFrom));
      lines.push({
        ...entry.line,
        head: entry.head,
        headH: entry.headH ?? "",
        held: this.held(entry).intervals,
        freed: entry.freed,
        lost: lost.intervals,
        urgent,
      });
    }
    return lines.reverse();
  }
}

/** The newest `limit` urgent records of these runs, ascending. */
const newestUrgent = (places: readonly Place[], limit: number): number[] => {
  const newest: number[] = [];
  for (let at = places.length - 1; at >= 0; at--) {
    const urgent = places[at]?.run.urgent ?? [];
    for (let pair = urgent.length - 2; pair >= 0; pair -= 2) {
      for (let seq = urgent[pair + 1] ?? 0; seq >= (urgent[pair] ?? 1); seq--) {
        if (newest.length === limit) return newest.reverse();
        newest.push(seq);
      }
    }
  }
  return newest.reverse();
};
