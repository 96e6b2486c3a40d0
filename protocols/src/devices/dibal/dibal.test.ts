import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeCodec } from "../../../test/codec-contract.ts";
import { saidReading } from "../../../test/weights.ts";
import { dibal } from "./codec.ts";
import { encodeDibalReply } from "./encode.ts";

const signsOf = (xor: number): string[] => [
  String.fromCharCode(0x30 + xor),
  ...(xor > 9 ? [xor.toString(16).toUpperCase(), String(xor % 10)] : []),
];

const xorFits = (frame: Uint8Array): boolean => {
  const text = String.fromCharCode(...frame).replace(/[\r\n]+$/, "");
  let xor = 0;
  for (const char of text.slice(0, -1)) xor ^= char.charCodeAt(0) & 0x0f;
  return /^99.[ \d-]{5}\d{6,7}.$/.test(text) && signsOf(xor).includes(text.at(-1) ?? "");
};

describeCodec(dibal, {
  confirms: xorFits,
  spec: fc.record({
    grams: fc.nat({ max: 99_999 }),
    moving: fc.boolean(),
    priceFen: fc.constant(0),
  }),
  encode: encodeDibalReply,
  meaning: ({ grams, moving }) => [
    saidReading({
      value: moving ? null : grams.toString(),
      unit: "g",
      stable: moving ? "reported-unstable" : "reported-stable",
      states: moving ? ["motion"] : [],
    }),
  ],
});

describe("dibal", () => {
  it("takes a line without an end when its check digit fits and no more bytes come", () => {
    const valuesIn = (text: string) => {
      const decoder = dibal.createDecoder();
      const bytes = Uint8Array.from(text, (char) => char.charCodeAt(0));
      return [...decoder.push(bytes), ...decoder.end()].map((event) =>
        event.event === "reading" ? event.value : null,
      );
    };
    expect(valuesIn("9900031600000004")).toEqual(["316"]);
    expect(valuesIn("990003160000000")).not.toContain("316");
  });
});
