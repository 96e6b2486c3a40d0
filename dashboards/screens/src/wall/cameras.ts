import type { WallAlert } from "@mingcheng/protocols";
import { onScopeDispose, type ShallowRef, shallowRef } from "vue";
import { api, type Camera } from "../data/api-client.ts";

const everyMs = 60_000;

/** Cameras of the register that are seen here, read once a minute until the scope ends. Null before the first answer. */
export const useCameras = (): Readonly<ShallowRef<readonly Camera[] | null>> => {
  const cameras = shallowRef<readonly Camera[] | null>(null);
  const read = async (): Promise<void> => {
    const answer = await api.cameras().catch(() => null);
    if (answer !== null) cameras.value = answer.cameras;
  };
  const timer = setInterval(() => void read(), everyMs);
  onScopeDispose(() => clearInterval(timer));
  void read();
  return cameras;
};

/** The camera that stands where an alert is: the device itself, else one at its stall, else one at its site. */
export const cameraFor = (
  cameras: readonly Camera[],
  { gw, dev, site, stall }: Pick<WallAlert, "gw" | "dev" | "site" | "stall">,
): Camera | undefined => {
  const own = cameras.find((camera) => camera.gw === gw && camera.channel === dev);
  const here = cameras.filter(({ place }) => site.code !== null && place?.site?.code === site.code);
  return own ?? here.find(({ place }) => stall !== null && place?.stall?.label === stall) ?? here[0];
};
