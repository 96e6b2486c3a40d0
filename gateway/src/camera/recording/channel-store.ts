import { readdir, rm, rmdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { appendToDayIndex, readDayIndex, replaceDayIndex } from "./day-index.ts";
import { salvageSegment } from "./salvage.ts";
import {
  dayOf,
  type IndexLine,
  isDay,
  parseSegmentName,
  type RecordedGap,
  type Segment,
  segmentName,
} from "./segment.ts";

/** What is known of a day without its index. */
interface DaySum {
  bytes: number;
  segments: number;
}

const missing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "ENOENT";

const filesOf = async (folder: string): Promise<string[]> => {
  try {
    return await readdir(folder);
  } catch (error) {
    if (missing(error)) return [];
    throw error;
  }
};

const withoutType = <Line extends IndexLine>(line: Line): Omit<Line, "type"> => {
  const { type: _type, ...rest } = line;
  return rest;
};

const segmentsIn = (lines: readonly IndexLine[]): Segment[] =>
  lines.filter((line) => line.type === "segment").map(withoutType);

const gapsIn = (lines: readonly IndexLine[]): RecordedGap[] =>
  lines.filter((line) => line.type === "gap").map(withoutType);

/**
 * Segments of one channel on disk, a folder a day, each with an index. Only sums are held in memory, so that a month of
 * recording costs no more than an hour. One writer.
 */
export class ChannelStore {
  readonly #folder: string;
  readonly #days = new Map<string, DaySum>();
  #lastNumber = 0;
  #lastEndMs: number | null = null;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Opens a channel's folder: files that a crash left unfinished are salvaged and enter the index. @throws the system's error */
  static async open(folder: string): Promise<ChannelStore> {
    const store = new ChannelStore(folder);
    await store.#openDays(folder);
    return store;
  }

  /** The same to look at only, beside whoever writes: changes nothing, and does not know what is not finished. */
  static async read(folder: string): Promise<ChannelStore> {
    const store = new ChannelStore(folder);
    for (const day of (await filesOf(folder)).filter(isDay)) {
      const { lines } = await readDayIndex(store.#dayFolder(day));
      store.#days.set(day, { bytes: 0, segments: 0 });
      for (const segment of segmentsIn(lines)) store.#count(day, segment);
    }
    return store;
  }

  async #openDays(folder: string): Promise<void> {
    for (const day of (await filesOf(folder)).filter(isDay).sort()) await this.#openDay(day);
  }

  #dayFolder(day: string): string {
    return join(this.#folder, day);
  }

  async #openDay(day: string): Promise<void> {
    const folder = this.#dayFolder(day);
    const { lines, damaged } = await readDayIndex(folder);
    const files = new Set(await filesOf(folder));
    const known = segmentsIn(lines).filter((segment) => files.has(segmentName(segment)));
    const names = new Set(known.map(segmentName));
    const found: Segment[] = [];
    for (const name of files) {
      const at = names.has(name) ? undefined : parseSegmentName(name);
      const segment = at === undefined ? undefined : await salvageSegment(join(folder, name), at);
      if (segment !== undefined) found.push(segment);
    }
    const all = [...known, ...found].sort((a, b) => a.number - b.number);
    if (damaged > 0 || found.length > 0 || known.length < segmentsIn(lines).length) {
      const gaps = lines.filter((line) => line.type === "gap");
      await replaceDayIndex(folder, [...gaps, ...all.map((segment): IndexLine => ({ type: "segment", ...segment }))]);
    }
    for (const segment of all) this.#count(day, segment);
    const last = all.at(-1);
    if (last !== undefined) this.#lastEndMs = last.startMs + last.durationMs;
  }

  #count(day: string, { number, bytes }: Segment): void {
    const sum = this.#days.get(day) ?? { bytes: 0, segments: 0 };
    this.#days.set(day, { bytes: sum.bytes + bytes, segments: sum.segments + 1 });
    this.#lastNumber = Math.max(this.#lastNumber, number);
  }

  /** Number for the next segment. */
  nextNumber(): number {
    return ++this.#lastNumber;
  }

  /** When the newest segment ended; null when there is none. */
  get lastEndMs(): number | null {
    return this.#lastEndMs;
  }

  /** What all segments take. */
  get bytes(): number {
    return [...this.#days.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Days with segments, the oldest first. */
  get days(): readonly string[] {
    return [...this.#days.keys()].sort();
  }

  /** Where a segment's file is. */
  pathOf(segment: Pick<Segment, "number" | "startMs">): string {
    return join(this.#dayFolder(dayOf(segment.startMs)), segmentName(segment));
  }

  /** Enters a finished segment, whose file is durable. @throws the system's error */
  async add(segment: Segment): Promise<void> {
    const day = dayOf(segment.startMs);
    await appendToDayIndex(this.#dayFolder(day), [{ type: "segment", ...segment }]);
    this.#count(day, segment);
    this.#lastEndMs = segment.startMs + segment.durationMs;
  }

  /** Makes a segment of a file that could not be written to its end. @throws the system's error */
  async salvage(path: string, at: { readonly number: number; readonly startMs: number }): Promise<void> {
    const segment = await salvageSegment(path, at);
    if (segment !== undefined) await this.add(segment);
  }

  /** Says why nothing was recorded; it stands in the day in which it ended. @throws the system's error */
  async addGap(gap: RecordedGap): Promise<void> {
    const day = dayOf(gap.toMs);
    if (!this.#days.has(day)) this.#days.set(day, { bytes: 0, segments: 0 });
    await appendToDayIndex(this.#dayFolder(day), [{ type: "gap", ...gap }]);
  }

  /** Segments of a day, in their order. @throws the system's error */
  async segmentsOf(day: string): Promise<Segment[]> {
    const { lines } = await readDayIndex(this.#dayFolder(day));
    return segmentsIn(lines).sort((a, b) => a.number - b.number);
  }

  /** Segments and gaps that touch a span. @throws the system's error */
  async between(fromMs: number, toMs: number): Promise<{ segments: Segment[]; gaps: RecordedGap[] }> {
    // What began the day before may reach into the span; what ended a day later may explain its hole.
    const wanted = { from: dayOf(Math.max(0, fromMs - 86_400_000)), to: dayOf(toMs + 86_400_000) };
    const segments: Segment[] = [];
    const gaps: RecordedGap[] = [];
    for (const day of this.days.filter((one) => one >= wanted.from && one <= wanted.to)) {
      const { lines } = await readDayIndex(this.#dayFolder(day));
      segments.push(
        ...segmentsIn(lines).filter(({ startMs, durationMs }) => startMs < toMs && startMs + durationMs > fromMs),
      );
      gaps.push(...gapsIn(lines).filter((gap) => gap.fromMs < toMs && gap.toMs > fromMs));
    }
    return { segments: segments.sort((a, b) => a.number - b.number), gaps };
  }

  /** Deletes segments of a day: files first, then their lines; a crash between is mended when it is opened. */
  async remove(day: string, gone: readonly Segment[]): Promise<void> {
    const folder = this.#dayFolder(day);
    for (const segment of gone) {
      await unlink(join(folder, segmentName(segment))).catch((error: unknown) => {
        if (!missing(error)) throw error;
      });
    }
    const numbers = new Set(gone.map(({ number }) => number));
    const { lines } = await readDayIndex(folder);
    const kept = lines.filter((line) => line.type === "gap" || !numbers.has(line.number));
    const left = segmentsIn(kept);
    if (left.length > 0 || day >= (this.days.at(-1) ?? day)) {
      await replaceDayIndex(folder, kept);
      this.#days.set(day, { bytes: left.reduce((sum, { bytes }) => sum + bytes, 0), segments: left.length });
      return;
    }
    await rm(join(folder, "index.jsonl"), { force: true });
    await rmdir(folder).catch(() => undefined);
    this.#days.delete(day);
  }
}
