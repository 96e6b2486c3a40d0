import { simulatorOf } from "../devices/index.ts";
import { createRandom, seedOf } from "../random.ts";
import { type Scenario, scenarioSchema } from "./scenario.ts";

/** What `mingcheng-sims load` is asked for. */
export interface LoadOptions {
  readonly devices: number;
  /** Protocol id of a simulator. */
  readonly kind: string;
  readonly rateHz: number;
  readonly host: string;
  /** First port; the devices take consecutive ones. 0: free ones. */
  readonly port: number;
  readonly seed: number;
}

const scriptLength = 50;

/**
 * A scenario of many equal devices with random, repeatable loads or results, repeating for ever.
 * @throws {MingchengError} PROTOCOL_UNKNOWN
 */
export const loadScenarioOf = (options: LoadOptions): Scenario => {
  const { deviceClass, settingsSchema } = simulatorOf(options.kind);
  // Not every make can be told how many places it shows; its own default then has at least these two.
  const twoPlaces = { places: 2 };
  const settings = settingsSchema.safeParse(twoPlaces).success ? twoPlaces : {};
  const devices = Array.from({ length: options.devices }, (_, index) => {
    const id = `load-${index + 1}`;
    const random = createRandom(seedOf(options.seed, id));
    const listen = `tcp://${options.host}:${options.port === 0 ? 0 : options.port + index}`;
    const common = { id, kind: options.kind, listen, repeat: true };
    const steps = Array.from({ length: scriptLength }, (_unused, step) => step);
    if (deviceClass === "tester") {
      const script = steps.flatMap((step) => [
        {
          do: "report",
          results: [{ specimenId: `S${index + 1}-${step + 1}`, item: "韭菜", value: `${random.below(1000) / 10}` }],
        },
        { do: "wait", ms: Math.round(1000 / options.rateHz) },
      ]);
      return { ...common, script };
    }
    const script = steps.map(() => ({
      do: "weigh",
      value: `${random.below(9) + 1}.${random.below(90) + 10}`,
      rampMs: 300 + random.below(600),
      holdMs: 1000 + random.below(2000),
      restMs: 800 + random.below(2000),
    }));
    return { ...common, rateHz: options.rateHz, settings, script };
  });
  return scenarioSchema.parse({ seed: options.seed, devices });
};
