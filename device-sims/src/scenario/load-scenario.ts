import { MingchengError } from "@mingcheng/protocols";
import { simulatorOf } from "../devices/index.ts";
import { isSmartKind, type SmartKind } from "../devices/smart.ts";
import { createRandom, type Random, seedOf } from "../random.ts";
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
  /** Devices that send by themselves: where to, and with which secrets. */
  readonly smart?: { readonly url: string; readonly credentials: readonly SmartCredential[] } | undefined;
}

/** A line of what `mingcheng-gateway intake add --json` printed. */
export interface SmartCredential {
  readonly device: string;
  readonly secret: string;
}

/** One message of a smart device at random. */
const smartStep = (kind: SmartKind, random: Random, number: number) =>
  kind === "smart-tester"
    ? { do: "report", results: [{ specimenId: `S-${number}`, value: `${random.below(1000) / 10}` }] }
    : { do: "sell", weight: `${random.below(9)}.${random.below(90) + 10}`, unitPriceFen: 100 + random.below(3000) };

const smartLoadOf = (kind: SmartKind, { devices, rateHz, seed, smart }: LoadOptions): Scenario => {
  if (smart === undefined || smart.credentials.length < devices) {
    const message = `${kind} needs --url and --credentials with ${devices} devices`;
    throw new MingchengError("CONFIG_INVALID", message, { field: "--credentials" });
  }
  const ms = Math.round(1000 / rateHz);
  const configs = smart.credentials.slice(0, devices).map(({ device: id, secret }) => {
    const random = createRandom(seedOf(seed, id));
    const script = Array.from({ length: scriptLength }, (_unused, number) => [
      smartStep(kind, random, number),
      { do: "wait", ms },
    ]).flat();
    return { id, kind, url: smart.url, secret, repeat: true, script };
  });
  return scenarioSchema.parse({ seed, devices: configs });
};

const scriptLength = 50;

/**
 * A scenario of many equal devices with random, repeatable loads or results, repeating for ever.
 * @throws {MingchengError} PROTOCOL_UNKNOWN; CONFIG_INVALID when smart devices have no secrets
 */
export const loadScenarioOf = (options: LoadOptions): Scenario => {
  if (isSmartKind(options.kind)) return smartLoadOf(options.kind, options);
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
