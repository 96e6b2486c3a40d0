import fc from "fast-check";
import { describeCodec } from "../../../test/codec-contract.ts";
import { saidReading, weightText } from "../../../test/weights.ts";
import { jcsB } from "./codec.ts";
import { encodeJcsBFrame } from "./encode.ts";

const hasForm = ([start, flags = 0, ...rest]: Uint8Array): boolean =>
  start === 0xff &&
  (flags & 7) <= 5 &&
  rest.length === 4 &&
  rest.slice(0, 3).every((byte) => /^\d{1,2}$/.test(byte.toString(16))) &&
  (rest[3] ?? 9) <= 1;

describeCodec(jcsB, {
  confirms: hasForm,
  vitalByte: 0,
  spec: fc.record({
    value: weightText(6, 5),
    unit: fc.constantFrom("kg", "lb"),
    stable: fc.boolean(),
    overflow: fc.boolean(),
  }),
  encode: encodeJcsBFrame,
  meaning: ({ value, unit, stable, overflow }) => [
    saidReading({
      value: overflow ? null : value,
      unit,
      stable: stable ? "reported-stable" : "reported-unstable",
      states: stable ? [] : ["motion"],
      overload: overflow && !value.startsWith("-"),
      underload: overflow && value.startsWith("-"),
    }),
  ],
});
