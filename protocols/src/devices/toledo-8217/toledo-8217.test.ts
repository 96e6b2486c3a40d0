import fc from "fast-check";
import { describeCodec } from "../../../test/codec-contract.ts";
import { picturedText, saidReading } from "../../../test/weights.ts";
import { toledo8217 } from "./codec.ts";
import { encodeToledo8217 } from "./encode.ts";

describeCodec(toledo8217, {
  confirms: (frame) => /^␂(\?[\x40-\x7f]|[\d.]{5,6}N? ?|\d{1,3}\.\d{2,3}N? ?)␍$/.test(picturedText(frame)),
  vitalByte: 0,
  spec: fc.record({
    value: fc
      .nat({ max: 99_999 })
      .map((grams) => `${Math.floor(grams / 1000)}.${(grams % 1000).toString().padStart(3, "0")}`),
    net: fc.boolean(),
    state: fc.constantFrom("normal", "motion", "over", "under"),
  }),
  encode: encodeToledo8217,
  meaning: ({ value, net, state }) => [
    saidReading({
      value: state === "normal" ? value : null,
      mode: net ? "net" : "gross",
      stable: state === "motion" ? "reported-unstable" : "reported-stable",
      overload: state === "over",
      underload: state === "under",
      states: state === "motion" ? ["motion"] : [],
    }),
  ],
});
