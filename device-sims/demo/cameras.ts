import { SimulatedCamera } from "../src/cameras/simulated-camera.ts";
import type { CentreApi } from "../src/harness/centre-api.ts";
import { needs } from "../src/harness/requirements.ts";
import { demoMarket } from "./demo-market.ts";

/** Two cameras of the market, as they are configured at its gateway. */
export interface DemoCameras {
  readonly channels: readonly Readonly<Record<string, unknown>>[];
  /** False: without ffmpeg nobody tells black or frozen pictures, and there are no stills. */
  readonly hasDecoder: boolean;
  stop(): Promise<void>;
}

const zones = { "kitchen-1": "cooking", "entrance-1": "entrance" } as const;

/** Starts them. */
export const startDemoCameras = async (): Promise<DemoCameras> => {
  const cameras = await Promise.all(
    Object.entries(zones).map(async ([id, zone]) => {
      const camera = new SimulatedCamera({ authentication: "none", starts: "mid" });
      await camera.start();
      return { id, zone, camera };
    }),
  );
  return {
    channels: cameras.map(({ id, zone, camera }) => ({
      ...{ id, zone, address: camera.address, user: null, insecureTransport: true },
    })),
    hasDecoder: !needs("ffmpeg").skip,
    stop: async () => {
      await Promise.all(cameras.map(({ camera }) => camera.stop()));
    },
  };
};

/** Enters them in the register, so that whoever sees the market sees its cameras. */
export const registerDemoCameras = async (api: CentreApi): Promise<void> => {
  const from = "2026-01-01T00:00:00+08:00";
  const put = Object.keys(zones).flatMap((dev) => [
    { kind: "devices", values: { gw: demoMarket.gw, dev, class: "camera" }, from },
    { kind: "placements", values: { gw: demoMarket.gw, dev, site: demoMarket.siteCode }, from },
  ]);
  await api.post("/api/v1/register/changes", { put, withdraw: [], dryRun: false, note: "demo" });
};
