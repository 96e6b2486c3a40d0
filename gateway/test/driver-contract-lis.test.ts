import { encodeLisFrame } from "@mingcheng/protocols/devices";
import { describe, expect, it } from "vitest";
import type { ResultEntry } from "../../device-sims/src/oracle.ts";
import type { CaptureDraft } from "../src/drivers/define-driver.ts";
import { lisDriver } from "../src/drivers/lis.ts";
import { type Bench, createBench, type SimulatedDevice, type Store, simulate } from "./driver-contract-bench.ts";

const ack = 0x06;
const nak = 0x15;

/** A tester that does not wait long, on a bench, with its line up. */
const startTester = (settings: Readonly<Record<string, unknown>> = {}, before: readonly CaptureDraft[] = []) => {
  const bench = createBench(lisDriver, { before });
  const device = simulate(lisDriver, bench, {
    replyTimeoutMs: 2000,
    messageRetryDelayMs: 500,
    busyDelayMs: 500,
    ...settings,
  });
  const connection = bench.connect();
  device.plug(connection);
  return { bench, device, connection };
};

const results = (device: SimulatedDevice, event: ResultEntry["event"]): ResultEntry[] =>
  device.oracle.filter((entry): entry is ResultEntry => entry.event === event);

const resends = (bench: Bench): unknown[] => bench.stored.map(({ body }) => body["resendOf"]);

/** Watches what the tester was told and what is on disk: results acknowledged before they were stored. */
const watchAcknowledgements = (bench: Bench, device: SimulatedDevice) => {
  let violations = 0;
  const hears = device.hears;
  device.hears = (bytes) => {
    const passed = hears(bytes);
    // What this answer acknowledges is in the oracle only after the tester heard it.
    queueMicrotask(() => {
      if (results(device, "result-acknowledged").length > bench.stored.length) violations++;
    });
    return passed;
  };
  return { violations: () => violations };
};

/** A disk that needs 300 ms for each record. */
const slowDisk =
  (bench: Bench): Store =>
  async (draft) => {
    await bench.clock.sleep(300);
    bench.stored.push(draft);
  };

describe("acknowledgement of results", () => {
  it("goes out only after the record is on disk", async () => {
    const { bench, device } = startTester();
    const watch = watchAcknowledgements(bench, device);
    bench.storeWith(slowDisk(bench));
    for (let number = 1; number <= 3; number++) await device.perform(number);
    expect(results(device, "result-acknowledged")).toHaveLength(3);
    expect(watch.violations()).toBe(0);
    await device.stop();
  });

  it("would be noticed if it went out before", async () => {
    const { bench, device } = startTester();
    const watch = watchAcknowledgements(bench, device);
    const store = slowDisk(bench);
    bench.storeWith(async (draft) => void store(draft));
    await device.perform();
    expect(watch.violations()).toBeGreaterThan(0);
    await device.stop();
  });

  it("is refused while the record cannot be stored, and the result is stored once when it can", async () => {
    const { bench, device } = startTester();
    let failures = 2;
    bench.storeWith(async (draft) => {
      if (failures-- > 0) throw new Error("disk full");
      bench.stored.push(draft);
    });
    await device.perform();
    expect(bench.written.filter((byte) => byte === nak)).toHaveLength(2);
    expect(resends(bench)).toEqual([null]);
    expect([bench.count("capture_failures"), bench.count("naks", "not-stored")]).toEqual([2, 2]);
    expect(results(device, "result-acknowledged")).toHaveLength(1);
    await device.stop();
  });

  it("stores of a frame with several results only what is not on disk yet when it comes again", async () => {
    const bench = createBench(lisDriver);
    const connection = bench.connect();
    const records = ["H|\\^&|||X", "O|1|S-1", "R|1|^^^A|1|%", "R|2|^^^B|2|%", "R|3|^^^C|3|%", "L|1|N"];
    const frame = encodeLisFrame({ frameNo: 1, text: `${records.join("\r")}\r`, final: true });
    bench.storeWith(async (draft) => {
      if (draft.body["value"] === "2" && bench.count("capture_failures") === 0) throw new Error("disk full");
      bench.stored.push(draft);
    });
    await connection.device.write(Uint8Array.of(0x05));
    await connection.device.write(frame);
    await bench.clock.advance(500);
    await connection.device.write(frame);
    await bench.clock.advance(500);
    expect(bench.written).toEqual([ack, nak, ack]);
    expect(bench.stored.map(({ body }) => String(body["value"])).sort()).toEqual(["1", "2", "3"]);
    connection.abort();
  });
});

describe("results that are sent again", () => {
  it("are stored once when the same transfer repeats a frame because an ACK was lost", async () => {
    const bench = createBench(lisDriver);
    const { device, abort } = bench.connect();
    const header = encodeLisFrame({ frameNo: 1, text: "H|\\^&|||X\r", final: true });
    const result = encodeLisFrame({ frameNo: 2, text: "R|1|^^^A|1|%\r", final: true });
    for (const bytes of [Uint8Array.of(0x05), header, result, result]) {
      await device.write(bytes);
      await bench.clock.advance(200);
    }
    expect(bench.written).toEqual([ack, ack, ack, ack]);
    expect(bench.stored).toHaveLength(1);
    abort();
  });

  it("are stored again and marked when the acknowledgement was lost and the message comes again", async () => {
    const { bench, device } = startTester();
    let lost = false;
    device.hears = () => {
      // The ACK of the frame with the result: the first after it was said.
      if (lost || results(device, "result-said").length === 0) return true;
      lost = true;
      return false;
    };
    await device.perform();
    await bench.clock.advance(20_000);
    expect(lost).toBe(true);
    expect(resends(bench)).toEqual([null, expect.stringMatching(/^[0-9a-f]{32}$/)]);
    expect(results(device, "result-acknowledged")).toHaveLength(1);
    expect(bench.count("resends")).toBe(1);
    await device.stop();
  });

  it("are marked after a restart of the gateway, too", async () => {
    const first = startTester();
    first.device.hears = () => results(first.device, "result-said").length === 0;
    await first.device.perform();
    expect(resends(first.bench)).toEqual([null]);
    await first.device.stop();
    const second = startTester({}, first.bench.stored);
    await second.device.perform();
    expect(resends(second.bench)).toEqual([null, expect.stringMatching(/^[0-9a-f]{32}$/)]);
    await second.device.stop();
  });

  it("are two results when the instrument measured twice", async () => {
    const { bench, device } = startTester();
    await device.perform(1);
    await device.perform(2);
    expect(resends(bench)).toEqual([null, null]);
    await device.stop();
  });
});

describe("a transfer", () => {
  it("is refused from the middle, so that the instrument starts over with its header", async () => {
    const bench = createBench(lisDriver);
    const { device, abort } = bench.connect();
    await device.write(encodeLisFrame({ frameNo: 3, text: "R|1|^^^A|1|%\r", final: true }));
    await bench.clock.advance(500);
    expect([bench.written, bench.stored.length]).toEqual([[nak], 0]);
    expect(bench.count("naks", "no-transfer")).toBe(1);
    abort();
  });

  it("is given up when the instrument falls silent, and the next ENQ is welcome", async () => {
    const bench = createBench(lisDriver);
    const { device, abort } = bench.connect();
    await device.write(Uint8Array.of(0x05));
    await bench.clock.advance(20_000);
    await device.write(Uint8Array.of(0x05));
    await bench.clock.advance(20_000);
    await device.write(Uint8Array.of(0x05));
    await bench.clock.advance(100);
    // Busy 20 s after the first; 40 s after it, the first transfer was given up.
    expect(bench.written).toEqual([ack, nak, ack]);
    abort();
  });

  it("survives damage: what is refused comes again, what is cut off is awaited", async () => {
    const { bench, device } = startTester();
    let pieces = 0;
    const sendDamaged = (bytes: Uint8Array): boolean => {
      pieces++;
      if (pieces % 3 === 0 && bytes.length > 5) bytes[3] = (bytes[3] ?? 0) ^ 0x01;
      return true;
    };
    device.passes = sendDamaged;
    for (let number = 1; number <= 5; number++) await device.perform(number);
    device.passes = () => true;
    await bench.clock.advance(60_000);
    const specimens = new Set(bench.stored.map(({ body }) => String(body["specimenId"])));
    expect([...specimens].sort()).toEqual(["S-1", "S-2", "S-3", "S-4", "S-5"]);
    expect(bench.stored.filter(({ body }) => body["resendOf"] === null)).toHaveLength(5);
    expect(bench.count("naks", "bad-checksum")).toBeGreaterThan(0);
    await device.stop();
  });

  it.each([
    ["GeneXpert-like delimiters", { delimiters: { field: "|", repeat: "@", component: "^", escape: "\\" } }],
    ["ETB after whole records", { framing: "etb", lineEnd: "lf" }],
    ["the whole message in one frame", { framing: "message", lineEnd: "cr" }],
    ["records split over frames", { maxTextChars: 8 }],
    ["checksums in lower case", { lowerCaseChecksum: true }],
  ])("is understood with %s", async (_name, settings) => {
    const { bench, device } = startTester(settings);
    await device.perform();
    await bench.clock.advance(20_000);
    expect(bench.stored.map(({ body }) => [body["specimenId"], body["item"], body["value"], body["verdict"]])).toEqual([
      ["S-1", "韭菜", "62.3", "positive"],
    ]);
    expect(results(device, "result-acknowledged")).toHaveLength(1);
    await device.stop();
  });

  it("leaves people out of the record", async () => {
    const { bench, device } = startTester({ operatorName: "王小明" });
    await device.perform();
    const [draft] = bench.stored;
    expect(JSON.stringify(draft?.body)).not.toContain("王小明");
    expect(new TextDecoder().decode(draft?.raw)).not.toContain("王小明");
    await device.stop();
  });
});
