import fc from "fast-check";
import { describeCodec } from "../../../test/codec-contract.ts";
import { plainText, saidReading, weightText } from "../../../test/weights.ts";
import { mtSics } from "./codec.ts";
import { encodeSicsReply } from "./encode.ts";

describeCodec(mtSics, {
  confirms: (frame) => /^(S|T)[A-Z\d]{0,3} ([SDA?^v] .*[A-Za-z%].*|[+-] *)[\r\n]+$/.test(plainText(frame)),
  spec: fc.record({
    value: weightText(7, 4),
    unit: fc.constantFrom("kg", "g", "lb", "oz"),
    state: fc.constantFrom("stable", "dynamic", "over", "under"),
  }),
  encode: encodeSicsReply,
  meaning: ({ value, unit, state }) => [
    state === "over" || state === "under"
      ? saidReading({ overload: state === "over", underload: state === "under" })
      : saidReading({
          value,
          unit,
          stable: state === "stable" ? "reported-stable" : "reported-unstable",
          states: state === "stable" ? [] : ["motion"],
        }),
  ],
});
