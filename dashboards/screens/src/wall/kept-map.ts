import type { CityMap } from "@mingcheng/protocols";
import { onScopeDispose, type ShallowRef, shallowRef, watch } from "vue";
import { api } from "../data/api-client.ts";

const everyMs = 5 * 60_000;

/** The map of the city (`site` empty), or the floor plan of a site; read now and then. Null before the first answer. */
export const useMap = (site: () => string): Readonly<ShallowRef<CityMap | null>> => {
  const map = shallowRef<CityMap | null>(null);
  const read = async (): Promise<void> => {
    const asked = site();
    const answer = await api.map(asked === "" ? null : asked).catch(() => null);
    if (answer !== null && asked === site()) map.value = answer;
  };
  const timer = setInterval(() => void read(), everyMs);
  onScopeDispose(() => clearInterval(timer));
  watch(site, () => {
    map.value = null;
    void read();
  });
  void read();
  return map;
};
