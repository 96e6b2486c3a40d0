import fc from "fast-check";
import { describeCodec } from "../../../test/codec-contract.ts";
import { plainText, saidReading, weightText } from "../../../test/weights.ts";
import { ohaus } from "./codec.ts";
import { encodeOhausLine } from "./encode.ts";

const modes = { G: "gross", N: "net", T: "tare" } as const;

describeCodec(ohaus, {
  confirms: (frame) => /^ *[+-]?[ \d.]+ +[A-Za-z%][A-Za-z:]{0,4}[ ?A-Za-z]*[\r\n]+$/.test(plainText(frame)),
  vitalByte: 0,
  spec: fc.record({
    value: weightText(6, 4),
    unit: fc.constantFrom("kg", "g", "lb", "oz"),
    stable: fc.boolean(),
    legend: fc.constantFrom("G", "N", "T"),
  }),
  encode: encodeOhausLine,
  meaning: ({ value, unit, stable, legend }) => [
    saidReading({
      value,
      unit,
      mode: modes[legend],
      stable: stable ? "reported-stable" : "reported-unstable",
      states: stable ? [] : ["motion"],
    }),
  ],
});
