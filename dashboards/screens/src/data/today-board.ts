import type { LiveReading, Today } from "@mingcheng/protocols";
import { EventFeed, type FeedState } from "@mingcheng/ui/data/event-feed.ts";
import { type Problem, problemOf } from "@mingcheng/ui/data/json-request.ts";
import { computed, onScopeDispose, reactive, ref, type ShallowRef, shallowRef } from "vue";
import { api } from "./api-client.ts";

/** At most so often the page is read again, however much happens. */
const readEveryMs = 1_000;
/** And at least so often, because some things happen without an event: a new day, a gateway that fell silent. */
const readAgainMs = 20_000;
/** A page that could not be read again for so long says that it is old. */
const staleAfterMs = 45_000;
/** A live value is shown for so long. */
const liveForMs = 5_000;

/** Key of a device across gateways. */
export const deviceKey = ({ gw, dev }: { readonly gw: string; readonly dev: string }): string => `${gw}/${dev}`;

/** What the page of the day shows, kept up to date by itself until the scope ends. */
export const useTodayBoard = (gateway: ShallowRef<string | null>, onSignedOut: () => void) => {
  const today = shallowRef<Today | null>(null);
  const problem = shallowRef<Problem | null>(null);
  const feedState = ref<FeedState>("connecting");
  const live = reactive(new Map<string, LiveReading & { readonly untilMs: number }>());
  /** Centre's time, running on since the page was read, whatever this machine's clock says. */
  const nowMs = ref(0);
  let readAtMs = Number.NEGATIVE_INFINITY;
  let startedAtMs = Number.NEGATIVE_INFINITY;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let reading = false;
  let again = false;
  let ended = false;

  const take = (read: Today): void => {
    today.value = read;
    problem.value = null;
    readAtMs = performance.now();
    nowMs.value = Date.parse(read.asOf);
  };

  const fail = (error: unknown): void => {
    const found = problemOf(error);
    problem.value = found;
    if (found.code === "SESSION_MISSING" || found.code === "PASSWORD_CHANGE_REQUIRED") onSignedOut();
  };

  const read = async (): Promise<void> => {
    if (reading) {
      again = true;
      return;
    }
    reading = true;
    again = false;
    clearTimeout(timer);
    startedAtMs = performance.now();
    const asked = gateway.value;
    try {
      const answer = await api.today(asked);
      if (!ended && asked === gateway.value) take(answer);
    } catch (error) {
      if (!ended) fail(error);
    }
    reading = false;
    if (ended) return;
    const missed = again || asked !== gateway.value;
    timer = setTimeout(() => void read(), missed ? readEveryMs : readAgainMs);
  };

  /** Something moved: reads again as soon as that is not too often. */
  const moved = (): void => {
    if (reading) {
      again = true;
      return;
    }
    clearTimeout(timer);
    timer = setTimeout(() => void read(), Math.max(0, startedAtMs + readEveryMs - performance.now()));
  };

  const feed = new EventFeed({
    state: (state) => {
      feedState.value = state;
    },
    moved,
    live: (value) => live.set(deviceKey(value), { ...value, untilMs: performance.now() + liveForMs }),
    signedOut: onSignedOut,
  });

  const tick = setInterval(() => {
    const elapsedMs = performance.now() - readAtMs;
    if (today.value !== null) nowMs.value = Date.parse(today.value.asOf) + elapsedMs;
    for (const [key, { untilMs }] of live) if (untilMs < performance.now()) live.delete(key);
  }, 1_000);

  const ageMs = computed(() => (today.value === null ? 0 : nowMs.value - Date.parse(today.value.asOf)));
  const isStale = computed(
    () =>
      today.value !== null && (ageMs.value >= staleAfterMs || (problem.value !== null && feedState.value !== "open")),
  );

  const retry = (): void => {
    feed.open();
    void read();
  };

  onScopeDispose(() => {
    ended = true;
    clearTimeout(timer);
    clearInterval(tick);
    feed.close();
  });
  retry();
  return { today, problem, feedState, live, nowMs, isStale, moved, retry, read };
};
