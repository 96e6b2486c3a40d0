import { type ChildProcessByStdio, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import type { DevicePlaces, UsbAdapter } from "../../src/device-identity/device-places.ts";

/** Holds the devices' ends of any number of pseudo-terminals: `plug <name> <path>`, `unplug <name>`, `say <name> <hex>`. */
const hubProgram = `
import os, pty, sys, tty
masters = {}
for line in sys.stdin:
    word, name, rest = (line.rstrip("\\n").split(" ", 2) + [""])[:3]
    if word == "plug":
        master, slave = pty.openpty()
        tty.setraw(slave)
        os.set_blocking(master, False)
        # Kept open until somebody else has it, so that what is said first is not lost.
        masters[name] = (master, slave)
        os.symlink(os.ttyname(slave), rest)
    elif word == "unplug":
        for fd in masters.pop(name):
            os.close(fd)
    elif word == "say":
        try:
            os.write(masters[name][0], bytes.fromhex(rest))
        except (KeyError, OSError):
            pass
    print("done", flush=True)
`;

/** An adapter that can be carried from socket to socket. */
export interface CarriedAdapter {
  /** What its device says, again and again. */
  readonly voice: string;
  readonly serialNumber: string | null;
}

/** USB sockets with udev's link folders, over real pseudo-terminals. */
export interface UsbSockets {
  readonly places: DevicePlaces;
  plug(adapter: CarriedAdapter, socket: string): Promise<void>;
  unplug(adapter: CarriedAdapter): Promise<void>;
  /** The device behind the adapter sends its word once. */
  speak(adapter: CarriedAdapter): Promise<void>;
  byId(adapter: CarriedAdapter): string;
  byPath(socket: string): string;
  close(): Promise<void>;
}

const model = { vendorId: "1a86", productId: "7523" };

const nameById = ({ serialNumber }: CarriedAdapter): string =>
  `usb-1a86_USB_Serial${serialNumber === null ? "" : `_${serialNumber}`}-if00-port0`;

/** Opens the sockets. Needs python3, as building the serial library does. */
export const openUsbSockets = (): UsbSockets => {
  const folder = mkdtempSync(join(tmpdir(), "mingcheng-usb-"));
  const [byIdFolder, byPathFolder] = [join(folder, "by-id"), join(folder, "by-path")];
  for (const path of [byIdFolder, byPathFolder]) mkdirSync(path);
  const plugged = new Map<CarriedAdapter, string>();
  const hub: ChildProcessByStdio<Writable, Readable, null> = spawn("python3", ["-uc", hubProgram], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const waiting: (() => void)[] = [];
  hub.stdout.setEncoding("utf8").on("data", (text: string) => {
    for (const _done of text.matchAll(/done/g)) waiting.shift()?.();
  });
  const tell = (line: string): Promise<void> =>
    new Promise((resolve) => {
      waiting.push(resolve);
      hub.stdin.write(`${line}\n`);
    });

  const byPath = (socket: string): string => join(byPathFolder, `pci-0000:00:14.0-usb-0:${socket}:1.0-port0`);
  const ttyOf = (path: string): string | null => {
    try {
      return realpathSync(path);
    } catch {
      return null;
    }
  };
  const adapterOf = async (tty: string): Promise<UsbAdapter | null> => {
    const found = [...plugged].find(([, socket]) => ttyOf(byPath(socket)) === tty);
    return found === undefined ? null : { ...model, serialNumber: found[0].serialNumber, line: "00" };
  };

  /** As udev: one link for every name, to the adapter that came last. */
  const linkById = () => {
    for (const name of readdirSync(byIdFolder)) rmSync(join(byIdFolder, name));
    const last = new Map([...plugged].map(([adapter, socket]) => [nameById(adapter), byPath(socket)]));
    for (const [name, target] of last) symlinkSync(target, join(byIdFolder, name));
  };

  return {
    places: { byId: byIdFolder, byPath: byPathFolder, boardTtys: async () => [], adapterOf },
    plug: async (adapter, socket) => {
      plugged.set(adapter, socket);
      await tell(`plug ${adapter.voice} ${byPath(socket)}`);
      linkById();
    },
    unplug: async (adapter) => {
      rmSync(byPath(plugged.get(adapter) ?? ""), { force: true });
      plugged.delete(adapter);
      linkById();
      await tell(`unplug ${adapter.voice}`);
    },
    speak: (adapter) => tell(`say ${adapter.voice} ${Buffer.from(`${adapter.voice}\n`).toString("hex")}`),
    byId: (adapter) => join(byIdFolder, nameById(adapter)),
    byPath,
    close: async () => {
      const gone = new Promise<void>((resolve) => hub.once("exit", () => resolve()));
      hub.stdin.end();
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
