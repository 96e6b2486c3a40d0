import { mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DeviceBody, deviceIdPattern, MingchengError } from "@mingcheng/protocols";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { systemClock } from "../../device-sims/src/clock.ts";
import { until } from "../../device-sims/src/harness/until.ts";
import { type DeviceConfig, parseGatewayConfig } from "../src/config/parse-config.ts";
import { BindingFile } from "../src/device-identity/binding-file.ts";
import { PortFinder } from "../src/device-identity/port-finder.ts";
import { PortWatch, unidentifiedId } from "../src/device-identity/port-watch.ts";
import { presentPorts } from "../src/device-identity/present-ports.ts";
import { isTelling, readUsbAdapter } from "../src/device-identity/usb-adapter.ts";
import type { DriverDefinition, DriverSession, SessionContext } from "../src/drivers/define-driver.ts";
import { Supervisor } from "../src/supervisor/supervisor.ts";
import { openTransport } from "../src/transports/open-transport.ts";
import { type CarriedAdapter, openUsbSockets, type UsbSockets } from "./harness/usb-sockets.ts";

const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

const mute = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** Captures every line that it hears as said. */
const listen = (context: SessionContext): DriverSession => ({
  run: async (stream, signal) => {
    const stop = () => void stream.close();
    signal.addEventListener("abort", stop, { once: true });
    let text = "";
    try {
      for (;;) {
        const bytes = await stream.read();
        if (signal.aborted) return;
        if (bytes === undefined) throw new MingchengError("DEVICE_DISCONNECTED", "closed");
        text += Buffer.from(bytes).toString();
        const lines = text.split("\n");
        text = lines.pop() ?? "";
        for (const line of lines) {
          context.count("frames");
          await context.capture({ kind: "weighing", body: { line }, raw: bytes });
        }
      }
    } finally {
      signal.removeEventListener("abort", stop);
    }
  },
});

const driver: DriverDefinition = {
  protocol: "words",
  displayName: { zh: "单词", en: "words" },
  deviceClass: "scale",
  transportDefaults: { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1 },
  configSchema: z.unknown(),
  example: {},
  createSession: listen,
};

const deviceAt = (id: string, address: string, own: Partial<DeviceConfig> = {}): DeviceConfig => ({
  id,
  driver,
  address,
  insecureTransport: false,
  serial: driver.transportDefaults,
  silentAfterMs: null,
  options: {},
  ...own,
});

interface Market {
  /** Words heard, by device id. */
  heard(id: string): readonly string[];
  readonly records: { readonly device: string; readonly body: DeviceBody }[];
  readonly supervisor: Supervisor;
  look(): Promise<void>;
  /** Lets the adapter's device speak until some device hears it; who that is. */
  hearsFrom(adapter: CarriedAdapter): Promise<string>;
  stop(): Promise<void>;
}

/** A gateway's devices over the sockets. `data` outlives it, as the data directory does. */
const startMarket = async (
  sockets: UsbSockets,
  data: string,
  devices: readonly DeviceConfig[],
  naive = false,
): Promise<Market> => {
  const bindings = new BindingFile(join(data, "adapters.json"));
  await bindings.open();
  const finder = new PortFinder({ places: sockets.places, bindings, open: openTransport, log: mute });
  const heard = new Map<string, string[]>();
  const records: Market["records"] = [];
  const clock = {
    ...systemClock,
    wall: () => "2026-01-01T00:00:00.000+08:00",
    after: (delayMs: number, task: () => void) => {
      const timer = setTimeout(task, delayMs);
      return () => clearTimeout(timer);
    },
  };
  const supervisor = new Supervisor({
    devices,
    clock,
    random: () => 1,
    retry: { baseMs: 60_000, capMs: 60_000, steadyAfterMs: 60_000 },
    log: () => mute,
    open: (address, serial, signal, device) =>
      naive ? openTransport(address, serial, signal) : finder.open(device, serial, signal),
    capture: async (device, { body }) => {
      heard.set(device, [...(heard.get(device) ?? []), String(body["line"])]);
    },
    recall: async () => [],
    marks: async () => ({ has: () => false, add: async () => undefined }),
    live: () => undefined,
    record: (device, body) => records.push({ device, body }),
  });
  const watch = new PortWatch({ devices, finder, supervised: supervisor, clock, log: mute });
  supervisor.start();
  await watch.look();
  const stop = async () => {
    await watch.stop();
    await supervisor.stop();
  };
  endings.push(stop);
  const wordsOf = (voice: string): number => [...heard.values()].flat().filter((word) => word === voice).length;
  const whoHeard = (voice: string, counts: ReadonlyMap<string, number>): string | undefined =>
    [...heard].find(([id, words]) => words.filter((word) => word === voice).length > (counts.get(id) ?? 0))?.[0];
  return {
    heard: (id) => heard.get(id) ?? [],
    records,
    supervisor,
    look: () => watch.look(),
    hearsFrom: async (adapter) => {
      const { voice } = adapter;
      const counts = new Map([...heard].map(([id, words]) => [id, words.filter((word) => word === voice).length]));
      const before = wordsOf(voice);
      return until(
        async () => {
          if (wordsOf(voice) > before) return whoHeard(voice, counts);
          await sockets.speak(adapter);
          return undefined;
        },
        {
          what: `${voice} is heard`,
          withinMs: 5_000,
          everyMs: 5,
          detail: () => JSON.stringify(supervisor.status().map(({ id, state, reason }) => ({ id, state, reason }))),
        },
      );
    },
    stop,
  };
};

const usb = (): UsbSockets => {
  const sockets = openUsbSockets();
  endings.push(() => sockets.close());
  return sockets;
};

const dataDirectory = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "mingcheng-adapters-"));
  endings.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
};

const numbered = (voice: string, serialNumber: string): CarriedAdapter => ({ voice, serialNumber });
const nameless = (voice: string): CarriedAdapter => ({ voice, serialNumber: null });

/** Words under a configured device's id that another device said. */
const wrongCredits = (market: Market, rightful: Readonly<Record<string, string>>): string[] =>
  Object.entries(rightful).flatMap(([id, voice]) =>
    market.heard(id).flatMap((word) => (word === voice ? [] : [`${id}: ${word}`])),
  );

describe("adapters with a serial number of their own", () => {
  it("are followed from socket to socket, swapped and renamed, with every reading under the right device", async () => {
    const sockets = usb();
    const [a, b] = [numbered("pork", "A50285BI"), numbered("leek", "B70311XQ")];
    await sockets.plug(a, "1");
    await sockets.plug(b, "2");
    const devices = [deviceAt("scale-a", sockets.byId(a)), deviceAt("scale-b", sockets.byId(b))];
    const market = await startMarket(sockets, dataDirectory(), devices);
    const places = [
      ["1", "2"],
      ["2", "1"],
      ["3", "1"],
      ["1", "3"],
    ] as const;
    for (const [forA, forB] of places) {
      await sockets.unplug(a);
      await sockets.unplug(b);
      await market.look();
      // In the other order, so that the kernel's names change hands.
      await sockets.plug(b, forB);
      await sockets.plug(a, forA);
      await market.look();
      expect([await market.hearsFrom(a), await market.hearsFrom(b)]).toEqual(["scale-a", "scale-b"]);
    }
    expect(wrongCredits(market, { "scale-a": "pork", "scale-b": "leek" })).toEqual([]);
    expect(market.records.some(({ device }) => device.startsWith("unidentified."))).toBe(false);
  });

  it("are nobody while two of them carry the same number", async () => {
    const sockets = usb();
    const [a, twin] = [numbered("pork", "SAME1234"), numbered("fish", "SAME1234")];
    await sockets.plug(a, "1");
    const market = await startMarket(sockets, dataDirectory(), [deviceAt("scale-a", sockets.byId(a))]);
    expect(await market.hearsFrom(a)).toBe("scale-a");
    await sockets.unplug(a);
    await market.look();
    await sockets.plug(a, "1");
    await sockets.plug(twin, "2");
    await market.look();
    expect([await market.hearsFrom(a), await market.hearsFrom(twin)].map((id) => id.slice(0, 13))).toEqual([
      "unidentified.",
      "unidentified.",
    ]);
    expect(wrongCredits(market, { "scale-a": "pork" })).toEqual([]);
  });
});

describe("adapters without one", () => {
  it("are known by their socket: after a move captured as unidentified, until the address is changed", async () => {
    const sockets = usb();
    const data = dataDirectory();
    const [a, b] = [nameless("pork"), nameless("leek")];
    await sockets.plug(a, "1");
    await sockets.plug(b, "2");
    const devices = [deviceAt("scale-a", sockets.byPath("1")), deviceAt("scale-b", sockets.byPath("2"))];
    const market = await startMarket(sockets, data, devices);
    expect([await market.hearsFrom(a), await market.hearsFrom(b)]).toEqual(["scale-a", "scale-b"]);
    await sockets.unplug(a);
    await sockets.plug(a, "3");
    await market.look();
    const id = await market.hearsFrom(a);
    expect(id).toBe("unidentified.pci-0000-00-14.0-usb-0-3-1.0-port0");
    expect(id).toMatch(deviceIdPattern);
    expect(market.records.find(({ device }) => device === id)?.body).toMatchObject({
      status: "online",
      unidentified: { path: sockets.byPath("3"), mayBe: ["scale-a"] },
    });
    expect(await market.hearsFrom(b)).toBe("scale-b");
    expect(wrongCredits(market, { "scale-a": "pork", "scale-b": "leek" })).toEqual([]);

    // Back in its socket it is its device again, and the other id ends.
    await sockets.unplug(a);
    await sockets.plug(a, "1");
    await market.look();
    expect(await market.hearsFrom(a)).toBe("scale-a");
    expect(market.supervisor.status().map((device) => device.id)).toEqual(["scale-a", "scale-b"]);

    // Moved again, and confirmed.
    await sockets.unplug(a);
    await sockets.plug(a, "3");
    await market.stop();
    const confirmed = await startMarket(sockets, data, [deviceAt("scale-a", sockets.byPath("3")), devices[1]!]);
    expect(await confirmed.hearsFrom(a)).toBe("scale-a");
  });

  it("are not taken for one of the same make, also when the name of the address is the same", async () => {
    const sockets = usb();
    const data = dataDirectory();
    const [a, other] = [nameless("pork"), nameless("fish")];
    await sockets.plug(a, "1");
    const devices = [deviceAt("scale-a", sockets.byId(a))];
    const market = await startMarket(sockets, data, devices);
    expect(await market.hearsFrom(a)).toBe("scale-a");
    await sockets.unplug(a);
    await sockets.plug(other, "2");
    await market.look();
    expect((await market.hearsFrom(other)).startsWith("unidentified.")).toBe(true);
    await market.stop();
    const restarted = await startMarket(sockets, data, devices);
    expect((await restarted.hearsFrom(other)).startsWith("unidentified.")).toBe(true);
    expect(wrongCredits(restarted, { "scale-a": "pork" })).toEqual([]);
    expect(restarted.supervisor.status()[0]?.reason).toContain("another adapter");

    // What the test would see if addresses were simply trusted.
    await restarted.stop();
    const trusting = await startMarket(sockets, data, devices, true);
    expect(await trusting.hearsFrom(other)).toBe("scale-a");
    expect(wrongCredits(trusting, { "scale-a": "pork" })).not.toEqual([]);
  });

  it("leave adapters alone that belong to nobody while no device is missing", async () => {
    const sockets = usb();
    const [a, modem] = [nameless("pork"), nameless("modem")];
    await sockets.plug(a, "1");
    await sockets.plug(modem, "2");
    const market = await startMarket(sockets, dataDirectory(), [deviceAt("scale-a", sockets.byPath("1"))]);
    await market.look();
    expect(market.supervisor.status().map(({ id }) => id)).toEqual(["scale-a"]);
  });
});

describe("a thousand times unplugged and plugged in again", () => {
  it("is heard again every time and leaves no descriptor behind", { timeout: 180_000 }, async () => {
    const sockets = usb();
    const a = nameless("pork");
    await sockets.plug(a, "1");
    const market = await startMarket(sockets, dataDirectory(), [deviceAt("scale-a", sockets.byPath("1"))]);
    const cycle = async (socket: string): Promise<string> => {
      await sockets.unplug(a);
      await market.look();
      await sockets.plug(a, socket);
      await market.look();
      return market.hearsFrom(a);
    };
    const descriptors = (): number => readdirSync("/proc/self/fd").length;
    for (let warmUp = 0; warmUp < 5; warmUp++) await cycle("1");
    await cycle("2");
    await cycle("1");
    const before = descriptors();
    for (let cycles = 1; cycles <= 1000; cycles++) {
      const moved = cycles % 10 === 0;
      expect(await cycle(moved ? "2" : "1")).toBe(moved ? unidentifiedName("2") : "scale-a");
    }
    await cycle("1");
    expect(descriptors()).toBeLessThanOrEqual(before + 2);
    expect(wrongCredits(market, { "scale-a": "pork" })).toEqual([]);
  });
});

const unidentifiedName = (socket: string): string => `unidentified.pci-0000-00-14.0-usb-0-${socket}-1.0-port0`;

describe("what an adapter says about itself", () => {
  const fakeSysfs = (files: Readonly<Record<string, string>>, device: string): string => {
    const folder = dataDirectory();
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(folder, path, ".."), { recursive: true });
      writeFileSync(join(folder, path), `${text}\n`);
    }
    mkdirSync(join(folder, device), { recursive: true });
    mkdirSync(join(folder, "tty/ttyUSB0"), { recursive: true });
    symlinkSync(join(folder, device), join(folder, "tty/ttyUSB0/device"));
    return join(folder, "tty");
  };

  it("is read from sysfs", async () => {
    const usbDevice = { "usb1/1-1/idVendor": "0403", "usb1/1-1/idProduct": "6011", "usb1/1-1/serial": "FT4XYZ12" };
    const second = { ...usbDevice, "usb1/1-1/1-1:1.1/bInterfaceNumber": "01" };
    const sysTty = fakeSysfs(second, "usb1/1-1/1-1:1.1/ttyUSB0");
    const said = { vendorId: "0403", productId: "6011", serialNumber: "FT4XYZ12", line: "01" };
    expect(await readUsbAdapter("/dev/ttyUSB0", sysTty)).toEqual(said);
    expect(await readUsbAdapter("/dev/ttyS0", sysTty)).toBeNull();
    const { "usb1/1-1/serial": _none, ...without } = usbDevice;
    const plain = fakeSysfs(without, "usb1/1-1/1-1:1.0/ttyUSB0");
    expect(await readUsbAdapter("/dev/ttyUSB0", plain)).toMatchObject({ serialNumber: null, line: "00" });
  });

  it("counts as its own number only when it can tell it from others", () => {
    const shared = [null, "", "0001", "00000000", "12345678", "0123456789ABCDEF", "1", "5"];
    expect(shared.filter(isTelling)).toEqual([]);
    expect(["A50285BI", "FT4XYZ12", "5B2F038871"].every(isTelling)).toBe(true);
  });

  it("gives an identity, and an id that records accept however long the path is", async () => {
    const sockets = usb();
    await sockets.plug(nameless("pork"), "1");
    await sockets.plug(numbered("leek", "B70311XQ"), "2");
    const ports = await presentPorts(sockets.places);
    expect(new Set(ports.map(({ identity }) => identity))).toEqual(
      new Set(["path:pci-0000:00:14.0-usb-0:1:1.0-port0", "usb:1a86:7523:B70311XQ:00"]),
    );
    const long = {
      ...ports[0]!,
      byPath: `/dev/serial/by-path/platform-fd500000.pcie-pci-0000:01:00.0-usb-0:1.${"2".repeat(40)}:1.0-port0`,
    };
    expect(unidentifiedId(long)).toMatch(deviceIdPattern);
  });

  it("may not be configured as a device's id", () => {
    const device = { id: "unidentified.x", protocol: "lis", address: "/dev/ttyS0" };
    expect(parseGatewayConfig(JSON.stringify({ devices: [device] }))).toMatchObject({
      issues: [{ field: "devices[0].id" }],
    });
  });
});

describe("the file of known adapters", () => {
  it("outlives the process, keeps one adapter per device, and says when nobody can read it", async () => {
    const path = join(dataDirectory(), "adapters.json");
    const file = new BindingFile(path);
    expect(await file.open()).toBe(true);
    await file.bind({ device: "a", address: "/dev/ttyUSB0", identity: "path:1" });
    await file.bind({ device: "a", address: "/dev/ttyUSB1", identity: "path:2" });
    const again = new BindingFile(path);
    expect(await again.open()).toBe(true);
    expect([again.identityOf("a", "/dev/ttyUSB0"), again.identityOf("a", "/dev/ttyUSB1")]).toEqual([null, "path:2"]);
    writeFileSync(path, "{");
    expect(await new BindingFile(path).open()).toBe(false);
  });
});
