import { readdir, readFile, realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { DevicePlaces, UsbAdapter } from "./device-places.ts";

const textOf = async (path: string): Promise<string | null> => {
  try {
    return (await readFile(path, "utf8")).trim();
  } catch {
    return null;
  }
};

/** From the terminal's device up to the USB device are two or three folders. */
const maxSteps = 5;

/**
 * Reads the adapter of a terminal device from sysfs (Linux Documentation/ABI/stable/sysfs-bus-usb): the nearest folder above with
 * `idVendor` is the USB device, `bInterfaceNumber` on the way is its interface, `port_number` the line of a driver with
 * several lines on one interface.
 */
export const readUsbAdapter = async (tty: string, sysTty = "/sys/class/tty"): Promise<UsbAdapter | null> => {
  let folder: string;
  try {
    folder = await realpath(join(sysTty, basename(tty), "device"));
  } catch {
    return null;
  }
  let face = "00";
  const port = await textOf(join(folder, "port_number"));
  for (let step = 0; step < maxSteps; step++, folder = dirname(folder)) {
    face = (await textOf(join(folder, "bInterfaceNumber"))) ?? face;
    const vendorId = await textOf(join(folder, "idVendor"));
    if (vendorId === null) continue;
    const productId = (await textOf(join(folder, "idProduct"))) ?? "";
    const serialNumber = (await textOf(join(folder, "serial"))) || null;
    return { vendorId, productId, serialNumber, line: port === null || port === "0" ? face : `${face}.${port}` };
  }
  return null;
};

/** Lines of the board itself whose hardware was found: the kernel gives the others type 0 (PORT_UNKNOWN). */
const boardTtys = async (sysTty = "/sys/class/tty"): Promise<readonly string[]> => {
  const names = (await readdir(sysTty).catch((): string[] => [])).filter((name) =>
    /^tty(S|AMA|mxc|SC|O)\d+$/.test(name),
  );
  const types = await Promise.all(names.map((name) => textOf(join(sysTty, name, "type"))));
  return names.filter((_name, index) => types[index] !== null && types[index] !== "0").map((name) => `/dev/${name}`);
};

/** The places of a Linux system with udev. */
export const systemPlaces: DevicePlaces = {
  byId: "/dev/serial/by-id",
  byPath: "/dev/serial/by-path",
  adapterOf: (tty) => readUsbAdapter(tty),
  boardTtys: () => boardTtys(),
};

/** Numbers that makers burn into every piece: `0001`, `00000000`, `12345678`, `0123456789ABCDEF`. */
const shared = /^(.)\1*$|^0*1$|^0?123456789?0?(abcdef)?$|^1234(5(6(7(8)?)?)?)?$/i;
const minLength = 5;

/** True when a serial number can tell one adapter from the next of its kind. */
export const isTelling = (serialNumber: string | null): serialNumber is string =>
  serialNumber !== null && serialNumber.length >= minLength && !shared.test(serialNumber);
