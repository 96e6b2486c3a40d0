import { bodyFault, MingchengError } from "@mingcheng/protocols";
import { deviceCodecOf } from "@mingcheng/protocols/devices";
import { describe, expect, it } from "vitest";
import { createRandom } from "../../device-sims/src/random.ts";
import { fixturesOf } from "../../protocols/test/fixtures.ts";
import type { DriverDefinition } from "../src/drivers/define-driver.ts";
import { drivers } from "../src/drivers/index.ts";
import { type Bench, type Connection, createBench, exampleConfig, simulate } from "./driver-contract-bench.ts";

const ack = 0x06;
const nak = 0x15;
/** What a session may ever write: nothing to a scale, answers to a tester. No family needs more to be listened to. */
const allowed: Readonly<Record<DriverDefinition["deviceClass"], readonly number[]>> = { scale: [], tester: [ack, nak] };

/** What a tester may be asked: reading only. Not in the list: whatever erases, sets, or prints. */
const harmless = ["identify", "count", "items", "read", "read-next", "read-all", "end"];

/** Questions with parameters cannot be listed: the family's codec has to read each of them as a harmless request. */
const asksOnly = (written: readonly number[], { protocol, deviceClass }: DriverDefinition): boolean => {
  const decoder = deviceCodecOf(protocol).createDecoder();
  const events = [...decoder.push(Uint8Array.from(written)), ...decoder.end()];
  return (
    deviceClass === "tester" && events.every((event) => event.event === "request" && harmless.includes(event.meaning))
  );
};

/** What was written beyond a driver's declared requests and the answers of its class. */
const notAllowed = (written: readonly number[], driver: DriverDefinition): number[] => {
  if (asksOnly(written, driver)) return [];
  const requests = (driver.requests ?? []).map((request) => [...request]).sort((a, b) => b.length - a.length);
  const left: number[] = [];
  for (let at = 0; at < written.length; ) {
    const request = requests.find((bytes) => bytes.every((byte, index) => written[at + index] === byte));
    const byte = written[at] ?? 0;
    if (request === undefined && !allowed[driver.deviceClass].includes(byte)) left.push(byte);
    at += request?.length ?? 1;
  }
  return left;
};

const never = new Promise<never>(() => {});

const endOf = async (bench: Bench, connection: Connection): Promise<unknown> => {
  await bench.clock.advance(0);
  const outcome = connection.outcome();
  return outcome === undefined || outcome === "resolved" ? outcome : outcome.rejected;
};

const randomBytes = (seed: number, length: number): Uint8Array => {
  const random = createRandom(seed);
  return Uint8Array.from({ length }, () => random.below(256));
};

describe.each(drivers.map((driver) => [driver.protocol, driver] as const))("driver %s", (_protocol, driver) => {
  it("reads its own example, and refuses an option it does not know", () => {
    expect(driver.configSchema.safeParse(driver.example).success).toBe(true);
    expect(driver.configSchema.safeParse({ ...driver.example, noSuchOption: 1 }).success).toBe(false);
  });

  it("touches nothing when a session is created", () => {
    const untouchable = new Proxy({}, { get: (_target, name) => expect.unreachable(`used ${String(name)}`) });
    driver.createSession(untouchable as never, exampleConfig(driver));
  });

  it("ends when aborted, and leaves the port to who opened it", async () => {
    const bench = createBench(driver);
    const connection = bench.connect();
    await bench.clock.advance(100);
    connection.abort();
    expect(await endOf(bench, connection)).toBe("resolved");
    expect(connection.port.closed).toBe(false);
  });

  it("ends within a second when aborted while the disk stalls", async () => {
    const bench = createBench(driver);
    const connection = bench.connect();
    const device = simulate(driver, bench);
    let asked = 0;
    bench.storeWith(() => {
      asked++;
      return never;
    });
    device.plug(connection);
    await device.perform();
    expect(asked).toBe(1);
    connection.abort();
    await bench.clock.advance(999);
    expect(await endOf(bench, connection)).toBe("resolved");
    await device.stop();
  });

  it.each([
    ["pulled out", (connection: Connection) => connection.device.unplug()],
    ["closed by the other end", (connection: Connection) => void connection.device.close()],
  ])("says that trying again helps when the line is %s", async (_name, end) => {
    const bench = createBench(driver);
    const connection = bench.connect();
    await bench.clock.advance(100);
    end(connection);
    const fault = await endOf(bench, connection);
    expect(fault).toBeInstanceOf(MingchengError);
    expect(fault).toMatchObject({ code: "DEVICE_DISCONNECTED", retryable: true });
  });

  it("captures what its device says, once, in a body that fits its kind, with the device's own bytes", async () => {
    const bench = createBench(driver);
    const device = simulate(driver, bench);
    device.plug(bench.connect());
    for (let number = 1; number <= 3; number++) await device.perform(number);
    expect(bench.stored.map(({ kind }) => kind)).toEqual(
      Array(3).fill(driver.yields ?? (driver.deviceClass === "scale" ? "weighing" : "test")),
    );
    for (const { kind, body, raw } of bench.stored) {
      expect(bodyFault(kind, body)).toBeUndefined();
      expect(body["protocol"]).toBe(driver.protocol);
      expect(raw.length).toBeGreaterThan(0);
    }
    await device.stop();
  });

  it("captures nothing from noise, counts every byte of it, and hears the device again afterwards", async () => {
    // Without the bytes that mean something by themselves on some link: those are no noise.
    const noise = randomBytes(7, 20_000).filter((byte) => ![0x02, 0x82, 0x04, 0x05, 0x06, 0x15, 0x1b].includes(byte));
    const bench = createBench(driver);
    const connection = bench.connect();
    await connection.device.write(noise);
    await bench.clock.advance(2000);
    expect(bench.stored).toEqual([]);
    expect(bench.count("discarded_bytes")).toBe(noise.length);
    const device = simulate(driver, bench);
    device.plug(connection);
    await device.perform();
    expect(bench.stored).toHaveLength(1);
    await device.stop();
  });

  it("captures nothing from anything that is no frame", async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const bench = createBench(driver);
      const connection = bench.connect();
      await connection.device.write(randomBytes(seed, 3000));
      await bench.clock.advance(2000);
      connection.abort();
      await connection.running;
      expect(bench.stored).toEqual([]);
    }
  });

  it("never writes anything that zeroes, tares, erases or sets a device", async () => {
    const bench = createBench(driver);
    const connection = bench.connect();
    const device = simulate(driver, bench);
    device.plug(connection);
    await device.perform();
    for (const { input } of fixturesOf(driver.protocol)) await connection.device.write(input);
    await connection.device.write(randomBytes(3, 5000));
    await bench.clock.advance(60_000);
    connection.abort();
    await device.stop();
    expect(notAllowed(bench.written, driver)).toEqual([]);
  });

  it("shares nothing between two devices", async () => {
    const [one, other] = [createBench(driver), createBench(driver)];
    const [speaking, silent] = [simulate(driver, one), other.connect()];
    speaking.plug(one.connect());
    await speaking.perform();
    await other.clock.advance(5000);
    expect([one.stored.length, other.stored.length]).toEqual([1, 0]);
    expect([notAllowed(other.written, driver).length, other.live.length, other.count("frames")]).toEqual([0, 0, 0]);
    silent.abort();
    await speaking.stop();
  });

  it("goes on over the next connection of the same session", async () => {
    const bench = createBench(driver);
    const device = simulate(driver, bench);
    device.plug(bench.connect());
    await device.perform(1);
    device.unplug();
    await bench.clock.advance(1000);
    device.plug(bench.connect());
    await device.perform(2);
    expect(bench.stored).toHaveLength(2);
    await device.stop();
  });

  it("counts a sign of life for every frame it understands", async () => {
    const bench = createBench(driver);
    const device = simulate(driver, bench);
    device.plug(bench.connect());
    for (let number = 1; number <= 4; number++) await device.perform(number);
    expect(bench.count("frames")).toBeGreaterThan(3);
    expect(bench.count("discarded_bytes")).toBe(0);
    await device.stop();
  });
});
