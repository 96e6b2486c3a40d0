import type { MarketView } from "@mingcheng/protocols";
import { createJsonRequest } from "@mingcheng/ui/data/json-request.ts";
import { computed, onScopeDispose, ref, shallowRef } from "vue";

const everyMs = 3_000;
/** Without an answer for so long the page says that what it shows is old. */
const staleAfterMs = 20_000;

const request = createJsonRequest({
  withinMs: 8_000,
  notItself: { code: "GATEWAY_FAULT", zh: "网关没有正常应答", en: "the gateway did not answer properly" },
});

const offsetOf = (at: string): string => /([+-]\d\d:\d\d|Z)$/.exec(at)?.[1] ?? "Z";

/** An instant in the words of the box's own time: day and minute. */
export const localOf = (atMs: number, offset: string): { readonly day: string; readonly time: string } => {
  const [, sign = "+", hours = "0", minutes = "0"] = /([+-])(\d\d):(\d\d)/.exec(offset) ?? [];
  const shiftMs = (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
  const text = new Date(atMs + shiftMs).toISOString();
  return { day: text.slice(0, 10), time: text.slice(11, 16) };
};

/** What the gateway says, asked for every few seconds until the scope ends; the last good answer stays, with its time. */
export const useMarketBoard = () => {
  const view = shallowRef<MarketView | null>(null);
  const failed = ref(false);
  const tick = ref(performance.now());
  let readAtMs = 0;
  let asking = false;

  const read = async (): Promise<void> => {
    if (asking) return;
    asking = true;
    try {
      const answer = (await request("GET", "/market/state")) as MarketView;
      // The gateway came back with another page than this one: nobody stands at a screen to load it.
      if (view.value !== null && view.value.build !== answer.build) location.reload();
      view.value = answer;
      readAtMs = performance.now();
      failed.value = false;
    } catch {
      failed.value = true;
    }
    asking = false;
    tick.value = performance.now();
  };
  const timers = [
    setInterval(() => void read(), everyMs),
    setInterval(() => {
      tick.value = performance.now();
    }, 1_000),
  ];
  onScopeDispose(() => {
    for (const timer of timers) clearInterval(timer);
  });
  void read();

  const ageMs = computed(() => (view.value === null ? 0 : Math.max(0, tick.value - readAtMs)));
  /** The box's time, running on since its last answer, whatever this browser's clock says. */
  const now = computed(() => {
    const { at } = view.value ?? { at: new Date(0).toISOString() };
    return localOf(Date.parse(at) + ageMs.value, offsetOf(at));
  });
  return {
    view,
    failed,
    ageMs,
    now,
    /** When what is shown was so. */
    asOf: computed(() => (view.value === null ? "" : view.value.at.slice(11, 16))),
    isStale: computed(() => view.value !== null && ageMs.value >= staleAfterMs),
    /** The day that is shown is over: what it holds is not today's any more. */
    isPast: computed(() => view.value !== null && now.value.day !== view.value.day),
  };
};
