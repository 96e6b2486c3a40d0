import { toHex } from "@mingcheng/protocols";
import { deviceCodecOf } from "@mingcheng/protocols/devices";
import { describe, expect, it } from "vitest";
import { createManualClock } from "../clock.ts";
import { createMemoryOracle } from "../oracle.ts";
import { createRandom } from "../random.ts";
import { deaf, type LineListener, type SimLine } from "../transports/sim-line.ts";
import type { ScaleSimulator, TesterSimulator } from "./define-simulator.ts";
import { simulatorOf } from "./index.ts";
import type { TesterResult } from "./tester.ts";

/** A line whose other end is the test. */
const createLine = () => {
  const sent: Uint8Array[] = [];
  let listener: LineListener = deaf;
  let connection = 0;
  let connections = 0;
  const line: SimLine = {
    address: "memory",
    connection: () => connection,
    send: (bytes) => {
      if (connection === 0) return false;
      sent.push(bytes);
      return true;
    },
    listen: (next) => {
      listener = next;
    },
    drop: () => {},
    close: async () => {},
  };
  const up = () => {
    connections++;
    connection = connections;
    listener.up();
  };
  const down = () => {
    connection = 0;
    listener.down();
  };
  return { line, sent, up, down, answer: (...bytes: number[]) => listener.bytes(Uint8Array.from(bytes)) };
};

const startScale = (kind: string, settings: Readonly<Record<string, unknown>> = {}) => {
  const simulator = simulatorOf(kind) as ScaleSimulator;
  const clock = createManualClock();
  const oracle = createMemoryOracle(() => clock.nowMs());
  const wire = createLine();
  const parts = { id: "s1", line: wire.line, clock, oracle, random: createRandom(1), rateHz: 10 };
  const scale = simulator.start(simulator.settingsSchema.parse(settings), parts);
  const loads = () => oracle.entries.flatMap((entry) => (entry.event === "load" ? [entry] : []));
  const stop = async () => {
    const stopped = scale.stop();
    await clock.advance(0);
    await stopped;
  };
  return { scale, clock, oracle, loads, stop, ...wire };
};

const step = { value: "1.250", rampMs: 500, holdMs: 1500, restMs: 1000 };

describe.each(["mt-continuous", "yaohua-a9"])("simulated scale %s", (kind) => {
  it("sends what its codec reads, the standing weight only while it stands, and knows that it was heard", async () => {
    const { scale, clock, loads, sent, up, stop } = startScale(kind, { places: 3 });
    up();
    await clock.advance(1000);
    const weighed = scale.weigh(step);
    await clock.advance(3000);
    await weighed;
    const decoder = deviceCodecOf(kind).createDecoder();
    const events = [...sent.flatMap((bytes) => decoder.push(bytes)), ...decoder.end()];
    const values = events.map((event) => (event.event === "reading" ? event.value : event.event));
    expect(events.every(({ event }) => event === "reading")).toBe(true);
    const standing = values.map((value, index) => (value === "1.250" ? index : -1)).filter((index) => index >= 0);
    expect(standing.length).toBeGreaterThanOrEqual(14);
    expect((standing.at(-1) ?? 0) - (standing[0] ?? 0)).toBe(standing.length - 1);
    expect(loads()).toMatchObject([{ value: "1.250", heard: true, damagedFrames: 0 }]);
    await stop();
  });

  it("promises nothing when nobody, or not always the same connection, listened", async () => {
    const { scale, clock, loads, up, down, stop } = startScale(kind, { places: 3 });
    const alone = scale.weigh(step);
    await clock.advance(3000);
    await alone;
    up();
    await clock.advance(1000);
    const interrupted = scale.weigh(step);
    await clock.advance(1000);
    down();
    up();
    await clock.advance(2000);
    await interrupted;
    expect(loads().map(({ heard }) => heard)).toEqual([false, false]);
    await stop();
  });

  it("cannot show what its display cannot", async () => {
    const { scale, stop } = startScale(kind, { places: 2, increment: 5 });
    for (const value of ["1.234", "1.23", "heavy"]) {
      await expect(scale.weigh({ ...step, value })).rejects.toMatchObject({ code: "SIM_VALUE_INVALID" });
    }
    await stop();
  });
});

const result: TesterResult = {
  specimenId: "S-1",
  item: "韭菜",
  assay: "OP",
  value: "62.3",
  unit: "%",
  flags: "A",
  completedAt: "20240517093015",
};
const [ack, nak, enq, eot] = [0x06, 0x15, 0x05, 0x04];

const startTester = (settings: Readonly<Record<string, unknown>> = {}) => {
  const simulator = simulatorOf("lis") as TesterSimulator;
  const clock = createManualClock();
  const oracle = createMemoryOracle(() => clock.nowMs());
  const wire = createLine();
  const parts = { id: "t1", line: wire.line, clock, oracle };
  const tester = simulator.start(simulator.settingsSchema.parse(settings), parts);
  wire.up();
  tester.report([result]);
  /** Lets the tester speak, then answers. */
  const reply = async (...bytes: number[]) => {
    await clock.advance(0);
    wire.answer(...bytes);
    await clock.advance(0);
  };
  const events = () => oracle.entries.map(({ event }) => event).filter((event) => event !== "line-up");
  const stop = async () => {
    const stopped = tester.stop();
    await clock.advance(0);
    await stopped;
  };
  return { tester, clock, oracle, reply, events, stop, ...wire };
};

describe("simulated tester", () => {
  it("sends a frame again when it is refused, says a result once, and ends when everything is acknowledged", async () => {
    const { tester, clock, reply, events, sent, stop } = startTester();
    for (const answer of [ack, ack, ack, ack, nak]) await reply(answer);
    await clock.advance(200);
    expect(toHex(sent.at(-1) ?? new Uint8Array(0))).toBe(toHex(sent.at(-2) ?? new Uint8Array(0)));
    for (const answer of [ack, ack]) await reply(answer);
    await tester.drained();
    expect(events()).toEqual(["result-said", "result-acknowledged", "message-complete"]);
    expect([sent[0]?.[0], sent.at(-1)?.[0]]).toEqual([enq, eot]);
    await stop();
  });

  it("gives a message up after six refusals, and sends it again whole", async () => {
    const { clock, reply, events, sent, stop } = startTester({ messageRetryDelayMs: 1000 });
    await reply(ack);
    for (let refusals = 0; refusals < 6; refusals++) {
      await reply(nak);
      await clock.advance(100);
    }
    expect(sent.at(-1)?.[0]).toBe(eot);
    expect(events()).toEqual(["message-aborted"]);
    await clock.advance(1000);
    expect(sent.at(-1)?.[0]).toBe(enq);
    await stop();
  });

  it("waits when the receiver is busy, gives way for a second when both offer, and gives up when nobody answers", async () => {
    const { clock, reply, events, sent, stop } = startTester();
    await reply(nak);
    await clock.advance(9_999);
    expect(sent).toHaveLength(1);
    await clock.advance(1);
    expect(sent).toHaveLength(2);
    await reply(enq);
    await clock.advance(1000);
    expect(sent).toHaveLength(3);
    await clock.advance(15_000);
    expect(events()).toEqual(["message-aborted"]);
    await stop();
  });

  it("keeps the message when the line breaks, and offers it on the next connection", async () => {
    const { tester, reply, down, up, clock, sent, stop } = startTester();
    await reply(ack);
    down();
    await clock.advance(0);
    expect(tester.queued()).toBe(1);
    up();
    await clock.advance(0);
    expect(sent.at(-1)?.[0]).toBe(enq);
    await stop();
  });

  it("takes EOT in the place of ACK as an acknowledgement and stops", async () => {
    const { reply, events, stop } = startTester();
    for (const answer of [ack, ack, ack, ack, eot]) await reply(answer);
    expect(events()).toEqual(["result-said", "result-acknowledged", "message-aborted"]);
    await stop();
  });
});
