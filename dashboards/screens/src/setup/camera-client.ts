import type { SetupCameraTest, SetupChange, SetupChannel, SetupFoundCamera, SetupStreams } from "@mingcheng/protocols";
import { createJsonRequest } from "@mingcheng/ui/data/json-request.ts";

const request = createJsonRequest({
  // Looking for cameras and waiting for a key frame take their time.
  withinMs: 40_000,
  notItself: { code: "GATEWAY_FAULT", zh: "网关没有正常应答", en: "the gateway did not answer properly" },
});

/** A camera as it is to be written. */
export interface ChannelForm {
  readonly id: string;
  readonly zone: string;
  readonly address: string;
  readonly subAddress: string | null;
  readonly user: string | null;
  readonly password: string | null;
  readonly replaces: boolean;
}

/** The gateway's own API about cameras. Every call rejects with a `Problem`. */
export const cameraClient = {
  channels: () => request("GET", "/setup/cameras") as Promise<{ readonly channels: readonly SetupChannel[] }>,
  find: () => request("POST", "/setup/cameras/find", {}) as Promise<{ readonly found: readonly SetupFoundCamera[] }>,
  streams: (asked: { readonly onvifUrl: string; readonly user: string | null; readonly password: string | null }) =>
    request("POST", "/setup/cameras/streams", asked) as Promise<SetupStreams>,
  test: (asked: Pick<ChannelForm, "address" | "user" | "password"> & { readonly channel: string | null }) =>
    request("POST", "/setup/cameras/test", asked) as Promise<SetupCameraTest>,
  put: (form: ChannelForm) => request("POST", "/setup/cameras", form) as Promise<SetupChange>,
};
