import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeCodec } from "../../../test/codec-contract.ts";
import { concat, fromHex, toHex } from "../../bytes/bytes.ts";
import type { DeviceEvent } from "../device-event.ts";
import { dy6200 } from "./codec.ts";
import { type Dy6200RecordSpec, encodeDy6200End, encodeDy6200Record } from "./encode.ts";
import { dy6200Identify, dy6200ReadAll } from "./frame.ts";

/** No checksum: 13 bytes behind 6A, a verdict from 1 to 4 and a time that reads as decimal digits. */
const formFits = (frame: Uint8Array): boolean => {
  const text = toHex(frame);
  const time = /^6a.{10}0[1-4](\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text)?.slice(1).map(Number) ?? [];
  const [year = 100, month = 13, day = 32, hour = 24, minute = 60, second = 60] = time;
  return year < 100 && month > 0 && month < 13 && day > 0 && day < 32 && hour < 24 && minute < 60 && second < 60;
};

const names = ["", "酚酞", "亚硝酸盐", "硝酸盐", "余氯", "蛋白质", "人血白蛋白", "过氧化物", "8"];
const spec = fc.record({
  number: fc.nat({ max: 0xffff }),
  hundredths: fc.nat({ max: 0xffff }),
  item: fc.integer({ min: 1, max: 8 }),
  verdict: fc.integer({ min: 1, max: 4 }),
});

describeCodec(dy6200, {
  confirms: formFits,
  vitalByte: 0,
  spec,
  encode: (said) => encodeDy6200Record({ ...said, at: [24, 12, 31, 23, 59, 58] }),
  meaning: ({ number, hundredths, item, verdict }) => [
    {
      event: "result",
      sample: null,
      number: String(number),
      assay: names[item],
      value: `${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, "0")}`,
      unit: null,
      instrumentVerdict: ["", "negative", "positive", "suspect", "invalid"][verdict],
      at: "2024-12-31T23:59:58",
    },
  ],
});

const decode = (...pieces: readonly Uint8Array[]): DeviceEvent[] => {
  const decoder = dy6200.createDecoder();
  return [...pieces.flatMap((piece) => decoder.push(piece)), ...decoder.end()];
};
const example: Dy6200RecordSpec = { number: 1, hundredths: 312, item: 2, verdict: 1, at: [24, 5, 17, 9, 30, 15] };

describe("dy-6200 traps", () => {
  it("reads the time as BCD: 24 is the byte 24h", () => {
    expect(toHex(encodeDy6200Record(example).subarray(7))).toBe("240517093015");
    expect(decode(encodeDy6200Record(example))).toMatchObject([{ at: "2024-05-17T09:30:15" }]);
  });

  it.each(["24 0a 17", "24 13 17", "24 05 32"])("believes no record of the day %s", (day) => {
    const damaged = concat(encodeDy6200Record(example));
    damaged.set(fromHex(day.replaceAll(" ", "")) ?? new Uint8Array(0), 7);
    expect(decode(damaged).filter(({ event }) => event === "result")).toEqual([]);
  });

  it("frames by length: 6A and 99 may stand in a record", () => {
    const tricky = encodeDy6200Record({ ...example, number: 0x6a99, hundredths: 0x996a });
    expect(decode(tricky, encodeDy6200End()).map(({ event }) => event)).toEqual(["result", "reply"]);
  });

  it("tells a record whose number looks like a question from a question", () => {
    const record = encodeDy6200Record({ ...example, number: 0xa55a, hundredths: 0x69 });
    expect(decode(record)).toMatchObject([{ event: "result", number: "42330" }]);
    expect(decode(dy6200Identify(), encodeDy6200End()).map(({ event }) => event)).toEqual(["request", "reply"]);
  });

  it("never says out of range as a pass", () => {
    expect(decode(encodeDy6200Record({ ...example, verdict: 4 }))).toMatchObject([{ instrumentVerdict: "invalid" }]);
  });

  it("has no question that erases the memory", () => {
    expect([dy6200Identify(), dy6200ReadAll()].map(toHex)).toEqual(["6a5aa569", "6a5ba469"]);
    const sources = ["frame.ts", "codec.ts", "encode.ts"].map((file) =>
      readFileSync(new URL(`./${file}`, import.meta.url), "utf8"),
    );
    expect(sources.join("\n")).not.toMatch(/0x5d|0xa2/i);
    expect(decode(fromHex("6a5da269") ?? new Uint8Array(0))).toMatchObject([{ event: "request", meaning: "erase" }]);
  });
});
