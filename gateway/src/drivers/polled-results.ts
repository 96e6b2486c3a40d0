import type { AssayRule, TestBody } from "@mingcheng/protocols";
import { type DeviceEvent, type ResultEvent, testBodyOfResult } from "@mingcheng/protocols/devices";
import type { SessionContext } from "./define-driver.ts";
import { contentKeyOf } from "./result-memory.ts";

/** So many of the last captured results are asked back at the start; more are kept while the process runs. */
const recalled = 5000;
const remembered = 20_000;

/** What a polled tester's results are made into. */
export interface PolledFacts {
  readonly protocol: string;
  readonly instrument: string;
  readonly assays: readonly AssayRule[];
  /** Older results that nobody remembers were captured and forgotten, or are older than the installation. */
  readonly historyDays: number;
}

interface Listed {
  readonly key: string;
  readonly body: TestBody;
  readonly raw: Uint8Array;
  readonly known: boolean;
}

const dayMs = 86_400_000;

/** True when `at` lies more than so many days before `wall`; false when either cannot be read. */
const isOlder = (at: string, wall: string, days: number): boolean => Date.parse(wall) - Date.parse(at) > days * dayMs;

/** What is on disk already of an instrument that keeps its results and is read again and again. */
export interface PolledResults {
  /** Reads what earlier processes stored; once, before the first list. */
  load(): Promise<void>;
  /**
   * Stores the results of a list (in the instrument's order, oldest first) that are not on disk yet, each once.
   * @throws {MingchengError} when one cannot be stored; the rest of the list is left for the next reading
   */
  store(events: readonly DeviceEvent[]): Promise<void>;
  /** True when every result of a list is on disk. */
  holds(events: readonly DeviceEvent[]): boolean;
  /** Everything the instrument holds was read once: whatever comes from now on is new, however old it says it is. */
  settled(): void;
}

/**
 * The cursor of a polled tester is what was durably captured and nothing else: a result is new unless a record with the
 * same content exists (the n-th of several equal ones unless n records exist). Two things can be forgotten: results older
 * than what `recall` returns. Those are not captured again, because in the first list of a process an unknown result that
 * stands before every known one and is older than `historyDays` is passed over, counted and logged.
 */
export const createPolledResults = (context: SessionContext, facts: PolledFacts): PolledResults => {
  const known = new Map<string, number>();
  let loading: Promise<void> | undefined;
  let first = true;

  const remember = (key: string, count: number) => {
    known.delete(key);
    known.set(key, count);
    if (known.size <= remembered) return;
    const oldest = known.keys().next();
    if (oldest.done !== true) known.delete(oldest.value);
  };

  const recall = async (): Promise<void> => {
    for (const body of await context.recall("test", recalled)) {
      const key = contentKeyOf(body as TestBody);
      remember(key, (known.get(key) ?? 0) + 1);
    }
  };

  const listOf = (events: readonly DeviceEvent[]): Listed[] => {
    const seen = new Map<string, number>();
    let frame: Uint8Array = new Uint8Array(0);
    return events.flatMap((event) => {
      if (event.event !== "discarded" && event.raw.length > 0) frame = event.raw;
      if (event.event !== "result") return [];
      const body = testBodyOfResult(event satisfies ResultEvent, facts);
      const key = contentKeyOf(body);
      const nth = (seen.get(key) ?? 0) + 1;
      seen.set(key, nth);
      return [{ key, body, raw: frame, known: nth <= (known.get(key) ?? 0) }];
    });
  };

  const passOver = (listed: readonly Listed[]): number => {
    const wall = context.wall();
    const from = listed.findIndex((one) => one.known);
    const before = from < 0 ? listed : listed.slice(0, from);
    const old = before.filter(({ body }) => isOlder(body.completedAt, wall, facts.historyDays));
    for (const { key } of old) remember(key, (known.get(key) ?? 0) + 1);
    if (old.length > 0) {
      context.count("history", undefined, old.length);
      context.log.warn("results from before the installation, or captured long ago, are passed over", {
        results: old.length,
        historyDays: facts.historyDays,
      });
    }
    return old.length;
  };

  const store = async (events: readonly DeviceEvent[]): Promise<void> => {
    let listed = listOf(events);
    if (first && passOver(listed) > 0) listed = listOf(events);
    for (const { key, body, raw, known: isKnown } of listed) {
      if (isKnown) continue;
      try {
        await context.capture({ kind: "test", body, raw, urgent: true });
      } catch (error) {
        context.count("capture_failures", "test");
        context.log.error("a result could not be stored and is read again", { error });
        throw error;
      }
      remember(key, (known.get(key) ?? 0) + 1);
      context.count("results");
    }
  };

  return {
    load: () => {
      loading ??= recall().catch((error: unknown) => {
        loading = undefined;
        throw error;
      });
      return loading;
    },
    store,
    holds: (events) => listOf(events).every((one) => one.known),
    settled: () => {
      first = false;
    },
  };
};
