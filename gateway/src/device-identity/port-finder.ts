import { realpath } from "node:fs/promises";
import { dirname } from "node:path";
import { MingchengError } from "@mingcheng/protocols";
import type { DeviceConfig } from "../config/parse-config.ts";
import type { ByteStream, SerialSettings } from "../transports/byte-stream.ts";
import { parseTransportAddress } from "../transports/open-transport.ts";
import type { BindingFile } from "./binding-file.ts";
import type { DevicePlaces } from "./device-places.ts";
import { type PresentPort, presentPorts } from "./present-ports.ts";

/** Opens a line by its address. @throws {MingchengError} DEVICE_OPEN_FAILED, CONFIG_INVALID */
export type OpenLine = (address: string, settings: SerialSettings, signal: AbortSignal) => Promise<ByteStream>;

/** What {@link PortFinder} works with. */
export interface PortFinderOptions {
  readonly places: DevicePlaces;
  readonly bindings: BindingFile;
  readonly open: OpenLine;
  readonly log: { warn(detail: object, message: string): void };
}

/** Who is where at one moment. */
export interface PortSurvey {
  readonly present: readonly PresentPort[];
  /** Terminal of every serial device whose adapter is there, by device id. */
  readonly found: ReadonlyMap<string, string>;
  /** Serial devices whose adapter is not there. */
  readonly missing: readonly DeviceConfig[];
}

/** The part of a device that says where it is. */
type Placed = Pick<DeviceConfig, "id" | "address">;

const serialPath = (address: string): string | null => {
  const target = parseTransportAddress(address);
  return target.kind === "serial" ? target.path : null;
};

/**
 * Finds the port of a device, whatever it is called today. An address below `by-path` names the place of a plug and means
 * just that. Any other port is bound, when it is first opened under its address, to the adapter's serial number, or to the
 * place of its plug when it has no number of its own; from then on only that adapter is the device.
 */
export class PortFinder {
  private readonly options: PortFinderOptions;

  constructor(options: PortFinderOptions) {
    this.options = options;
  }

  /**
   * Opens the device's own adapter.
   * @throws {MingchengError} DEVICE_OPEN_FAILED (retryable), also when another adapter sits at its address
   */
  async open(device: Placed, settings: SerialSettings, signal: AbortSignal): Promise<ByteStream> {
    const path = serialPath(device.address);
    if (path === null) return this.options.open(device.address, settings, signal);
    const before = await this.ttyOf(device, await this.list([path]));
    if (before.tty === null) throw new MingchengError("DEVICE_OPEN_FAILED", before.why);
    const stream = await this.options.open(before.tty, settings, signal);
    // Between looking and opening the adapter may have been swapped: what is open now must still be the device.
    const present = await this.list([path]);
    const after = await this.ttyOf(device, present);
    if (after.tty !== before.tty) {
      await stream.close();
      throw new MingchengError("DEVICE_OPEN_FAILED", `${device.address}: the adapter changed while it was opened`);
    }
    await this.keepBinding(device, path, present.find(({ tty }) => tty === after.tty)?.identity ?? null);
    return stream;
  }

  /** Looks where every serial device is. */
  async survey(devices: readonly DeviceConfig[]): Promise<PortSurvey> {
    const serial = devices.flatMap((device) => {
      const path = serialPath(device.address);
      return path === null ? [] : [{ device, path }];
    });
    const present = await this.list(serial.map(({ path }) => path));
    const found = new Map<string, string>();
    const missing: DeviceConfig[] = [];
    for (const { device } of serial) {
      const { tty } = await this.ttyOf(device, present);
      if (tty === null) missing.push(device);
      else found.set(device.id, tty);
    }
    return { present, found, missing };
  }

  private list(paths: readonly string[]): Promise<readonly PresentPort[]> {
    return presentPorts(this.options.places, paths);
  }

  private isPlace(path: string): boolean {
    return dirname(path) === this.options.places.byPath;
  }

  /** The terminal that is this device now; null with the reason when it is not there. */
  private async ttyOf(
    { id, address }: Placed,
    present: readonly PresentPort[],
  ): Promise<{ readonly tty: string | null; readonly why: string }> {
    const path = serialPath(address) ?? address;
    const there = await realpath(path).catch(() => null);
    const bound = this.isPlace(path) ? null : this.options.bindings.identityOf(id, address);
    if (bound === null) return { tty: there, why: `${path}: no such port` };
    const own = present.find(({ identity }) => identity === bound);
    if (own !== undefined) return { tty: own.tty, why: "" };
    const other = there === null ? "" : `; another adapter is at ${path} and is not taken for it`;
    return { tty: null, why: `${path}: the adapter bound to this device (${bound}) is not plugged in${other}` };
  }

  /** Binds a device at its first opening. */
  private async keepBinding({ id, address }: Placed, path: string, identity: string | null): Promise<void> {
    const { bindings, log } = this.options;
    if (identity === null || this.isPlace(path) || bindings.identityOf(id, address) !== null) return;
    try {
      await bindings.bind({ device: id, address, identity });
    } catch (error) {
      // The disk is full or fails. Readings count more: the binding holds until the next start, and is tried again then.
      log.warn({ err: error, device: id }, "the adapter of a device could not be written down");
    }
  }
}
