import type { TesterResult } from "../../src/devices/tester.ts";
import { instrumentTime, type RunningDevice } from "../../src/scenario/run-scenario.ts";

/** Settings of a simulated tester in a hurry: it offers its results again soon after the gateway was gone. */
export const hastyTester = {
  kind: "lis",
  settings: {
    framing: "message",
    replyTimeoutMs: 1_000,
    busyDelayMs: 20,
    frameRetryDelayMs: 10,
    messageRetryDelayMs: 20,
  },
} as const;

/** Last specimen of each instrument: its numbers go on, so that what it says twice is never what it says anew. */
const lastSpecimen = new WeakMap<RunningDevice, number>();

/**
 * Keeps a tester reporting messages of `perMessage` results, each one of its kind, until stopped; then lets it finish
 * what it holds.
 */
export const keepReporting = (
  running: RunningDevice,
  perMessage = 1,
): { stop(): Promise<void>; readonly reported: () => number } => {
  if (running.class !== "tester") throw new Error(`${running.config.id} is no tester`);
  const { device } = running;
  const before = lastSpecimen.get(running) ?? 0;
  let number = before;
  let stopped = false;
  const nextResult = (): TesterResult => {
    number++;
    lastSpecimen.set(running, number);
    return {
      specimenId: `${device.id}-${String(number).padStart(5, "0")}`,
      item: "韭菜",
      assay: "OP-CARB",
      value: (((number * 37) % 480) / 10).toFixed(1),
      unit: "%",
      flags: "N",
      completedAt: instrumentTime(Date.now()),
    };
  };
  const next = async (): Promise<void> => {
    while (!stopped) {
      device.report(Array.from({ length: perMessage }, nextResult));
      await device.drained();
    }
  };
  const reporting = next();
  return {
    reported: () => number - before,
    stop: async () => {
      stopped = true;
      await reporting;
    },
  };
};
