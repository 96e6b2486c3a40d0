import type { Trend } from "@mingcheng/protocols";
import { onScopeDispose, type ShallowRef, shallowRef } from "vue";
import { api } from "../data/api-client.ts";

const everyMs = 60_000;

/** The day by hours, read once a minute until the scope ends. Null before the first answer; an old one stays, with its time. */
export const useTrend = (): Readonly<ShallowRef<Trend | null>> => {
  const trend = shallowRef<Trend | null>(null);
  const read = async (): Promise<void> => {
    // What the page reads beside it says when the centre cannot be reached.
    trend.value = await api.trend().catch(() => trend.value);
  };
  const timer = setInterval(() => void read(), everyMs);
  onScopeDispose(() => clearInterval(timer));
  void read();
  return trend;
};
