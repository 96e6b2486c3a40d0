import { decodeRecord, type RecordTime, type TestBody } from "@mingcheng/protocols";
import { readStretch, stretches } from "../capture/recall.ts";
import type { MarketScreenParts } from "./market-screen-parts.ts";

/** A market makes some hundreds of tests a day; more than this are counted by nobody who looks at a screen. */
const maxTests = 5_000;
/** So many records are looked at when the book is opened, at most. */
const maxLookedAt = 50_000;

/** One result, as far as the public is told of it. */
export interface BookedTest {
  readonly item: string | null;
  readonly assay: string;
  readonly verdict: TestBody["verdict"];
  /** Milliseconds since 1970, as well as it is known now. */
  readonly atMs: number;
}

interface Entry extends Omit<BookedTest, "atMs"> {
  readonly t: RecordTime;
}

/** What makes two results the same result: an instrument that repeats itself does not count twice. */
const identityOf = ({ specimenId, item, assay, value, completedAt, channel = "" }: TestBody, dev: string): string =>
  JSON.stringify([dev, specimenId, item, assay.code, value, completedAt, channel]);

/**
 * Today's results, read from the outbox itself: what is on disk is shown, and nothing else, after a restart too. A result belongs
 * to the day on which it was captured; where the clock was set later in the same run of the machine, to the day that it was then.
 */
export class DayBook {
  readonly #parts: Pick<MarketScreenParts, "clock" | "outbox" | "log">;
  /** The day of an instant by the market's calendar: `2026-11-25`. */
  readonly #dayOf: (ms: number) => string;
  #entries = new Map<string, Entry>();
  #day = "";
  #ended = false;
  #reading: Promise<void> = Promise.resolve();
  readonly #unsubscribe: () => void;

  /** `timeText`: an instant as a local time of the market. */
  constructor(parts: Pick<MarketScreenParts, "clock" | "outbox" | "log">, timeText: (ms: number) => string) {
    this.#parts = parts;
    this.#dayOf = (ms) => timeText(ms).slice(0, 10);
    const { outbox } = parts;
    this.#unsubscribe = outbox.onCommit(({ line, urgent }) => {
      for (const seq of urgent) this.#then(() => this.#take({ line, from: seq, to: seq }).then(() => undefined));
    });
  }

  /** Resolves once everything that was committed so far is in it. */
  async ready(): Promise<void> {
    this.#turn();
    await this.#reading;
  }

  /** Today's results, the newest first; and how many there are whose day nobody knows, because the clock was not set. */
  today(): { readonly day: string; readonly tests: readonly BookedTest[]; readonly undated: number } {
    this.#turn();
    const day = this.#day;
    const known = [...this.#entries.values()].map(({ t, ...test }) => ({ ...test, atMs: this.#at(t) }));
    const tests = known.flatMap(({ atMs, ...test }) =>
      atMs !== null && this.#dayOf(atMs) === day ? [{ ...test, atMs }] : [],
    );
    const undated = known.filter(({ atMs }) => atMs === null).length;
    return { day, tests: tests.sort((one, other) => other.atMs - one.atMs), undated };
  }

  /** Another day, or a clock that was set: the book begins anew. */
  #turn(): void {
    const day = this.#dayOf(Date.parse(this.#parts.clock.wall()));
    if (day === this.#day) return;
    this.#day = day;
    this.#entries = new Map();
    this.#then(() => this.#read());
  }

  #then(work: () => Promise<void>): void {
    this.#reading = this.#reading
      .then(() => (this.#ended ? undefined : work()))
      .catch((error: unknown) => {
        this.#parts.log.error({ err: error }, "market screen: results could not be read");
      });
  }

  /** When a record was captured; null: its clock had not been set, and that run of the machine is over. */
  #at(t: RecordTime): number | null {
    const now = this.#parts.clock.time();
    if (t.boot === now.boot) return Date.parse(now.wall) - (now.mono_ms - t.mono_ms);
    return t.sync === "none" ? null : Date.parse(t.wall);
  }

  async #read(): Promise<void> {
    let lookedAt = 0;
    for (const stretch of stretches(this.#parts.outbox, "test")) {
      if (this.#ended || lookedAt >= maxLookedAt || this.#entries.size >= maxTests) return;
      lookedAt += stretch.to - stretch.from + 1;
      // Newest first: behind a stretch of days long past there is no result of today.
      if (await this.#take(stretch)) return;
    }
  }

  /** Takes in the results of a stretch; true when all of them are of earlier days. */
  async #take(stretch: Parameters<typeof readStretch>[1]): Promise<boolean> {
    let earlier = 0;
    let current = 0;
    for (const bytes of await readStretch(this.#parts.outbox, stretch)) {
      const decoded = decodeRecord(bytes);
      if (!decoded.ok || decoded.record.kind !== "test") continue;
      const { body, t, dev } = decoded.record;
      const test = body as TestBody;
      const at = this.#at(t);
      if (at !== null && this.#dayOf(at) < this.#day) earlier++;
      else current++;
      if (at !== null && this.#dayOf(at) !== this.#day) continue;
      if (this.#entries.size >= maxTests) continue;
      const { item, assay, verdict } = test;
      this.#entries.set(identityOf(test, dev), {
        item,
        assay: assay.name === "" ? assay.code : assay.name,
        verdict,
        t,
      });
    }
    return earlier > 0 && current === 0;
  }

  close(): void {
    this.#ended = true;
    this.#unsubscribe();
  }
}
