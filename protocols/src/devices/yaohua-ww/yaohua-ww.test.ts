import fc from "fast-check";
import { describeCodec } from "../../../test/codec-contract.ts";
import { plainText, saidReading, weightText } from "../../../test/weights.ts";
import { yaohuaWw } from "./codec.ts";
import { encodeWwFrame } from "./encode.ts";

const modes = { w: "gross", n: "net", t: "tare" } as const;

describeCodec(yaohuaWw, {
  confirms: (frame) => /^w[wnt][ +\-.\d]{7}[A-Za-z ]{2}\r?\n?$/.test(plainText(frame)),
  vitalByte: 0,
  spec: fc.record({
    value: weightText(5, 3),
    mode: fc.constantFrom("w", "n", "t"),
    lineEnd: fc.constantFrom("" as const, "\r\n" as const),
  }),
  encode: encodeWwFrame,
  meaning: ({ value, mode }) => [saidReading({ value, unit: "kg", mode: modes[mode] })],
});
