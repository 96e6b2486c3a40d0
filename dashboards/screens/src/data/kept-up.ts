import type { LiveReading, WallAct } from "@mingcheng/protocols";
import { EventFeed, type FeedState } from "@mingcheng/ui/data/event-feed.ts";
import { type Problem, problemOf } from "@mingcheng/ui/data/json-request.ts";
import { computed, onScopeDispose, ref, type ShallowRef, shallowRef } from "vue";

/** At most so often a page is read again, however much happens. */
const readEveryMs = 1_000;
/** What takes the centre long is asked for less often: so many times as long as it took. */
const restFactor = 4;
/** And at least so often, because some things happen without an event: a new day, a gateway that fell silent. */
const readAgainMs = 20_000;
/** A page that could not be read again for so long says that it is old. */
const staleAfterMs = 45_000;

/** What {@link useKeptUp} works with. */
export interface KeptUpOptions<Answer> {
  /** Asks the centre. What is asked for may change at any time: then call `moved`. */
  readonly ask: () => Promise<Answer>;
  /** Names what is asked for: an answer to something else than what is asked now is dropped. */
  readonly key?: () => string;
  readonly onSignedOut: () => void;
  readonly onLive?: (value: LiveReading) => void;
  readonly onTick?: () => void;
  /** Told what somebody wants this wall to show. */
  readonly onWall?: (act: WallAct) => void;
  /** What of the events is wanted; left out: all of them. */
  readonly events?: Readonly<Record<string, string>>;
  /** At most so often it is read again; left out: every second. */
  readonly everyMs?: number;
  /** Where the last answer is kept for the time without the centre; it is shown with its time until there is a newer one. */
  readonly memory?: AnswerMemory;
}

/** Keeps answers on this machine. */
export interface AnswerMemory {
  load(key: string): Promise<unknown>;
  keep(key: string, answer: unknown): void;
}

/** One answer of the centre, kept up to date by itself until the scope ends. */
export interface KeptUp<Answer> {
  readonly value: ShallowRef<Answer | null>;
  readonly problem: ShallowRef<Problem | null>;
  readonly feedState: Readonly<ShallowRef<FeedState>>;
  /** Centre's time, running on since the answer, whatever this machine's clock says; zero before the first. */
  readonly nowMs: Readonly<ShallowRef<number>>;
  readonly isStale: Readonly<ShallowRef<boolean>>;
  /** Something moved: reads again as soon as that is not too often. */
  moved(): void;
  /** The reader did something: reads again at once. */
  acted(): void;
  /** Listens and reads anew. */
  retry(): void;
}

const endsSession = ({ code }: Problem): boolean => code === "SESSION_MISSING" || code === "PASSWORD_CHANGE_REQUIRED";

/** Reads an answer, again whenever the centre says that something changed, and says when that cannot be. */
export const useKeptUp = <Answer extends { readonly asOf: string }>(options: KeptUpOptions<Answer>): KeptUp<Answer> => {
  const { ask, key = () => "", onSignedOut, onLive, onTick, onWall, memory, everyMs = readEveryMs } = options;
  const value = shallowRef(null) as ShallowRef<Answer | null>;
  const problem = shallowRef<Problem | null>(null);
  const feedState = ref<FeedState>("connecting");
  const nowMs = ref(0);
  let readAtMs = Number.NEGATIVE_INFINITY;
  let startedAtMs = Number.NEGATIVE_INFINITY;
  let restMs = everyMs;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let reading = false;
  let again = false;
  let ended = false;

  const take = (answer: Answer): void => {
    value.value = answer;
    problem.value = null;
    readAtMs = performance.now();
    restMs = Math.max(everyMs, restFactor * (readAtMs - startedAtMs));
    nowMs.value = Date.parse(answer.asOf);
    memory?.keep(key(), answer);
  };

  /** What was answered last time, as old as this machine's clock says. */
  const recall = async (): Promise<void> => {
    const asked = key();
    const answer = (await memory?.load(asked)) as Answer | undefined;
    if (answer === undefined || ended || value.value !== null || asked !== key()) return;
    value.value = answer;
    readAtMs = performance.now() - Math.max(0, Date.now() - Date.parse(answer.asOf));
    nowMs.value = Math.max(Date.now(), Date.parse(answer.asOf));
  };

  const fail = (error: unknown): void => {
    const found = problemOf(error);
    problem.value = found;
    if (endsSession(found)) onSignedOut();
  };

  const read = async (): Promise<void> => {
    reading = true;
    again = false;
    clearTimeout(timer);
    startedAtMs = performance.now();
    const asked = key();
    try {
      const answer = await ask();
      if (!ended && asked === key()) take(answer);
    } catch (error) {
      if (!ended && asked === key()) fail(error);
    }
    reading = false;
    if (ended) return;
    const missed = again || asked !== key();
    timer = setTimeout(() => void read(), missed ? restMs : readAgainMs);
  };

  const moved = (): void => {
    if (reading) {
      again = true;
      return;
    }
    clearTimeout(timer);
    timer = setTimeout(() => void read(), Math.max(0, startedAtMs + restMs - performance.now()));
  };

  const feed = new EventFeed(
    {
      state: (state) => {
        feedState.value = state;
      },
      moved,
      live: (reading) => onLive?.(reading),
      wall: (act) => onWall?.(act),
      signedOut: onSignedOut,
    },
    options.events,
  );

  const tick = setInterval(() => {
    if (value.value !== null) nowMs.value = Date.parse(value.value.asOf) + (performance.now() - readAtMs);
    onTick?.();
  }, 1_000);

  const isStale = computed(() => {
    if (value.value === null) return false;
    const ageMs = nowMs.value - Date.parse(value.value.asOf);
    return ageMs >= staleAfterMs || (problem.value !== null && feedState.value !== "open");
  });

  const acted = (): void => {
    if (reading) again = true;
    else void read();
  };
  const retry = (): void => {
    feed.open();
    acted();
  };

  onScopeDispose(() => {
    ended = true;
    clearTimeout(timer);
    clearInterval(tick);
    feed.close();
  });
  retry();
  // Without it the page only waits for the centre.
  recall().catch(() => undefined);
  return { value, problem, feedState, nowMs, isStale, moved, acted, retry };
};
