import fc from "fast-check";
import { describeCodec } from "../../../test/codec-contract.ts";
import { picturedText, saidReading } from "../../../test/weights.ts";
import { dialog06 } from "./codec.ts";
import { encodeDialogRecord } from "./encode.ts";

const kilograms = (grams: number): string =>
  `${Math.floor(grams / 1000)}.${(grams % 1000).toString().padStart(3, "0")}`;

describeCodec(dialog06, {
  confirms: (frame) => /^␂(02␛[0-3]␛\d{5}␛\d{5,6}␛\d{6}|09␛\d\d)␃$/.test(picturedText(frame)),
  vitalByte: 0,
  spec: fc.oneof(
    fc.record({ kind: fc.constant("weighing" as const), grams: fc.nat({ max: 99_999 }), priceFen: fc.constant(0) }),
    fc.record({ kind: fc.constant("status" as const), code: fc.constantFrom("20", "31", "32") }),
  ),
  encode: encodeDialogRecord,
  meaning: (spec) => {
    if (spec.kind === "weighing") {
      return [saidReading({ value: kilograms(spec.grams), unit: "kg", stable: "reported-stable" })];
    }
    if (spec.kind === "checksum") return [];
    if (spec.code === "20") return [saidReading({ stable: "reported-unstable", states: ["motion"] })];
    return [saidReading({ overload: spec.code === "32", underload: spec.code === "31" })];
  },
});
