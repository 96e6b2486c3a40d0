import type {
  ApiError,
  SetupChange,
  SetupDetection,
  SetupDoor,
  SetupPort,
  SetupReport,
  SetupState,
} from "@mingcheng/protocols";
import { Problem } from "../data/api-client.ts";

/** A request that takes longer is given up. */
const withinMs = 20_000;

const request = async (method: "GET" | "POST", path: string, body?: unknown): Promise<unknown> => {
  const options: RequestInit = { method, credentials: "same-origin", cache: "no-store" };
  if (body !== undefined) {
    options.headers = { "content-type": "application/json" };
    options.body = JSON.stringify(body);
  }
  let response: Response;
  let answer: unknown;
  try {
    response = await fetch(path, { ...options, signal: AbortSignal.timeout(withinMs) });
    answer = await response.json().catch(() => null);
  } catch {
    throw new Problem(null);
  }
  if (!response.ok || answer === null) throw new Problem((answer as Partial<ApiError> | null)?.error ?? null);
  return answer;
};

/** A device as it is to be written. */
export interface Acceptance {
  readonly id: string;
  readonly protocol: string;
  readonly address: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly replaces: boolean;
}

/** The gateway's own API, as far as the set-up page uses it. Every call rejects with a {@link Problem}. */
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
