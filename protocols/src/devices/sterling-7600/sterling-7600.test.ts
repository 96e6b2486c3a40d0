import fc from "fast-check";
import { describeCodec } from "../../../test/codec-contract.ts";
import { plainText, saidReading, weightText } from "../../../test/weights.ts";
import { sterling7600 } from "./codec.ts";
import { encodeSterlingReply } from "./encode.ts";

const modes = { Gross: "gross", Net: "net", Tare: "tare" } as const;

describeCodec(sterling7600, {
  confirms: (frame) => /^[A-Z ]*(Gross|Net|Tare|Count) *\S+.*[\r\n]+$/i.test(plainText(frame)),
  vitalByte: 3,
  spec: fc.record({
    value: weightText(6, 3),
    unit: fc.constantFrom("kg", "lb"),
    mode: fc.constantFrom("Gross", "Net", "Tare"),
    echo: fc.constantFrom("SGW", "W", ""),
  }),
  encode: encodeSterlingReply,
  meaning: ({ value, unit, mode }) => [saidReading({ value, unit, mode: modes[mode] })],
});
