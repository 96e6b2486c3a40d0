import fc from "fast-check";
import { describeCodec } from "../../../test/codec-contract.ts";
import { plainText, saidReading, weightText } from "../../../test/weights.ts";
import { aAndD } from "./codec.ts";
import { encodeAndLine } from "./encode.ts";

describeCodec(aAndD, {
  confirms: (frame) => /^(ST|QT|US|OL),((LO|OK|HI|--),)?[+-].*[\r\n]$/s.test(plainText(frame)),
  spec: fc.record(
    {
      value: weightText(7, 4),
      unit: fc.constantFrom("kg", "g", "lb", "oz"),
      header: fc.constantFrom("ST", "US", "OL"),
      comparator: fc.constantFrom("LO", "OK", "HI", "--"),
    },
    { requiredKeys: ["value", "unit", "header"] },
  ),
  encode: encodeAndLine,
  meaning: ({ value, unit, header }) => [
    header === "OL"
      ? saidReading({ unit, overload: !value.startsWith("-"), underload: value.startsWith("-") })
      : saidReading({
          value,
          unit,
          stable: header === "US" ? "reported-unstable" : "reported-stable",
          states: header === "US" ? ["motion"] : [],
        }),
  ],
});
