import { MingchengError } from "@mingcheng/protocols";
import type { ByteStream, SerialSettings } from "./byte-stream.ts";
import { openTcp, parseTcpAddress } from "./tcp.ts";

/** A checked device address. */
export type TransportAddress =
  | { readonly kind: "tcp"; readonly address: string }
  | { readonly kind: "folder"; readonly path: string }
  | { readonly kind: "serial"; readonly path: string };

/**
 * Reads a device's address: `tcp://host:port`, `folder:///absolute/path`, `serial:/dev/ttyUSB0`, or an absolute device path.
 * @throws {MingchengError} CONFIG_INVALID, field `address`
 */
export const parseTransportAddress = (address: string): TransportAddress => {
  if (address.startsWith("tcp://")) {
    parseTcpAddress(address);
    return { kind: "tcp", address };
  }
  if (address.startsWith("folder://")) {
    const path = address.slice("folder://".length);
    if (path.startsWith("/") && !path.includes("\0")) return { kind: "folder", path };
  }
  const path = address.startsWith("serial:") ? address.slice("serial:".length) : address;
  if (path.startsWith("/") || /^COM\d+$/.test(path)) return { kind: "serial", path };
  throw new MingchengError(
    "CONFIG_INVALID",
    `${address}: expected tcp://host:port, folder:///path or a port path such as /dev/ttyUSB0`,
    {
      field: "address",
    },
  );
};

/**
 * Opens a device's line, whichever kind it is.
 * @throws {MingchengError} CONFIG_INVALID (not retryable) or DEVICE_OPEN_FAILED (retryable)
 */
export const openTransport = async (
  address: string,
  settings: SerialSettings,
  signal: AbortSignal,
): Promise<ByteStream> => {
  const target = parseTransportAddress(address);
  if (target.kind === "tcp") return openTcp(target.address, signal);
  if (target.kind === "folder") return (await import("./folder.ts")).openFolder(target.path);
  // The native serial library takes 7 MB: a gateway without serial ports does not load it.
  const { openSerial } = await import("./serial.ts");
  return openSerial(target.path, settings, signal);
};
