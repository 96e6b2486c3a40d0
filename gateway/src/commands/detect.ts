import { setMaxListeners } from "node:events";
import { MingchengError } from "@mingcheng/protocols";
import type { Language } from "../config/config-issue.ts";
import { type Detection, type DetectRequest, detect } from "../detect/detect.ts";
import type { DetectPorts } from "../detect/detect-port.ts";
import type { DevicePlaces } from "../device-identity/device-places.ts";
import { systemPlaces } from "../device-identity/usb-adapter.ts";
import type { SessionClock } from "../drivers/define-driver.ts";
import { openTransport } from "../transports/open-transport.ts";
import type { WriteLine } from "./check.ts";
import { detectionLines, progressLine } from "./detection-text.ts";

/** Options of `mingcheng-gateway detect`, as typed. */
export interface DetectOptions {
  readonly probe?: boolean | undefined;
  /** How long a port is listened to at most. */
  readonly seconds?: string | undefined;
  readonly json?: boolean | undefined;
}

/** Where the command writes, and what it works with; the system's own unless given. */
export interface DetectIo {
  readonly writeLine: WriteLine;
  readonly writeProgress: WriteLine;
  readonly signal: AbortSignal;
  readonly places?: DevicePlaces;
  readonly open?: DetectPorts["open"];
  readonly clock?: SessionClock;
}

const defaultSeconds = "15";

const wallClock: SessionClock = {
  nowMs: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal.addEventListener("abort", end, { once: true });
    }),
};

const requestOf = (addresses: readonly string[], options: DetectOptions): DetectRequest => {
  const text = options.seconds ?? defaultSeconds;
  const seconds = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || seconds < 1 || seconds > 3600) {
    throw new MingchengError("INPUT_INVALID", `${text}: expected 1 to 3600`, { field: "--seconds" });
  }
  return { addresses, listenMs: seconds * 1000, probe: options.probe === true };
};

/** The public form of a detection: `{"v":1,"ports":[…],"configuration":"…"}`. */
const asJson = ({ ports, configuration }: Detection): string => {
  const listed = ports.map(({ finding, port, bestAddress }) => ({
    ...finding,
    configure: bestAddress,
    port: port === null ? null : { tty: port.tty, byId: port.byId, byPath: port.byPath, identity: port.identity },
  }));
  return JSON.stringify({ v: 1, ports: listed, configuration });
};

const isTold = (outcome: string): boolean => outcome === "recognised" || outcome === "ambiguous";

/**
 * Says what speaks at serial ports and TCP addresses. Listens only, unless `probe` is given. Returns the exit code: 0 when
 * every address was recognised, 1 when not, or when there is none.
 * @throws {MingchengError} INPUT_INVALID, CONFIG_INVALID for an address that is none
 */
export const runDetect = async (
  addresses: readonly string[],
  options: DetectOptions,
  language: Language,
  io: DetectIo,
): Promise<number> => {
  const ports: DetectPorts = {
    clock: io.clock ?? wallClock,
    open: io.open ?? openTransport,
    progress: (step) => io.writeProgress(progressLine(step, language)),
  };
  // Every port and every wait listens to it.
  setMaxListeners(0, io.signal);
  const detection = await detect(requestOf(addresses, options), ports, io.places ?? systemPlaces, io.signal);
  if (options.json === true) io.writeLine(asJson(detection));
  else for (const line of detectionLines(detection, language)) io.writeLine(line);
  return detection.ports.length > 0 && detection.ports.every(({ finding }) => isTold(finding.outcome)) ? 0 : 1;
};
