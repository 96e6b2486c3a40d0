import type { z } from "zod";
import type { ScaleParts, SimulatedScale } from "./scale.ts";
import type { SimulatedTester, TesterParts } from "./tester.ts";

interface SimulatorFacts<Settings> {
  /** Protocol id, as in `@mingcheng/protocols`: the `kind` of a device in a scenario. */
  readonly protocol: string;
  /** Strict; every setting has a default. */
  readonly settingsSchema: z.ZodType<Settings>;
}

/** A simulated scale as a value: `start` puts it on an open line, where it sends by itself. */
export interface ScaleSimulator<Settings = unknown> extends SimulatorFacts<Settings> {
  readonly deviceClass: "scale";
  start(settings: Settings, parts: ScaleParts): SimulatedScale;
}

/** A simulated tester as a value: it sends what it is told to report. */
export interface TesterSimulator<Settings = unknown> extends SimulatorFacts<Settings> {
  readonly deviceClass: "tester";
  start(settings: Settings, parts: TesterParts): SimulatedTester;
}

/** Any simulator. */
export type Simulator = ScaleSimulator | TesterSimulator;

/** Checks a scale's shape and erases its settings' type, so that all simulators fit one list. */
export const defineScale = <Settings>(simulator: Omit<ScaleSimulator<Settings>, "deviceClass">): ScaleSimulator => ({
  ...simulator,
  deviceClass: "scale",
});

/** The same for a tester. */
export const defineTester = <Settings>(simulator: Omit<TesterSimulator<Settings>, "deviceClass">): TesterSimulator => ({
  ...simulator,
  deviceClass: "tester",
});
