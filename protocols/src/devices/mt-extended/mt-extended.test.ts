import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeCodec } from "../../../test/codec-contract.ts";
import { picturedText, saidReading, weightText } from "../../../test/weights.ts";
import { mtExtended } from "./codec.ts";
import { encodeExtendedFrame } from "./encode.ts";

const sumFits = (frame: Uint8Array): boolean => {
  const form = /^␁.[\x20-\x3f\x60-\x7f]{4}[\x20-\x7f]{17}␍.?$/.test(picturedText(frame));
  if (frame.length === 24 || (frame.length === 25 && ((frame.at(-1) ?? 0) & 0x7f) === 0x0a)) return form;
  let sum = 0;
  for (const byte of frame) sum += byte;
  return form && frame.length === 25 && sum % 128 === 0;
};

describeCodec(mtExtended, {
  confirms: sumFits,
  vitalByte: 0,
  spec: fc.record({
    value: weightText(7, 4),
    tare: fc.option(weightText(6, 3).map((value) => value.replace("-", ""))),
    unit: fc.constantFrom("lb", "kg", "g", "t", "oz"),
    net: fc.boolean(),
    state: fc.constantFrom("normal", "motion", "over", "under", "not-zeroed", "invalid"),
    checksum: fc.boolean(),
  }),
  encode: encodeExtendedFrame,
  meaning: ({ value, tare, unit, net, state }) => [
    saidReading({
      value: ["over", "under", "invalid"].includes(state) ? null : value,
      tare,
      unit,
      mode: net ? "net" : "gross",
      stable: state === "motion" ? "reported-unstable" : "reported-stable",
      overload: state === "over",
      underload: state === "under",
      states: state === "invalid" ? ["fault"] : state === "motion" || state === "not-zeroed" ? [state] : [],
    }),
  ],
});

describe("mt-extended on a line", () => {
  it("refuses a frame without its checksum once the line is known to have one", () => {
    const frame = encodeExtendedFrame({
      value: "1.250",
      tare: null,
      unit: "kg",
      net: false,
      state: "normal",
      checksum: true,
    });
    const decoder = mtExtended.createDecoder();
    const events = [frame, frame.subarray(0, 24), frame].flatMap((bytes) => decoder.push(bytes));
    expect(events.map(({ event }) => event)).toEqual(["reading", "discarded", "reading"]);
  });
});
