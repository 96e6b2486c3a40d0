import { encodeA9Frame, encodeContinuousFrame } from "@mingcheng/protocols/devices";
import { describe, expect, it } from "vitest";
import { mtContinuousDriver } from "../src/drivers/mt-continuous.ts";
import { yaohuaA9Driver } from "../src/drivers/yaohua-a9.ts";
import { type Bench, createBench, simulate } from "./driver-contract-bench.ts";

type Frame = Partial<Parameters<typeof encodeContinuousFrame>[0]>;

const frame = (value: string, more: Frame = {}): Uint8Array =>
  encodeContinuousFrame({ value, tare: "0.00", unit: "kg", increment: 1, checksum: true, ...more });

/** Sends frames 100 ms apart. */
const send = async (
  bench: Bench,
  device: { write(bytes: Uint8Array): Promise<void> },
  frames: readonly Uint8Array[],
) => {
  for (const bytes of frames) {
    await device.write(bytes);
    await bench.clock.advance(100);
  }
};

const times = (count: number, bytes: Uint8Array): Uint8Array[] => Array.from({ length: count }, () => bytes);
const empty = times(3, frame("0.00"));
const load = [...times(4, frame("1.20", { motion: true })), ...times(6, frame("1.25"))];

describe("a scale's session", () => {
  it("makes one weighing per load with value, grams, tare and the frame it came in", async () => {
    const bench = createBench(mtContinuousDriver);
    const { device, abort } = bench.connect();
    const net = (value: string): Uint8Array => frame(value, { net: true, tare: "0.50" });
    await send(bench, device, [...times(3, net("0.00")), ...times(6, net("1.25")), ...times(3, net("0.00"))]);
    expect(bench.stored).toEqual([
      {
        kind: "weighing",
        body: {
          protocol: "mt-continuous",
          value: "1.25",
          unit: "kg",
          grams: "1250",
          mode: "net",
          stable: "reported-stable",
          tare: "0.50",
          tareGrams: "500",
          settling: { samples: 2, durationMs: 100, rule: "reported" },
        },
        raw: net("1.25"),
      },
    ]);
    abort();
  });

  it("records overload and its end as states, never as a weight", async () => {
    const bench = createBench(mtContinuousDriver);
    const { device, abort } = bench.connect();
    await send(bench, device, [...empty, ...times(10, frame("9.99", { outOfRange: true })), ...empty]);
    expect(bench.stored.map(({ kind, body }) => [kind, body["state"], body["previous"]])).toEqual([
      ["scale-event", "overload", "normal"],
      ["scale-event", "normal", "overload"],
    ]);
    abort();
  });

  it("says that stability was inferred where the protocol has no word for it", async () => {
    const config = yaohuaA9Driver.configSchema.parse({ unit: "jin", mode: "gross" });
    const bench = createBench(yaohuaA9Driver, { config });
    const { device, abort } = bench.connect();
    const shown = (value: string): Uint8Array => encodeA9Frame({ value });
    await send(bench, device, [...times(3, shown("0.00")), ...times(12, shown("2.50")), ...times(3, shown("0.00"))]);
    expect(bench.stored.map(({ body }) => body)).toMatchObject([
      { value: "2.50", unit: "jin", grams: "1250", mode: "gross", stable: "inferred", tare: null },
    ]);
    abort();
  });

  it("weighs a load once although the line breaks while it lies there", async () => {
    const bench = createBench(mtContinuousDriver);
    const first = bench.connect();
    await send(bench, first.device, [...empty, ...load]);
    first.device.unplug();
    await first.running.catch(() => {});
    const second = bench.connect();
    await send(bench, second.device, [...load, ...empty, ...load, ...empty]);
    expect(bench.stored).toHaveLength(2);
    second.abort();
  });

  it("goes on reading when a weighing cannot be stored, and counts it", async () => {
    const bench = createBench(mtContinuousDriver);
    const { device, abort } = bench.connect();
    let full = true;
    bench.storeWith(async (draft) => {
      if (full) throw new Error("disk full");
      bench.stored.push(draft);
    });
    await send(bench, device, [...empty, ...load, ...empty]);
    full = false;
    await send(bench, device, [...load, ...empty]);
    expect([bench.stored.length, bench.count("capture_failures", "weighing"), bench.count("weighings")]).toEqual([
      1, 1, 1,
    ]);
    abort();
  });

  it("waits for the disk instead of piling up what it cannot store", async () => {
    const config = mtContinuousDriver.configSchema.parse({ settling: { reportedSamples: 1, emptySamples: 1 } });
    const bench = createBench(mtContinuousDriver, { config });
    const { device, abort } = bench.connect();
    let waiting = 0;
    let release: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    bench.storeWith(async (draft) => {
      waiting++;
      await gate;
      bench.stored.push(draft);
    });
    await send(bench, device, [
      frame("0.00"),
      ...Array.from({ length: 60 }, () => [frame("1.25"), frame("0.00")]).flat(),
    ]);
    expect(waiting).toBe(16);
    release();
    await bench.clock.advance(1000);
    expect(bench.stored).toHaveLength(60);
    abort();
  });

  it("shows moving weights on the live screens, five a second at most", async () => {
    const bench = createBench(mtContinuousDriver);
    const { device, abort } = bench.connect();
    await send(bench, device, times(20, frame("1.20", { motion: true })));
    expect(bench.live).toHaveLength(10);
    expect(bench.live[0]).toMatchObject({ value: "1.20", unit: "kg", stable: "reported-unstable", states: ["motion"] });
    abort();
  });

  it("weighs what stood still before and after damage, and nothing that the damage made", async () => {
    const bench = createBench(mtContinuousDriver);
    const device = simulate(mtContinuousDriver, bench);
    let pieces = 0;
    device.passes = (bytes) => {
      pieces++;
      if (pieces % 5 === 0) bytes[6] = 0x39;
      return pieces % 7 !== 0;
    };
    device.plug(bench.connect());
    for (let count = 0; count < 4; count++) await device.perform();
    expect(bench.stored.map(({ body }) => body["value"])).toEqual(Array(4).fill("1.250"));
    expect(bench.count("discarded_bytes", "bad-checksum")).toBeGreaterThan(0);
    await device.stop();
  });
});
