import type { SetupChange, SetupDetection, SetupDoor, SetupPort, SetupReport, SetupState } from "@mingcheng/protocols";
import { createJsonRequest } from "@mingcheng/ui/data/json-request.ts";

const request = createJsonRequest({
  withinMs: 20_000,
  notItself: { code: "GATEWAY_FAULT", zh: "网关没有正常应答", en: "the gateway did not answer properly" },
});

/** A device as it is to be written. */
export interface Acceptance {
  readonly id: string;
  readonly protocol: string;
  readonly address: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly replaces: boolean;
}

/** The gateway's own API, as far as the set-up page uses it. Every call rejects with a `Problem`. */
export const gateway = {
  door: () => request("GET", "/setup/door") as Promise<SetupDoor>,
  enter: (code: string) => request("POST", "/setup/session", { code }) as Promise<SetupDoor>,
  leave: () => request("POST", "/setup/session/end", {}),
  state: () => request("GET", "/setup/state") as Promise<SetupState>,
  ports: () => request("GET", "/setup/ports") as Promise<{ readonly ports: readonly SetupPort[] }>,
  report: () => request("GET", "/setup/report") as Promise<SetupReport>,
  detect: (addresses: readonly string[], probe: boolean, seconds: number) =>
    request("POST", "/setup/detect", { addresses, probe, seconds }) as Promise<SetupDetection>,
  stopDetecting: () => request("POST", "/setup/detect/stop", {}) as Promise<SetupDetection>,
  accept: (device: Acceptance) => request("POST", "/setup/devices", device) as Promise<SetupChange>,
  confirm: (unidentified: string, device: string) =>
    request("POST", "/setup/devices/confirm", { unidentified, device }) as Promise<SetupChange>,
};
