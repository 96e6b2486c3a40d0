import { type DeviceBody, MingchengError } from "@mingcheng/protocols";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { DeviceConfig } from "../src/config/parse-config.ts";
import type { DriverDefinition, DriverSession, SessionContext } from "../src/drivers/define-driver.ts";
import { RetrySchedule } from "../src/supervisor/retry-schedule.ts";
import { Supervisor } from "../src/supervisor/supervisor.ts";
import type { ByteStream } from "../src/transports/byte-stream.ts";
import { createMemoryLine, type MemoryEnd } from "../src/transports/memory.ts";
import { settle, TestClock } from "./test-clock.ts";

const mute = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** Counts every piece it reads as one frame; ends as drivers do. */
const listen = (context: SessionContext): DriverSession => ({
  run: async (stream, signal) => {
    const stop = () => void stream.close();
    signal.addEventListener("abort", stop, { once: true });
    for (;;) {
      const bytes = await stream.read();
      if (signal.aborted) return;
      if (bytes === undefined) throw new MingchengError("DEVICE_DISCONNECTED", "closed");
      context.count("frames");
    }
  },
});

const driver = (createSession: DriverDefinition["createSession"], deviceClass: "scale" | "tester" = "scale") => ({
  protocol: "test",
  displayName: { zh: "测试", en: "test" },
  deviceClass,
  transportDefaults: { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1 } as const,
  configSchema: z.unknown(),
  example: {},
  createSession,
});

const deviceOf = (id: string, own: Partial<DeviceConfig> = {}): DeviceConfig => ({
  id,
  driver: driver(listen),
  address: `/dev/${id}`,
  insecureTransport: false,
  serial: { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1 },
  silentAfterMs: 60_000,
  options: {},
  ...own,
});

/** A supervisor whose devices are memory lines, and everything that it recorded. */
const bench = (devices: readonly DeviceConfig[]) => {
  const clock = new TestClock();
  const records: { device: string; body: DeviceBody; atMs: number }[] = [];
  const lines = new Map<string, MemoryEnd>();
  const faults = new Map<string, MingchengError>();
  let openings = 0;
  const supervisor = new Supervisor({
    devices,
    clock,
    random: () => 0.5,
    log: () => mute,
    open: async (address): Promise<ByteStream> => {
      openings++;
      const fault = faults.get(address);
      if (fault !== undefined) throw fault;
      const [near, far] = createMemoryLine(address);
      lines.set(address, far);
      return near;
    },
    capture: async () => undefined,
    recall: async () => [],
    marks: async () => ({ has: () => false, add: async () => undefined }),
    live: () => undefined,
    record: (device, body) => records.push({ device, body, atMs: clock.nowMs() }),
  });
  return {
    supervisor,
    clock,
    faults,
    openings: () => openings,
    line: (id: string) => {
      const line = lines.get(`/dev/${id}`);
      if (line === undefined) throw new Error(`${id} was not opened`);
      return line;
    },
    said: (id: string) =>
      records.filter(({ device }) => device === id).map(({ body }) => `${body.previous}>${body.status}`),
    records,
  };
};

const frame = Uint8Array.of(2);
const openFailed = new MingchengError("DEVICE_OPEN_FAILED", "no such port");

describe("the supervisor", () => {
  it("says online with the first frame, silent after a while, online again", async () => {
    const { supervisor, clock, line, said, records } = bench([deviceOf("a", { insecureTransport: true })]);
    supervisor.start();
    await settle();
    expect([supervisor.status()[0]?.state, said("a")]).toEqual(["connected", []]);
    await line("a").write(frame);
    await settle();
    clock.advance(59_000);
    await line("a").write(frame);
    await settle();
    clock.advance(59_000);
    expect(said("a")).toEqual(["null>online"]);
    clock.advance(1_000);
    expect(said("a")).toEqual(["null>online", "online>silent"]);
    expect(supervisor.status()[0]).toMatchObject({ state: "silent", quietForMs: 60_000 });
    await line("a").write(frame);
    await settle();
    expect(said("a")).toEqual(["null>online", "online>silent", "silent>online"]);
    expect(records[0]?.body).toMatchObject({ driver: "test", insecureTransport: true });
    clock.advance(60_000);
    expect(said("a").at(-1)).toBe("online>silent");
    await supervisor.stop();
  });

  it("says silent of a device that was never heard, and nothing of a tester's silence", async () => {
    const tester = deviceOf("t", { driver: driver(listen, "tester"), silentAfterMs: null });
    const { supervisor, clock, said } = bench([deviceOf("a"), tester]);
    supervisor.start();
    await settle();
    clock.advance(3_600_000);
    expect([said("a"), said("t")]).toEqual([["null>silent"], ["null>online"]]);
    await supervisor.stop();
  });

  it("opens a broken line again by itself and records every change once", async () => {
    const { supervisor, clock, line, said, faults, openings } = bench([deviceOf("a")]);
    supervisor.start();
    await settle();
    await line("a").write(frame);
    await settle();
    faults.set("/dev/a", openFailed);
    line("a").unplug();
    await settle();
    for (let second = 0; second < 60; second++) {
      clock.advance(1_000);
      await settle();
    }
    expect(said("a")).toEqual(["null>online", "online>offline"]);
    expect(supervisor.status()[0]).toMatchObject({ state: "offline", fault: "DEVICE_OPEN_FAILED" });
    expect(openings()).toBeGreaterThan(15);
    faults.clear();
    clock.advance(5_000);
    await settle();
    await line("a").write(frame);
    await settle();
    expect(said("a")).toEqual(["null>online", "online>offline", "offline>online"]);
    await supervisor.stop();
  });

  it("parks a device after a lasting fault and does not try again", async () => {
    const { supervisor, clock, said, faults, openings } = bench([deviceOf("a")]);
    faults.set("/dev/a", new MingchengError("CONFIG_INVALID", "no such unit"));
    supervisor.start();
    await settle();
    clock.advance(600_000);
    await settle();
    expect(said("a")).toEqual(["null>parked"]);
    expect(openings()).toBe(1);
    await supervisor.stop();
  });

  it.each([
    [
      "cannot be created",
      () => {
        throw new TypeError("a bug");
      },
    ],
    ["throws at once", () => ({ run: () => Promise.reject(new RangeError("a bug")) })],
    ["ends for no reason", () => ({ run: () => Promise.resolve() })],
  ] as const)("is not disturbed by a session that %s", async (_what, createSession) => {
    const { supervisor, clock, line, said } = bench([
      deviceOf("bad", { driver: driver(createSession) }),
      deviceOf("good"),
    ]);
    supervisor.start();
    await settle();
    clock.advance(10_000);
    await line("good").write(frame);
    await settle();
    expect([said("bad"), said("good")]).toEqual([["null>offline"], ["null>online"]]);
    await supervisor.stop();
  });

  it("stops within a second even when a session ignores the abort, and frees its port", async () => {
    const deaf = driver(() => ({ run: () => new Promise<void>(() => undefined) }));
    const { supervisor, clock, line } = bench([deviceOf("deaf", { driver: deaf }), deviceOf("good")]);
    supervisor.start();
    await settle();
    let stoppedAtMs: number | undefined;
    const stopped = supervisor.stop().then(() => {
      stoppedAtMs = clock.nowMs();
    });
    for (let step = 0; step < 10; step++) {
      await settle();
      clock.advance(100);
    }
    await stopped;
    expect(stoppedAtMs).toBeLessThanOrEqual(1_000);
    // The other end sees that the port was closed.
    expect(await line("deaf").read()).toBeUndefined();
    expect(await line("good").read()).toBeUndefined();
  });
});

describe("the retry schedule", () => {
  const limits = { baseMs: 250, capMs: 5_000, steadyAfterMs: 10_000 };

  it("grows to its cap, with full jitter", () => {
    const longest = new RetrySchedule(limits, () => 0.999_999);
    expect([1, 2, 3, 4, 5, 6, 7].map(() => longest.next(0))).toEqual([500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000]);
    const shortest = new RetrySchedule(limits, () => 0);
    expect([1, 2, 3].map(() => shortest.next(0))).toEqual([50, 50, 50]);
  });

  it("begins again after a connection that served well, not after one that was only accepted", () => {
    const schedule = new RetrySchedule(limits, () => 0.999_999);
    for (let failure = 0; failure < 6; failure++) schedule.next(100);
    expect(schedule.next(9_999)).toBe(5_000);
    expect(schedule.next(10_000)).toBe(500);
  });
});

describe("a supervisor that is told anew what to do", () => {
  it("restarts one device and leaves the others alone", async () => {
    const { supervisor, line, openings, said } = bench([deviceOf("a"), deviceOf("b")]);
    supervisor.start();
    await settle();
    await line("a").write(Uint8Array.of(1));
    await line("b").write(Uint8Array.of(1));
    await settle();
    expect(await supervisor.restart("a")).toBe(true);
    await settle();
    expect(openings()).toBe(3);
    await line("a").write(Uint8Array.of(1));
    await settle();
    expect(said("a")).toEqual(["null>online", "null>online"]);
    expect(said("b")).toEqual(["null>online"]);
    expect(await supervisor.restart("c")).toBe(false);
    await supervisor.stop();
  });

  it("runs with other devices: what is the same goes on, what is gone ends, what is different begins anew", async () => {
    const [a, b] = [deviceOf("a"), deviceOf("b")];
    const { supervisor, openings } = bench([a, b]);
    supervisor.start();
    await settle();
    await supervisor.reconfigure([{ ...a }, deviceOf("c")]);
    await settle();
    expect(openings()).toBe(3);
    expect(supervisor.status().map(({ id }) => id)).toEqual(["a", "c"]);
    await supervisor.reconfigure([{ ...a, silentAfterMs: 1_000 }]);
    await settle();
    expect(openings()).toBe(4);
    expect(supervisor.deviceOf("a")?.silentAfterMs).toBe(1_000);
    await supervisor.stop();
    await supervisor.reconfigure([b]);
    expect(openings()).toBe(4);
  });
});
