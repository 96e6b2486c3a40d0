import fc from "fast-check";
import { describeCodec } from "../../../test/codec-contract.ts";
import { plainText, saidReading, weightText } from "../../../test/weights.ts";
import { yaohuaA12e } from "./codec.ts";
import { encodeA12eFrame } from "./encode.ts";

const xorFits = (frame: Uint8Array): boolean => {
  const text = plainText(frame);
  let xor = 0;
  for (const char of text.slice(0, 11)) xor ^= char.charCodeAt(0);
  return (
    [14, 15].includes(text.length) &&
    text.slice(11, 13).toUpperCase() === xor.toString(16).toUpperCase().padStart(2, "0")
  );
};

describeCodec(yaohuaA12e, {
  confirms: xorFits,
  spec: fc.record(
    { value: weightText(5, 4), net: fc.boolean(), range: fc.constantFrom("over" as const, "under" as const) },
    { requiredKeys: ["value", "net"] },
  ),
  encode: encodeA12eFrame,
  meaning: ({ value, net, range }) => [
    range === undefined
      ? saidReading({ value, unit: "kg", mode: net ? "net" : "gross" })
      : saidReading({ overload: range === "over", underload: range === "under" }),
  ],
});
