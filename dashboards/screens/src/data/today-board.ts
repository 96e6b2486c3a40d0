import type { LiveReading, Today } from "@mingcheng/protocols";
import { reactive, type ShallowRef } from "vue";
import { api } from "./api-client.ts";
import { useKeptUp } from "./kept-up.ts";

/** A live value is shown for so long. */
const liveForMs = 5_000;

/** Key of a device across gateways. */
export const deviceKey = ({ gw, dev }: { readonly gw: string; readonly dev: string }): string => `${gw}/${dev}`;

/** What the page of the day shows, kept up to date by itself until the scope ends. */
export const useTodayBoard = (gateway: ShallowRef<string | null>, onSignedOut: () => void) => {
  const live = reactive(new Map<string, LiveReading & { readonly untilMs: number }>());
  const { value: today, ...kept } = useKeptUp<Today>({
    ask: () => api.today(gateway.value),
    key: () => gateway.value ?? "",
    onSignedOut,
    onLive: (reading) => live.set(deviceKey(reading), { ...reading, untilMs: performance.now() + liveForMs }),
    onTick: () => {
      for (const [key, { untilMs }] of live) if (untilMs < performance.now()) live.delete(key);
    },
  });
  return { today, live, ...kept };
};
