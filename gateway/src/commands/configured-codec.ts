import { MingchengError } from "@mingcheng/protocols";
import { type DeviceCodec, deviceCodecOf, type TableFormat } from "@mingcheng/protocols/devices";
import { issueText, readGatewayConfig } from "../config/load-config.ts";

/** How the bytes of a device are read. */
export interface ConfiguredCodec {
  readonly codec: DeviceCodec;
  /** Options of a device that exports tables. */
  readonly table?: TableFormat;
}

/**
 * The codec of a configured device. Without `device` the configuration must have exactly one (of the protocol, where that is
 * given).
 * @throws {MingchengError} CONFIG_INVALID with the first fault, INPUT_INVALID when there is no such device
 */
export const configuredCodec = async (
  path: string,
  id: string | undefined,
  protocol: string | undefined,
): Promise<ConfiguredCodec> => {
  const read = await readGatewayConfig(path);
  if ("issues" in read) {
    const first = read.issues.map((issue) => issueText(path, issue, "en"))[0] ?? path;
    throw new MingchengError("CONFIG_INVALID", first, { field: "--config" });
  }
  const devices = read.config.devices.filter(
    (device) =>
      (id === undefined || device.id === id) && (protocol === undefined || device.driver.protocol === protocol),
  );
  const [device] = devices;
  if (device === undefined || devices.length > 1) {
    const ids = read.config.devices.map((known) => known.id).join(", ");
    throw new MingchengError("INPUT_INVALID", `say which device: ${ids}`, { field: "--device" });
  }
  const { driver, options } = device;
  const codec = driver.codecOf?.(options) ?? deviceCodecOf(driver.protocol);
  // The options of this driver are a table format, and more.
  return driver.readsFolders === true ? { codec, table: options as TableFormat } : { codec };
};
