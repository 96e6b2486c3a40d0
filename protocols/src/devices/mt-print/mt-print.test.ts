import fc from "fast-check";
import { describeCodec } from "../../../test/codec-contract.ts";
import { plainText, saidReading, weightText } from "../../../test/weights.ts";
import { mtPrint } from "./codec.ts";
import { encodeMtPrint } from "./encode.ts";

const modes = { N: "net", G: "gross", T: "tare" } as const;

describeCodec(mtPrint, {
  confirms: (frame) => /^ *(N|G|T|B|PT|Net|Gross|Tare) +[+-]? *[\d.]+ +[A-Za-z%]+ *[\r\n]+$/.test(plainText(frame)),
  vitalByte: 0,
  spec: fc.record({
    value: weightText(7, 4),
    unit: fc.constantFrom("g", "kg"),
    legend: fc.constantFrom("N", "G", "T"),
  }),
  encode: encodeMtPrint,
  meaning: ({ value, unit, legend }) => [saidReading({ value, unit, mode: modes[legend] })],
});
