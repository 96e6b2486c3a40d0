import pino from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AwaitedReceipt, DeliveryReceipt } from "../channel.ts";
import { type Asked, ReceiptPolling } from "./receipt-polling.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

let nowMs: number;
let timers: { task: () => void; atMs: number }[];
let asked: { receiptId: string; atMs: number }[];
let answers: Map<string, Asked>;
let received: DeliveryReceipt[];
let storeFails: boolean;
let polling: ReceiptPolling;
let warnings: number;

const receiptOf = (receiptId: string): DeliveryReceipt => ({
  receiptId,
  state: "delivered",
  outcome: "ok",
  atMs: nowMs,
});
const awaited = (receiptId: string): AwaitedReceipt => ({ receiptId, phone: "13900001234", sentMs: nowMs });
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Lets time pass, timer by timer. */
const pass = async (ms: number): Promise<void> => {
  const untilMs = nowMs + ms;
  for (;;) {
    const next = timers.toSorted((a, b) => a.atMs - b.atMs)[0];
    if (next === undefined || next.atMs > untilMs) break;
    timers = timers.filter((timer) => timer !== next);
    nowMs = Math.max(nowMs, next.atMs);
    next.task();
    await settle();
  }
  nowMs = untilMs;
};

beforeEach(() => {
  nowMs = Date.parse("2026-11-25T06:00:00Z");
  timers = [];
  asked = [];
  answers = new Map();
  received = [];
  storeFails = false;
  warnings = 0;
  polling = new ReceiptPolling({
    channel: "aliyun",
    firstMs: 10_000,
    ports: {
      log: pino({ level: "warn" }, { write: () => void warnings++ }),
      nowMs: () => nowMs,
      later: (task, afterMs) => {
        const timer = { task, atMs: nowMs + afterMs };
        timers.push(timer);
        return () => {
          timers = timers.filter((other) => other !== timer);
        };
      },
    },
    ask: ({ receiptId }) => {
      asked.push({ receiptId, atMs: nowMs });
      return Promise.resolve(answers.get(receiptId) ?? "pending");
    },
  });
});

afterEach(() => polling.close());

const inbound = {
  onReceipt: (receipt: DeliveryReceipt): void => {
    if (storeFails) throw new Error("SQLITE_FULL");
    received.push(receipt);
  },
  onReply: (): void => undefined,
};

describe("asking for receipts", () => {
  it("asks soon, then rarer and rarer, for a day, and hands a receipt over once", async () => {
    polling.listen(inbound);
    polling.add(awaited("a"));
    polling.add(awaited("a"));
    await pass(hour);
    expect(asked).toHaveLength(10);
    expect(asked.slice(0, 4).map(({ atMs }, index) => atMs - (asked[index - 1]?.atMs ?? atMs - 10_000))).toEqual([
      10_000, 20_000, 40_000, 80_000,
    ]);
    answers.set("a", receiptOf("a"));
    await pass(hour);
    expect(received).toMatchObject([{ receiptId: "a" }]);
    const before = asked.length;
    await pass(day);
    expect(asked).toHaveLength(before);
    expect(timers).toEqual([]);
  });

  it("gives up after a day, after a bounded number of questions", async () => {
    polling.listen(inbound);
    polling.add(awaited("a"));
    await pass(2 * day);
    expect(asked.length).toBeLessThan(160);
    expect(asked.at(-1)?.atMs).toBeLessThanOrEqual(nowMs - day + 10 * minute);
    expect(received).toEqual([]);
    expect(timers).toEqual([]);
  });

  it("asks a provider that is down once a minute, not once for each message", async () => {
    for (let index = 0; index < 500; index++) {
      polling.add(awaited(`m${index}`));
      answers.set(`m${index}`, { unavailable: "timeout" });
    }
    expect(timers).toEqual([]);
    polling.listen(inbound);
    await pass(hour);
    expect(asked.length).toBeLessThanOrEqual(61);
    for (let index = 0; index < 500; index++) answers.set(`m${index}`, receiptOf(`m${index}`));
    await pass(2 * minute);
    expect(new Set(received.map(({ receiptId }) => receiptId)).size).toBe(500);
    expect(received).toHaveLength(500);
  });

  it("is not held up by one message that the provider cannot be asked about", async () => {
    polling.listen(inbound);
    polling.add(awaited("bad"));
    polling.add(awaited("good"));
    answers.set("bad", { unavailable: "isv.NEW" });
    answers.set("good", receiptOf("good"));
    await pass(5 * minute);
    expect(received).toMatchObject([{ receiptId: "good" }]);
    expect(warnings).toBe(2);
    await pass(2 * day);
    expect(warnings).toBe(2);
    expect(timers).toEqual([]);
  });

  it("offers what could not be stored again, without asking again", async () => {
    polling.listen(inbound);
    answers.set("a", receiptOf("a"));
    polling.add(awaited("a"));
    storeFails = true;
    await pass(5 * minute);
    expect(received).toEqual([]);
    storeFails = false;
    await pass(15 * minute);
    expect(received).toHaveLength(1);
    expect(asked).toHaveLength(1);
  });

  it("holds a bounded number of messages", async () => {
    polling.listen(inbound);
    for (let index = 0; index < 10_001; index++) polling.add(awaited(`m${index}`));
    answers.set("m0", receiptOf("m0"));
    answers.set("m10000", receiptOf("m10000"));
    await pass(11_000);
    expect(received.map(({ receiptId }) => receiptId)).toEqual(["m10000"]);
  });

  it("stops when it is closed", async () => {
    polling.listen(inbound);
    polling.add(awaited("a"));
    await polling.close();
    await pass(hour);
    expect(asked).toEqual([]);
  });
});
