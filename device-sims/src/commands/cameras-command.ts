import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { MingchengError } from "@mingcheng/protocols";
import type { FixtureName } from "../cameras/fixtures.ts";
import { onvifOf } from "../cameras/onvif-camera.ts";
import type { OnvifDevice } from "../cameras/onvif-device.ts";
import { type CameraConfig, type CameraFault, cameraFaults, SimulatedCamera } from "../cameras/simulated-camera.ts";
import type { WriteLine } from "./run-command.ts";

/** What the farm is made of: so many equal cameras. */
export interface CamerasOptions {
  readonly count: number;
  readonly host: string;
  /** Of the first camera, the others follow; 0 takes free ones. */
  readonly port: number;
  readonly sees: FixtureName;
  readonly authentication: NonNullable<CameraConfig["authentication"]>;
  readonly user: string;
  readonly password: string;
  readonly sound: boolean;
  readonly starts: NonNullable<CameraConfig["starts"]>;
  /** True: they can be found and asked by ONVIF. */
  readonly onvif: boolean;
  readonly seconds?: number | undefined;
}

const usage = `expected: <camera> <${cameraFaults.join("|")}|drop|reboot [seconds]|password <new>|lose <packets>>`;

const invalid = (line: string): MingchengError => new MingchengError("INPUT_INVALID", `${line}: ${usage}`);

const secondsOf = (text: string | undefined, line: string): number => {
  const value = Number(text ?? 5);
  if (!Number.isFinite(value) || value < 0 || value > 3_600) throw invalid(line);
  return value;
};

/** Carries out a line like `camera-1 reboot 5`. @throws {MingchengError} INPUT_INVALID; SIM_LINE_FAILED */
const carryOut = async (cameras: ReadonlyMap<string, SimulatedCamera>, line: string): Promise<void> => {
  const [id = "", what = "", value] = line.trim().split(/\s+/);
  const camera = cameras.get(id);
  if (camera === undefined) throw invalid(line);
  if ((cameraFaults as readonly string[]).includes(what)) return camera.fault(what as CameraFault);
  if (what === "drop") return camera.drop();
  if (what === "password" && value !== undefined) return camera.changePassword(value);
  if (what === "lose") return camera.lose(Math.floor(secondsOf(value, line)));
  if (what !== "reboot") throw invalid(line);
  const afterMs = secondsOf(value, line) * 1_000;
  await camera.stop();
  setTimeout(() => void camera.start().catch(() => undefined), afterMs);
};

/**
 * Runs cameras until `signal` aborts or the time is up. First writes one line of JSON with their addresses; then carries out
 * what lines of `control` say, each answered by one line.
 * @throws {MingchengError} SIM_LINE_FAILED
 */
export const camerasCommand = async (
  { count, port, seconds, user, password, onvif, ...config }: CamerasOptions,
  control: Readable,
  writeLine: WriteLine,
  signal: AbortSignal,
): Promise<void> => {
  const cameras = new Map<string, SimulatedCamera>();
  const faces = new Map<string, OnvifDevice>();
  for (let at = 0; at < count; at++) {
    const login = { user, password };
    const camera = new SimulatedCamera({ ...config, login, port: port === 0 ? 0 : port + at });
    await camera.start();
    const id = `camera-${at + 1}`;
    cameras.set(id, camera);
    if (!onvif) continue;
    const face = onvifOf(camera, { host: config.host, name: id });
    await face.start();
    faces.set(id, face);
  }
  const listed = [...cameras].map(([id, { address }]) => {
    const face = faces.get(id);
    return { id, address, ...(face === undefined ? {} : { onvif: face.url }) };
  });
  writeLine(JSON.stringify({ event: "ready", cameras: listed }));
  const lines = createInterface({ input: control });
  lines.on("line", (line) => {
    if (line.trim() === "") return;
    carryOut(cameras, line)
      .then(() => writeLine(JSON.stringify({ event: "done", line })))
      .catch((error: unknown) => writeLine(JSON.stringify({ event: "refused", reason: String(error) })));
  });
  const ends = seconds === undefined ? [signal] : [signal, AbortSignal.timeout(seconds * 1_000)];
  const ending = AbortSignal.any(ends);
  await new Promise<void>((resolve) => {
    if (ending.aborted) resolve();
    ending.addEventListener("abort", () => resolve(), { once: true });
  });
  lines.close();
  await Promise.all([...cameras.values(), ...faces.values()].map((one) => one.stop()));
  // The standard input would keep the program alive.
  control.destroy();
};
