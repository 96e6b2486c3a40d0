import { stringify } from "yaml";
import type { DriverDefinition } from "../drivers/define-driver.ts";
import type { SerialSettings } from "../transports/byte-stream.ts";

/** One device to be written into a configuration. */
export interface FoundDevice {
  readonly id: string;
  readonly driver: DriverDefinition;
  readonly address: string;
  /** Null on TCP. */
  readonly settings: SerialSettings | null;
}

/** Options that have no default: taken from the driver's example, to be checked by whoever sees the device. */
export const neededOptions = (driver: DriverDefinition): Readonly<Record<string, unknown>> => {
  if (driver.configSchema.safeParse({}).success) return {};
  const kept = Object.entries(driver.example);
  // What the schema accepts without is not needed.
  return kept.reduce<Readonly<Record<string, unknown>>>((options, [name]) => {
    const { [name]: _left, ...rest } = options;
    return driver.configSchema.safeParse(rest).success ? rest : options;
  }, driver.example);
};

const entryOf = ({ id, driver, address, settings }: FoundDevice): Readonly<Record<string, unknown>> => {
  const options = neededOptions(driver);
  return {
    id,
    protocol: driver.protocol,
    address,
    ...(settings === null ? { insecureTransport: true } : { serial: { ...settings } }),
    ...(Object.keys(options).length === 0 ? {} : { options }),
  };
};

/** The part `devices:` of a gateway's configuration, which `check` accepts as it is. Empty text for no device. */
export const configurationOf = (devices: readonly FoundDevice[]): string =>
  devices.length === 0 ? "" : stringify({ devices: devices.map(entryOf) }, { lineWidth: 0 });
