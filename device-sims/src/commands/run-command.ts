import type { Oracle } from "../oracle.ts";
import { createMemoryOracle, openFileOracle } from "../oracle.ts";
import { runScenario } from "../scenario/run-scenario.ts";
import type { Scenario } from "../scenario/scenario.ts";

/** How long to run and where to write. */
export interface RunOptions {
  /** Oracle log file, appended to; left out: standard output. */
  readonly oracle?: string | undefined;
  /** End when every script has ended (else run until a signal). */
  readonly untilDone?: boolean | undefined;
  /** End after so many seconds at the latest. */
  readonly seconds?: number | undefined;
}

/** Writes one line to standard output. */
export type WriteLine = (line: string) => void;

const openOracle = (path: string | undefined, writeLine: WriteLine): Oracle & { close(): void } => {
  if (path !== undefined) return openFileOracle(path);
  const memory = createMemoryOracle();
  return { wallMs: () => memory.wallMs(), write: (entry) => writeLine(JSON.stringify(entry)), close: () => {} };
};

/**
 * Runs a scenario until `signal` aborts, the time is up, or (with `untilDone`) the scripts have ended. First writes one
 * line of JSON with every device's address: `{"event":"ready","devices":[{"id":…,"kind":…,"address":…}]}`.
 * @throws {MingchengError} SIM_LINE_FAILED, SIM_VALUE_INVALID
 */
export const runCommand = async (
  scenario: Scenario,
  options: RunOptions,
  writeLine: WriteLine,
  signal: AbortSignal,
): Promise<void> => {
  const oracle = openOracle(options.oracle, writeLine);
  const limits = options.seconds === undefined ? [signal] : [signal, AbortSignal.timeout(options.seconds * 1000)];
  const ending = AbortSignal.any(limits);
  try {
    const running = await runScenario(scenario, oracle);
    const devices = running.devices.map(({ config, device }) => ({
      id: config.id,
      kind: config.kind,
      address: device.address,
    }));
    writeLine(JSON.stringify({ event: "ready", devices }));
    const asked = new Promise<void>((resolve) => {
      if (ending.aborted) resolve();
      ending.addEventListener("abort", () => resolve(), { once: true });
    });
    // A script that cannot go on ends the run in either case.
    const scripts = options.untilDone === true ? running.finished : running.finished.then(() => asked);
    try {
      await Promise.race([scripts, asked]);
    } finally {
      await running.stop();
    }
  } finally {
    oracle.close();
  }
};
