import { readdir, realpath } from "node:fs/promises";
import { join } from "node:path";
import type { DevicePlaces, UsbAdapter } from "./device-places.ts";
import { isTelling } from "./usb-adapter.ts";

/** A serial port that is plugged in. */
export interface PresentPort {
  /** What the kernel calls it today: `/dev/ttyUSB0`. */
  readonly tty: string;
  /** Its links; null where udev makes none. */
  readonly byId: string | null;
  readonly byPath: string | null;
  readonly adapter: UsbAdapter | null;
  /**
   * What it can be recognised by: `usb:<vendor>:<product>:<serial number>:<line>` when its serial number tells it from every
   * other port present, else `path:<name below by-path>`; null when it has neither.
   */
  readonly identity: string | null;
}

/** Links of a folder with where they lead, in the order of their names. Broken links and a missing folder are nothing. */
const linksIn = async (folder: string): Promise<readonly (readonly [tty: string, link: string])[]> => {
  const names = await readdir(folder).catch((): string[] => []);
  const links = await Promise.all(
    names.sort().map(async (name): Promise<(readonly [string, string])[]> => {
      const link = join(folder, name);
      const tty = await realpath(link).catch(() => undefined);
      return tty === undefined ? [] : [[tty, link]];
    }),
  );
  return links.flat();
};

/** The first link of every terminal: newer udev versions add more names for the same place. */
const firstLinks = (links: readonly (readonly [string, string])[]): Map<string, string> => {
  const first = new Map<string, string>();
  for (const [tty, link] of links) if (!first.has(tty)) first.set(tty, link);
  return first;
};

const serialIdentity = (adapter: UsbAdapter | null): string | null =>
  adapter !== null && isTelling(adapter.serialNumber)
    ? `usb:${adapter.vendorId}:${adapter.productId}:${adapter.serialNumber}:${adapter.line}`
    : null;

const nameIn = (link: string): string => link.slice(link.lastIndexOf("/") + 1);

/** Every serial port, ordered by its tty, with what it is recognised by. `also`: further ports to describe. */
export const presentPorts = async (
  places: DevicePlaces,
  also: readonly string[] = [],
): Promise<readonly PresentPort[]> => {
  const byId = firstLinks(await linksIn(places.byId));
  const byPath = firstLinks(await linksIn(places.byPath));
  const more = await Promise.all(
    [...(await places.boardTtys()), ...also].map((path) => realpath(path).catch(() => undefined)),
  );
  const ttys = [...new Set([...byId.keys(), ...byPath.keys(), ...more.filter((tty) => tty !== undefined)])].sort();
  const found = await Promise.all(
    ttys.map(async (tty) => {
      const adapter = await places.adapterOf(tty);
      return {
        tty,
        byId: byId.get(tty) ?? null,
        byPath: byPath.get(tty) ?? null,
        adapter,
        serial: serialIdentity(adapter),
      };
    }),
  );
  return found.map(({ serial, ...port }) => {
    const isOnly = serial !== null && found.filter((other) => other.serial === serial).length === 1;
    const path = port.byPath === null ? null : `path:${nameIn(port.byPath)}`;
    return { ...port, identity: isOnly ? serial : path };
  });
};
