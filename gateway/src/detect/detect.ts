import { realpath } from "node:fs/promises";
import { type DeviceCodec, deviceCodecs } from "@mingcheng/protocols/devices";
import type { DevicePlaces } from "../device-identity/device-places.ts";
import { type PresentPort, presentPorts } from "../device-identity/present-ports.ts";
import { type DriverDefinition, drivers } from "../drivers/index.ts";
import { parseTransportAddress } from "../transports/open-transport.ts";
import { configurationOf, type FoundDevice } from "./configuration.ts";
import { type DetectPlan, type DetectPorts, detectPort, type PortFinding } from "./detect-port.ts";

/** One address with what is known of its port and what was found there. */
export interface Detected {
  readonly finding: PortFinding;
  /** Null on TCP and for ports that are not there. */
  readonly port: PresentPort | null;
  /** The address to configure: bound to the adapter's serial number, else to the place of its plug. */
  readonly bestAddress: string;
}

/** Everything that was found. */
export interface Detection {
  readonly ports: readonly Detected[];
  /** YAML for the ports that were recognised, the first of equals where several families fit. */
  readonly configuration: string;
}

/** What to look at. */
export interface DetectRequest {
  /** Port paths and `tcp://host:port`; none: every serial port that udev names. */
  readonly addresses: readonly string[];
  readonly listenMs: number;
  readonly probe: boolean;
}

/** Families whose form is a matter of configuration: they would fit anything, or nothing. */
const configuredByHand: ReadonlySet<string> = new Set(["line", "block", "modbus-weight"]);

/** Every family that can be told by listening: their codecs and drivers. */
export const tellable = (): {
  readonly drivers: readonly DriverDefinition[];
  readonly codecs: readonly DeviceCodec[];
} => {
  const codecs = deviceCodecs.filter(
    ({ id }) => !configuredByHand.has(id) && drivers.some(({ protocol }) => protocol === id),
  );
  return { codecs, drivers: drivers.filter(({ protocol }) => codecs.some(({ id }) => id === protocol)) };
};

/** The address that survives a restart and another order of plugging in. */
export const bestAddressOf = ({ identity, byId, byPath, tty }: PresentPort): string => {
  if (identity?.startsWith("usb:") === true && byId !== null) return byId;
  return byPath ?? byId ?? tty;
};

const portAt = async (address: string, present: readonly PresentPort[]): Promise<PresentPort | null> => {
  const target = parseTransportAddress(address);
  if (target.kind === "tcp") return null;
  const tty = await realpath(target.path).catch(() => undefined);
  return present.find((port) => port.tty === tty) ?? null;
};

const isTold = ({ outcome }: PortFinding): boolean => outcome === "recognised" || outcome === "ambiguous";

const foundDevices = (detected: readonly Detected[]): FoundDevice[] => {
  const counts = new Map<string, number>();
  return detected.flatMap(({ finding, bestAddress }) => {
    const driver = drivers.find(({ protocol }) => protocol === finding.candidates[0]?.protocol);
    if (!isTold(finding) || driver === undefined) return [];
    const number = (counts.get(driver.deviceClass) ?? 0) + 1;
    counts.set(driver.deviceClass, number);
    return [{ id: `${driver.deviceClass}-${number}`, driver, address: bestAddress, settings: finding.settings }];
  });
};

/**
 * Looks at every address at the same time. Listens only, unless `probe` is asked for.
 * @throws {MingchengError} CONFIG_INVALID for an address that is none
 */
export const detect = async (
  { addresses, listenMs, probe }: DetectRequest,
  ports: DetectPorts,
  places: DevicePlaces,
  signal: AbortSignal,
): Promise<Detection> => {
  const paths = addresses.flatMap((address) => {
    const target = parseTransportAddress(address);
    return target.kind === "serial" ? [target.path] : [];
  });
  const present = await presentPorts(places, paths);
  const wanted = addresses.length > 0 ? addresses : present.map(bestAddressOf);
  const plan: DetectPlan = { ...tellable(), listenMs, probe };
  const detected = await Promise.all(
    wanted.map(async (address): Promise<Detected> => {
      const port = await portAt(address, present);
      const finding = await detectPort(address, plan, ports, signal);
      const isBindable = port !== null && port.identity !== null;
      return { finding, port, bestAddress: isBindable ? bestAddressOf(port) : address };
    }),
  );
  return { ports: detected, configuration: configurationOf(foundDevices(detected)) };
};
