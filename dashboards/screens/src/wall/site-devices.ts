import type { WallDevices } from "@mingcheng/protocols";
import { onScopeDispose, type ShallowRef, shallowRef, watch } from "vue";
import { api } from "../data/api-client.ts";

const everyMs = 10_000;

/** How the devices of a site stand, read every ten seconds until the scope ends. Null before the first answer. */
export const useSiteDevices = (site: () => string): Readonly<ShallowRef<WallDevices | null>> => {
  const devices = shallowRef<WallDevices | null>(null);
  const read = async (): Promise<void> => {
    const asked = site();
    const answer = await api.wallDevices(asked).catch(() => null);
    if (answer !== null && asked === site()) devices.value = answer;
  };
  const timer = setInterval(() => void read(), everyMs);
  onScopeDispose(() => clearInterval(timer));
  watch(site, () => {
    devices.value = null;
    void read();
  });
  void read();
  return devices;
};
