import { describe, expect, it } from "vitest";
import type { CaptureDraft, DriverDefinition } from "../src/drivers/define-driver.ts";
import { dy03ffDriver } from "../src/drivers/dy-03ff.ts";
import { dy6200Driver } from "../src/drivers/dy-6200.ts";
import { lz4000tDriver } from "../src/drivers/lz-4000t.ts";
import { tl310Driver } from "../src/drivers/tl-310.ts";
import { ty16Driver } from "../src/drivers/ty-16.ts";
import { z24Driver } from "../src/drivers/z-24.ts";
import { type Bench, createBench, type SimulatedDevice, simulate } from "./driver-contract-bench.ts";

const polled = [lz4000tDriver, tl310Driver, dy03ffDriver, ty16Driver, z24Driver, dy6200Driver];

/** A tester on a bench with its line up, and what an earlier process stored. */
const start = (driver: DriverDefinition, before: readonly CaptureDraft[] = [], wall?: string) => {
  const bench = createBench(driver, { before, ...(wall === undefined ? {} : { wall }) });
  const device = simulate(driver, bench);
  const connection = bench.connect();
  device.plug(connection);
  return { bench, device, connection };
};

/** Every simulated result is its own: what tells them apart in a record differs by family. */
const identities = (bench: Bench): string[] =>
  bench.stored.map(({ body }) => JSON.stringify([body["specimenId"], body["channel"], body["completedAt"]]));

const acknowledged = (device: SimulatedDevice): number =>
  device.oracle.filter(({ event }) => event === "result-acknowledged").length;

describe.each(polled.map((driver) => [driver.protocol, driver] as const))("polled tester %s", (_protocol, driver) => {
  it("stores each result once, however often it is read", async () => {
    const { bench, device } = start(driver);
    for (let number = 1; number <= 3; number++) await device.perform(number);
    await bench.clock.advance(60_000);
    expect(bench.stored).toHaveLength(3);
    expect(new Set(identities(bench)).size).toBe(3);
    expect(bench.stored.every(({ body }) => body["resendOf"] === null)).toBe(true);
    await device.stop();
  });

  it("stores nothing again after a restart of the gateway, and what came meanwhile", async () => {
    const first = start(driver);
    for (let number = 1; number <= 2; number++) await first.device.perform(number);
    first.connection.abort();
    const second = start(driver, first.bench.stored);
    for (let number = 1; number <= 3; number++) await second.device.perform(number);
    expect(second.bench.stored).toHaveLength(3);
    await first.device.stop();
    await second.device.stop();
  });

  it("would store them again without what was durably captured", async () => {
    const first = start(driver);
    await first.device.perform(1);
    const second = start(driver, []);
    await second.device.perform(1);
    expect(second.bench.stored).toHaveLength(1);
    await first.device.stop();
    await second.device.stop();
  });

  it("reads again what the disk did not take, and asks for nothing new before", async () => {
    const { bench, device } = start(driver);
    let full = true;
    bench.storeWith(async (draft) => {
      if (full) throw new Error("disk full");
      bench.stored.push(draft);
    });
    await device.perform(1);
    expect([bench.stored.length, bench.count("capture_failures") > 0]).toEqual([0, true]);
    full = false;
    await device.perform(2);
    expect(bench.stored).toHaveLength(2);
    await device.stop();
  });

  it("loses nothing to a line that breaks in the middle of an answer", async () => {
    const { bench, device } = start(driver);
    let pieces = 0;
    device.passes = () => {
      pieces++;
      return pieces % 4 !== 0;
    };
    for (let number = 1; number <= 3; number++) await device.perform(number);
    device.passes = () => true;
    await bench.clock.advance(20_000);
    expect(new Set(identities(bench)).size).toBe(3);
    expect(bench.stored).toHaveLength(3);
    await device.stop();
  });

  it("is not acknowledged before it is on disk", async () => {
    const { bench, device } = start(driver);
    let early = 0;
    bench.storeWith(async (draft) => {
      await bench.clock.sleep(300);
      if (acknowledged(device) > bench.stored.length) early++;
      bench.stored.push(draft);
    });
    for (let number = 1; number <= 2; number++) await device.perform(number);
    await bench.clock.advance(5000);
    expect([early, acknowledged(device)]).toEqual([0, 2]);
    await device.stop();
  });
});

/** These give their whole memory however old; the LZ-4000T is asked for days. */
const whole = polled.filter(({ protocol }) => protocol !== "lz-4000t");

describe.each(whole.map((driver) => [driver.protocol, driver] as const))("old results of %s", (_protocol, driver) => {
  const later = "2024-07-01T12:00:00.000+08:00";

  it("are history when nobody remembers them at the first reading, and are counted", async () => {
    const bench = createBench(driver, { wall: later });
    const device = simulate(driver, bench);
    await device.perform(1);
    device.plug(bench.connect());
    await bench.clock.advance(10_000);
    expect([bench.stored.length, bench.count("history")]).toEqual([0, 1]);
    await device.stop();
  });

  it("are captured when they come while the gateway watches: then the instrument's clock is wrong", async () => {
    const { bench, device } = start(driver, [], later);
    await bench.clock.advance(5000);
    await device.perform(1);
    expect([bench.stored.length, bench.count("history")]).toEqual([1, 0]);
    await device.stop();
  });

  it("are captured behind one that is remembered", async () => {
    const first = start(driver, [], later);
    await first.bench.clock.advance(5000);
    await first.device.perform(1);
    first.connection.abort();
    await first.device.perform(2);
    const second = createBench(driver, { wall: later, before: first.bench.stored });
    const device = simulate(driver, second);
    for (let number = 1; number <= 2; number++) await device.perform(number);
    device.plug(second.connect());
    await second.clock.advance(10_000);
    expect([second.stored.length, second.count("history")]).toEqual([2, 0]);
    await first.device.stop();
    await device.stop();
  });
});

describe("a record of a polled tester", () => {
  it("shows where the meter and the standard disagree: 50.0 % passes in the TL-310", async () => {
    const { bench, device } = start(tl310Driver);
    await device.perform(1, "50");
    expect(bench.stored.map(({ body }) => body)).toMatchObject([
      {
        value: "50.0",
        verdict: "positive",
        instrumentVerdict: "negative",
        verdictRule: "GB/T 5009.199-2003: positive >= 50",
        retests: 2,
      },
    ]);
    await device.stop();
  });

  it("is never a pass where nothing was measured", async () => {
    for (const driver of polled) {
      const { bench, device } = start(driver);
      await device.perform(1, "NA");
      const verdicts = bench.stored.map(({ body }) => body["verdict"]);
      expect([driver.protocol, verdicts.length, verdicts.includes("negative")]).toEqual([driver.protocol, 1, false]);
      await device.stop();
    }
  });

  it("has percent where the Z-24 sends a fraction", async () => {
    const { bench, device } = start(z24Driver);
    await device.perform(1, "52.3");
    expect(bench.stored.map(({ body }) => body)).toMatchObject([{ value: "52.3", unit: "%", verdict: "positive" }]);
    await device.stop();
  });
});
