import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeCodec } from "../../../test/codec-contract.ts";
import { concat } from "../../bytes/bytes.ts";
import { tyEnd, tyIdentify, tyRead, tyReadNext } from "../command-1b.ts";
import type { DeviceEvent } from "../device-event.ts";
import { ty16 } from "./codec.ts";
import { encodeTyIdentified, encodeTyRecord } from "./encode.ts";

/** There is no checksum: 75 bytes behind 1B or 73 without, with a time that can be. */
const formFits = (frame: Uint8Array): boolean => {
  const record = frame.length === 75 ? frame.subarray(2) : frame;
  const [second = 99, minute = 99, hour = 99, day = 99, month = 99] = record;
  const fields = second < 60 && minute < 60 && hour < 24 && day > 0 && day < 32 && month > 0 && month < 13;
  return record.length === 73 && fields && (record[6] ?? 255) < 100 && (frame.length === 73 || frame[0] === 0x1b);
};

const tenths = fc.option(fc.integer({ min: -500, max: 1000 }), { nil: null });
const spec = fc.record({ values: fc.array(tenths, { minLength: 8, maxLength: 8 }) });
type Spec = typeof spec extends fc.Arbitrary<infer One> ? One : never;
const textOf = (value: number): string => (value % 10 === 0 ? (value / 10).toFixed(0) : (value / 10).toFixed(1));

describeCodec(ty16, {
  confirms: formFits,
  vitalByte: 0,
  spec,
  encode: ({ values }) =>
    encodeTyRecord({
      first: true,
      at: [24, 12, 31, 23, 59, 58],
      values: values.map((value) => (value === null ? null : value / 10)),
    }),
  meaning: ({ values }: Spec) => {
    const results = values.flatMap((value, index) =>
      value === null
        ? []
        : [
            {
              event: "result",
              sample: null,
              channel: String(index + 1),
              assay: "inhibition",
              value: textOf(value),
              unit: "%",
              instrumentVerdict: "none",
              at: "2024-12-31T23:59:58",
            },
          ],
    );
    return results.length > 0 ? results : [{ event: "reply", meaning: "empty", detail: null }];
  },
});

const decode = (...pieces: readonly Uint8Array[]): DeviceEvent[] => {
  const decoder = ty16.createDecoder();
  return [...pieces.flatMap((piece) => decoder.push(piece)), ...decoder.end()];
};
const none = Array<null>(7).fill(null);
const run = (first: boolean, second: number, value = 52.3): Uint8Array =>
  encodeTyRecord({ first, at: [24, 5, 17, 9, 30, second], values: [value, ...none] });
const words = (events: readonly DeviceEvent[]): unknown[] =>
  events.map((event) => (event.event === "result" ? event.at : "meaning" in event ? event.meaning : event.event));

describe("ty-16 traps", () => {
  it("tells records without head that begin like a command: 27 s is 1B, 36 s is 24", () => {
    const heard = decode(run(true, 15), run(false, 27), run(false, 36), tyEnd());
    expect(words(heard)).toEqual(["2024-05-17T09:30:15", "2024-05-17T09:30:27", "2024-05-17T09:30:36", "end"]);
  });

  it("follows a conversation with both sides on the line", () => {
    const heard = decode(tyIdentify(), encodeTyIdentified(), tyRead(), run(true, 15), tyReadNext(), tyEnd());
    expect(words(heard)).toEqual(["identify", "identified", "read", "2024-05-17T09:30:15", "read-next", "end"]);
  });

  it("has no record without head where no reading is under way", () => {
    expect(decode(run(false, 15)).every(({ event }) => event === "discarded")).toBe(true);
  });

  it("calls NaN invalid and takes a negative inhibition as it is", () => {
    expect(decode(run(true, 15, Number.NaN))).toMatchObject([{ value: "NaN", instrumentVerdict: "invalid" }]);
    expect(decode(run(true, 15, -3.25))).toMatchObject([{ value: "-3.25", instrumentVerdict: "none" }]);
  });

  it("takes channel 1 from the highest bit of the bitmap", () => {
    const last = encodeTyRecord({ first: true, at: [24, 5, 17, 9, 30, 15], values: [...none, 10] });
    expect(last[9]).toBe(0x01);
    expect(decode(last)).toMatchObject([{ channel: "8", value: "10" }]);
  });

  it.each([
    ["a month 13", 6, 13],
    ["a minute 60", 3, 60],
    ["an impossible float", 15, 0x7f],
  ])("believes no record with %s", (_name, at, byte) => {
    const damaged = concat(run(true, 15));
    damaged[at] = byte;
    expect(decode(damaged).filter(({ event }) => event === "result")).toEqual([]);
  });
});
