import { OnvifDevice, type OnvifDeviceConfig } from "./onvif-device.ts";
import type { SimulatedCamera } from "./simulated-camera.ts";

/** The ONVIF side of a simulated camera: what it offers is what it plays, with the password that it takes. */
export const onvifOf = (
  camera: SimulatedCamera,
  config: Pick<OnvifDeviceConfig, "name"> & Partial<OnvifDeviceConfig>,
): OnvifDevice =>
  new OnvifDevice({
    login: () => camera.login,
    profiles: () => {
      const { encoding } = camera;
      const { codec, widthPx, heightPx, framesPerSecond, kbitPerSecond, keyEvery } = encoding ?? {};
      return [
        {
          ...{ token: "profile-1", name: "mainStream", address: camera.address },
          encoding: codec === "h265" ? "H265" : "H264",
          ...{ widthPx: widthPx ?? 0, heightPx: heightPx ?? 0, framesPerSecond: framesPerSecond ?? 0 },
          ...{ kbitPerSecond: kbitPerSecond ?? 0, keyEvery: keyEvery ?? 0 },
        },
      ];
    },
    ...config,
  });
