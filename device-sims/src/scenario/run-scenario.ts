import { faultOf } from "../../faults/fault-config.ts";
import { createFaultyLine } from "../../faults/faulty-line.ts";
import { type SimClock, systemClock } from "../clock.ts";
import { simulatorOf } from "../devices/index.ts";
import type { SimulatedScale } from "../devices/scale.ts";
import type { SimulatedTester, TesterResult } from "../devices/tester.ts";
import type { Oracle } from "../oracle.ts";
import { createRandom, seedOf } from "../random.ts";
import { openLine } from "../transports/open-line.ts";
import type { SimLine } from "../transports/sim-line.ts";
import { type RunningSmart, startSmart } from "./play-smart.ts";
import type {
  DeviceConfig,
  ScaleDeviceConfig,
  ScaleStep,
  Scenario,
  TesterDeviceConfig,
  TesterStep,
} from "./scenario.ts";

/** A started device that gateways connect to, and its line. */
type RunningOnLine = { readonly line: SimLine } & (
  | { readonly class: "scale"; readonly config: ScaleDeviceConfig; readonly device: SimulatedScale }
  | { readonly class: "tester"; readonly config: TesterDeviceConfig; readonly device: SimulatedTester }
);

/** A started device, so that a caller may act on it beyond its script. */
export type RunningDevice = RunningOnLine | RunningSmart;

/** A started scenario. */
export interface RunningScenario {
  readonly devices: readonly RunningDevice[];
  /** Resolves when every script that does not repeat has ended; rejects when a step cannot be done. */
  readonly finished: Promise<void>;
  stop(): Promise<void>;
}

const pad = (value: number, width: number): string => value.toString().padStart(width, "0");

/** Wall time as an instrument prints it: YYYYMMDDHHMMSS, local time. */
export const instrumentTime = (wallMs: number): string => {
  const at = new Date(wallMs);
  const day = `${pad(at.getFullYear(), 4)}${pad(at.getMonth() + 1, 2)}${pad(at.getDate(), 2)}`;
  return `${day}${pad(at.getHours(), 2)}${pad(at.getMinutes(), 2)}${pad(at.getSeconds(), 2)}`;
};

/** Opens a device's line and starts the device on it. */
export const startDevice = async (
  config: DeviceConfig,
  seed: number,
  oracle: Oracle,
  clock: SimClock,
): Promise<RunningDevice> => {
  if ("url" in config) return startSmart(config, seed, oracle, clock);
  const random = createRandom(seedOf(seed, config.id));
  const bare = await openLine(config.listen);
  const line = createFaultyLine(bare, config.faults.map(faultOf), clock, random);
  const parts = { id: config.id, line, clock, oracle };
  const simulator = simulatorOf(config.kind);
  // The scenario's schema gives each kind the configuration of its simulator's class.
  if (simulator.deviceClass === "tester") {
    const device = simulator.start(config.settings, parts);
    return { config: config as TesterDeviceConfig, line, class: "tester", device };
  }
  const scale = config as ScaleDeviceConfig;
  const device = simulator.start(config.settings, { ...parts, random, rateHz: scale.rateHz });
  return { config: scale, line, class: "scale", device };
};

const connectionPollMs = 20;

const awaitConnection = async (line: SimLine, clock: SimClock, signal: AbortSignal): Promise<void> => {
  while (line.connection() === 0 && !signal.aborted) await clock.sleep(connectionPollMs, signal);
};

const playScale = async (
  scale: SimulatedScale,
  line: SimLine,
  step: ScaleStep,
  clock: SimClock,
  signal: AbortSignal,
) => {
  if (step.do === "wait") await clock.sleep(step.ms, signal);
  if (step.do === "weigh") await scale.weigh(step);
  if (step.do === "tare") scale.tare(step.value);
  if (step.do === "show") await scale.show(step.state, step.ms);
  if (step.do === "unplug") line.drop();
  if (step.do === "await-connection") await awaitConnection(line, clock, signal);
};

const playTester = async (
  running: RunningDevice & { readonly class: "tester" },
  step: TesterStep,
  parts: { readonly clock: SimClock; readonly oracle: Oracle; readonly signal: AbortSignal },
) => {
  if (step.do === "wait") await parts.clock.sleep(step.ms, parts.signal);
  if (step.do === "drain") await running.device.drained();
  if (step.do === "unplug") running.line.drop();
  if (step.do === "await-connection") await awaitConnection(running.line, parts.clock, parts.signal);
  if (step.do !== "report") return;
  const now = instrumentTime(parts.oracle.wallMs());
  const results: TesterResult[] = step.results.map((result) => ({ ...result, completedAt: result.completedAt ?? now }));
  running.device.report(results);
};

const playOnce = async (
  running: RunningDevice,
  clock: SimClock,
  oracle: Oracle,
  signal: AbortSignal,
): Promise<void> => {
  if (running.class === "smart") {
    for (const step of running.config.script) if (!signal.aborted) await running.play(step, signal);
  } else if (running.class === "scale") {
    const { config, device, line } = running;
    for (const step of config.script) if (!signal.aborted) await playScale(device, line, step, clock, signal);
  } else {
    for (const step of running.config.script) {
      if (!signal.aborted) await playTester(running, step, { clock, oracle, signal });
    }
  }
};

const playAll = async (running: RunningDevice, clock: SimClock, oracle: Oracle, signal: AbortSignal): Promise<void> => {
  const { repeat, script } = running.config;
  do await playOnce(running, clock, oracle, signal);
  while (repeat && script.length > 0 && !signal.aborted);
};

/**
 * Starts every device of a scenario and plays their scripts, each at its own pace.
 * @throws {MingchengError} SIM_LINE_FAILED; nothing is left running then
 */
export const runScenario = async (
  scenario: Scenario,
  oracle: Oracle,
  clock: SimClock = systemClock,
): Promise<RunningScenario> => {
  const stopping = new AbortController();
  const devices: RunningDevice[] = [];
  const stop = async (): Promise<void> => {
    stopping.abort();
    await Promise.all(devices.map(({ device }) => device.stop()));
  };
  try {
    for (const config of scenario.devices) devices.push(await startDevice(config, scenario.seed, oracle, clock));
  } catch (error) {
    await stop();
    throw error;
  }
  const scripts = devices.map((running) => playAll(running, clock, oracle, stopping.signal));
  return { devices, finished: Promise.all(scripts).then(() => {}), stop };
};
