import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeCodec } from "../../../test/codec-contract.ts";
import { plainText, saidReading, weightText } from "../../../test/weights.ts";
import { yaohuaEq, yaohuaEqOf } from "./codec.ts";
import { encodeEqFrame } from "./encode.ts";

describeCodec(yaohuaEq, {
  confirms: (frame) => /^=[-.\d]{8}(;[^=]*)?\r?\n?$/.test(plainText(frame)),
  vitalByte: 0,
  spec: fc.record({
    value: weightText(6, 3).filter((value) => value.includes(".")),
    reversed: fc.boolean(),
    lineEnd: fc.constantFrom("" as const, "\r\n" as const),
  }),
  encode: encodeEqFrame,
  meaning: ({ value }) => [saidReading({ value })],
});

describe("yaohua-eq", () => {
  const valuesIn = (order: Parameters<typeof yaohuaEqOf>[0], text: string): (string | null)[] => {
    const decoder = yaohuaEqOf(order).createDecoder();
    const bytes = Uint8Array.from(text, (char) => char.charCodeAt(0));
    return [...decoder.push(bytes), ...decoder.end()].flatMap((event) =>
      event.event === "reading" ? [event.value] : [],
    );
  };

  it("says nothing when a frame without a point does not tell its order, and believes the configuration", () => {
    expect(valuesIn("auto", "=00003000")).toEqual([]);
    expect(valuesIn("in-order", "=00003000")).toEqual(["3000"]);
    expect(valuesIn("reversed", "=00030000")).toEqual(["3000"]);
  });

  it("refuses a frame that contradicts the configured order", () => {
    expect(valuesIn("in-order", "=00.1000-")).toEqual([]);
    expect(valuesIn("reversed", "=-0001.00")).toEqual([]);
  });
});
