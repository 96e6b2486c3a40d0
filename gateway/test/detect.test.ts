import { concat, MingchengError } from "@mingcheng/protocols";
import { type DeviceEvent, deviceCodecs } from "@mingcheng/protocols/devices";
import { describe, expect, it } from "vitest";
import type { z } from "zod";
import { createManualClock } from "../../device-sims/src/clock.ts";
import { simulatorOf } from "../../device-sims/src/devices/index.ts";
import { createMemoryOracle } from "../../device-sims/src/oracle.ts";
import { createRandom } from "../../device-sims/src/random.ts";
import type { LineListener } from "../../device-sims/src/transports/sim-line.ts";
import { fixturesOf } from "../../protocols/test/fixtures.ts";
import { runDetect } from "../src/commands/detect.ts";
import { parseGatewayConfig } from "../src/config/parse-config.ts";
import { configurationOf } from "../src/detect/configuration.ts";
import { tellable } from "../src/detect/detect.ts";
import { heardSettings, listeningSettings, settingsText } from "../src/detect/line-settings.ts";
import { isHarmless, probesOf } from "../src/detect/probes.ts";
import type { DevicePlaces } from "../src/device-identity/device-places.ts";
import { drivers } from "../src/drivers/index.ts";
import type { ByteStream, SerialSettings } from "../src/transports/byte-stream.ts";
import { createMemoryLine } from "../src/transports/memory.ts";

const noPlaces: DevicePlaces = {
  byId: "/nonexistent/by-id",
  byPath: "/nonexistent/by-path",
  boardTtys: async () => [],
  adapterOf: async () => null,
};

const exampleOf = (family: string, name: string): Uint8Array => {
  const found = fixturesOf(family).find((fixture) => fixture.name === name);
  if (found === undefined) throw new Error(`no fixture ${family}/${name}`);
  return found.input;
};

/** What a device is on a simulated port: it may send by itself and may answer. */
interface Device {
  /** Settings with which it is understood; other speeds hear rubbish. */
  readonly settings: SerialSettings;
  readonly sends: Uint8Array | null;
  readonly everyMs: number;
  answer?(request: Uint8Array): Uint8Array | null;
}

interface Report {
  readonly v: number;
  readonly configuration: string;
  readonly ports: readonly Readonly<Record<string, unknown>>[];
}

/** Runs the command over memory lines with a clock that moves by itself. */
const runOn = async (devices: Readonly<Record<string, Device | string>>, options: Record<string, unknown> = {}) => {
  const clock = createManualClock();
  const written: number[][] = [];
  const tried: string[] = [];
  const lines: string[] = [];
  const stopping = new AbortController();
  const open = async (address: string, settings: SerialSettings): Promise<ByteStream> => {
    const device = devices[address];
    tried.push(`${address} ${settingsText(settings)}`);
    if (device === undefined || typeof device === "string") {
      throw new MingchengError("DEVICE_OPEN_FAILED", `${address}: ${device ?? "no such file"}`);
    }
    const [near, far] = createMemoryLine(address);
    const understood = device.settings.baudRate === settings.baudRate;
    const closing = new AbortController();
    const send = (bytes: Uint8Array) =>
      far.write(understood ? bytes : bytes.map((byte, at) => (byte * 73 + at * 151) & 0xff)).catch(() => undefined);
    const streaming = async () => {
      while (!closing.signal.aborted && device.sends !== null) {
        await send(device.sends);
        await clock.sleep(device.everyMs, closing.signal);
      }
    };
    const answering = async () => {
      for (let bytes = await far.read(); bytes !== undefined; bytes = await far.read()) {
        written.push([...bytes]);
        const answer = device.answer?.(bytes) ?? null;
        if (answer !== null) await send(answer);
      }
    };
    void streaming();
    void answering().catch(() => undefined);
    return {
      ...near,
      close: async () => {
        closing.abort();
        await near.close();
      },
    };
  };
  const io = {
    writeLine: (line: string) => void lines.push(line),
    writeProgress: () => undefined,
    signal: stopping.signal,
    places: noPlaces,
    open,
    clock,
  };
  let done = false;
  const { language = "en", ...given } = options;
  const running = runDetect(Object.keys(devices), given, language as "en" | "zh", io).finally(() => {
    done = true;
  });
  running.catch(() => undefined);
  // What is asked of the real file system before the first port is opened takes real time, and none of the clock's.
  while (tried.length === 0 && !done) await new Promise((resolve) => setImmediate(resolve));
  while (!done) await clock.advance(20);
  const code = await running;
  const report = given["json"] === true ? (JSON.parse(lines.join("\n")) as Report) : undefined;
  return { code, written, tried, text: lines.join("\n"), report, tookMs: clock.nowMs() };
};

const eight = (baudRate: number): SerialSettings => listeningSettings(baudRate);

describe("detect", () => {
  it("finds speed and protocol by listening, writes nothing, and gives a configuration that check accepts", async () => {
    const sends = exampleOf("yaohua-a9", "manual-example");
    const scale: Device = { settings: eight(1200), sends, everyMs: 120 };
    const { code, written, tried, report, tookMs } = await runOn({ "/dev/ttyUSB0": scale }, { json: true });
    expect(code).toBe(0);
    expect(written).toEqual([]);
    expect(tried.map((one) => one.split(" ")[1])).toEqual(["9600", "4800", "2400", "19200", "1200"]);
    expect(report?.ports[0]).toMatchObject({ outcome: "recognised", settings: { baudRate: 1200 }, probed: false });
    expect(tookMs).toBeLessThan(15_000);
    const read = parseGatewayConfig(report?.configuration ?? "");
    if ("issues" in read) throw new Error(JSON.stringify(read.issues));
    const [device] = read.config.devices;
    expect(device).toMatchObject({ id: "scale-1", address: "/dev/ttyUSB0", serial: { baudRate: 1200, dataBits: 8 } });
    expect(device?.driver.protocol).toBe("yaohua-a9");
  });

  it("tells a line of seven bits from what an eight-bit port hears", async () => {
    const sends = exampleOf("mt-continuous", "even-parity");
    const scale: Device = { settings: eight(9600), sends, everyMs: 100 };
    const { report, tried } = await runOn({ "/dev/ttyUSB0": scale }, { json: true });
    expect(report?.ports[0]).toMatchObject({ settings: { baudRate: 9600, dataBits: 7, parity: "even", stopBits: 1 } });
    expect(tried).toHaveLength(1);
  });

  it("says what to do about ports that are in use, forbidden, missing, or silent", async () => {
    const quiet: Device = { settings: eight(9600), sends: null, everyMs: 1000 };
    const devices = {
      "/dev/a": "Error: Resource temporarily unavailable Cannot lock port",
      "/dev/b": "Error: Permission denied, cannot open /dev/b",
      "/dev/c": "Error: No such file or directory, cannot open /dev/c",
      "/dev/d": quiet,
      "tcp://192.0.2.1:4001": "connect ECONNREFUSED",
    };
    const english = await runOn(devices, { seconds: "1" });
    expect(english.code).toBe(1);
    for (const hint of ["stop the gateway", "group dialout", "check the plug", "--probe", "one connection"]) {
      expect(english.text).toContain(hint);
    }
    const chinese = await runOn(devices, { seconds: "1", language: "zh" });
    for (const hint of ["停止网关", "dialout", "检查插头", "--probe", "同时只接受一个连接"]) {
      expect(chinese.text).toContain(hint);
    }
  });

  it("names families that listening cannot part, and why", async () => {
    const sends = exampleOf("aclas-os2", "weights");
    const scale: Device = { settings: eight(9600), sends, everyMs: 100 };
    const { text, report } = await runOn({ "tcp://192.0.2.1:1": scale });
    expect(report).toBeUndefined();
    expect(text).toContain("cannot be told apart by listening");
    expect(text).toMatch(/aclas-os2.*cas-ecr|cas-ecr.*aclas-os2/);
    expect(text).toContain("insecureTransport: true");
  });

  it("refuses a number of seconds and an address that are none", async () => {
    await expect(runOn({ "/dev/a": "x" }, { seconds: "soon" })).rejects.toMatchObject({ code: "INPUT_INVALID" });
    await expect(runOn({ ttyUSB0: "x" })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });
});

/** A device of a family that answers, as its simulator does. */
const simulated = (protocol: string, settings: SerialSettings): Device => {
  const simulator = simulatorOf(protocol);
  let listener: LineListener | undefined;
  let said: Uint8Array[] = [];
  const line = {
    address: "memory",
    connection: () => 1,
    send: (bytes: Uint8Array) => said.push(bytes) > 0,
    listen: (next: LineListener) => {
      listener = next;
    },
    drop: () => undefined,
    close: async () => undefined,
  };
  const clock = createManualClock();
  const parts = { id: "d", line, clock, oracle: createMemoryOracle(() => 0), random: createRandom(1), rateHz: 10 };
  simulator.start((simulator.settingsSchema as z.ZodType<unknown>).parse({}), parts);
  const answer = (request: Uint8Array): Uint8Array | null => {
    said = [];
    listener?.bytes(request);
    return said.length === 0 ? null : concat(...said);
  };
  return { settings, sends: null, everyMs: 1000, answer };
};

const askedScales = probesOf(tellable().drivers).filter(({ driver }) => driver.deviceClass === "scale");

describe("detect --probe", () => {
  it.each(askedScales.map(({ driver }) => [driver.protocol, driver] as const))(
    "finds %s, which speaks only when asked",
    async (protocol, driver) => {
      const device = simulated(protocol, driver.transportDefaults);
      const { report, code } = await runOn({ "/dev/ttyS0": device }, { json: true, probe: true, seconds: "1" });
      expect(report?.ports[0]).toMatchObject({ probed: true });
      const { candidates = [], equals = 0 } = (report?.ports[0] ?? {}) as {
        candidates?: { protocol: string }[];
        equals?: number;
      };
      expect(candidates.slice(0, equals).map((one) => one.protocol)).toContain(protocol);
      expect(code).toBe(0);
    },
  );

  it("sends nothing while a device speaks by itself", async () => {
    const scale: Device = { settings: eight(9600), sends: exampleOf("st-gs", "t-scale-captured"), everyMs: 100 };
    const { written } = await runOn({ "/dev/ttyUSB0": scale }, { json: true, probe: true });
    expect(written).toEqual([]);
  });
});

/** Words by which codecs call requests that change something. */
const changing =
  /zero|tare(?!-weight)|clear|erase|delete|reset|set|unit|print|expanded|power|switch|write|price|confidence/;

const meaningsOf = (bytes: Uint8Array): string[] =>
  deviceCodecs.flatMap((codec) => {
    const decoder = codec.createDecoder();
    const events: DeviceEvent[] = [...decoder.push(bytes), ...decoder.idle(), ...decoder.end()];
    return events.flatMap((event) => (event.event === "request" ? [`${codec.id}: ${event.meaning}`] : []));
  });

describe("what detect can send", () => {
  it("is, byte for byte, a read request of some driver, and means nothing else to any family", async () => {
    const silentDevice: Device = { settings: eight(9600), sends: null, everyMs: 1000 };
    const { written } = await runOn({ "/dev/ttyUSB0": silentDevice }, { json: true, probe: true, seconds: "1" });
    const allowed = drivers.flatMap(({ requests = [] }) => requests.map((request) => [...request].join()));
    expect(written.length).toBeGreaterThan(0);
    for (const bytes of written) {
      expect(allowed).toContain(bytes.join());
      const meanings = meaningsOf(Uint8Array.from(bytes)).filter((meaning) =>
        changing.test(meaning.split(": ")[1] ?? ""),
      );
      expect([bytes, meanings]).toEqual([bytes, []]);
    }
    expect(new Set(written.map((bytes) => bytes.join()))).toEqual(
      new Set(probesOf(tellable().drivers).flatMap(({ requests }) => requests.map((request) => [...request].join()))),
    );
  });

  it("would be refused if it could zero, tare, clear, print or erase anywhere", () => {
    const text = (said: string): Uint8Array => new TextEncoder().encode(said);
    const harmful = [
      "T",
      "Z\r",
      "TA\r\n",
      "TAC\r\n",
      "ZI\r\n",
      "C\r\n",
      "<TK>\t",
      "<ZK>\t",
      "!0HA\r\n",
      "R\r\n",
      "U\r",
      "P\r\n",
      "MZ\r\n",
      "%CT",
    ];
    for (const command of harmful) expect([command, isHarmless(text(command))]).toEqual([command, false]);
    for (const command of ["W", "W\r", "S\r\n", "SI\r\n", "Q\r\n"]) {
      expect([command, isHarmless(text(command))]).toEqual([command, true]);
    }
    const erasing = { ...drivers[0]!, requests: [text("W"), text("!0HA\r\n"), text("W")] };
    expect(probesOf([erasing])[0]?.requests).toHaveLength(1);
    expect(meaningsOf(text("Z")).some((meaning) => changing.test(meaning))).toBe(true);
  });
});

describe("the configuration that detect prints", () => {
  it.each(drivers.map((driver) => [driver.protocol, driver] as const))("is accepted for %s", (protocol, driver) => {
    const onTcp = { id: "b", driver, address: "tcp://192.0.2.7:4001", settings: null };
    const onSerial = { id: "a", driver, address: "/dev/serial/by-id/usb-x", settings: driver.transportDefaults };
    const read = parseGatewayConfig(configurationOf([onSerial, onTcp]));
    if ("issues" in read) throw new Error(JSON.stringify(read.issues));
    expect(read.config.devices.map((device) => device.driver.protocol)).toEqual([protocol, protocol]);
    expect(read.config.devices[0]?.serial).toEqual(driver.transportDefaults);
  });
});

describe("line settings told from bytes", () => {
  const text = new TextEncoder().encode("ST,GS,+00012.50kg\r\n");
  const parity = (odd: 0 | 1): Uint8Array =>
    text.map((byte) => {
      const ones = byte.toString(2).split("1").length - 1;
      return ones % 2 === odd ? byte : byte | 0x80;
    });

  it("tells 8N1, 7E1, 7O1 and 7N2, and never takes a binary protocol for seven bits", () => {
    expect(settingsText(heardSettings(2400, text, true))).toBe("2400 8N1");
    expect(settingsText(heardSettings(2400, parity(0), true))).toBe("2400 7E1");
    expect(settingsText(heardSettings(2400, parity(1), true))).toBe("2400 7O1");
    expect(
      settingsText(
        heardSettings(
          2400,
          text.map((byte) => byte | 0x80),
          true,
        ),
      ),
    ).toBe("2400 7N2");
    expect(settingsText(heardSettings(2400, parity(0), false))).toBe("2400 8N1");
  });
});
