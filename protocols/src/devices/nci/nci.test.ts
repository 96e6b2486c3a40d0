import fc from "fast-check";
import { describeCodec } from "../../../test/codec-contract.ts";
import { picturedText, saidReading, weightText } from "../../../test/weights.ts";
import { nci } from "./codec.ts";
import { encodeNciMessage } from "./encode.ts";

describeCodec(nci, {
  confirms: (frame) => /^␊([^␍␊]+␍␊)?S?[0-?p-\x7f]{2,4}␍␃$/.test(picturedText(frame)),
  vitalByte: 0,
  spec: fc.record({
    value: weightText(5, 3).map((value) => value.replace("-", "")),
    unit: fc.constantFrom("KG", "LB", "OZ"),
    state: fc.constantFrom("normal", "motion", "over", "under", "not-zeroed"),
    zero: fc.boolean(),
    prefix: fc.boolean(),
  }),
  encode: encodeNciMessage,
  meaning: ({ value, unit, state, zero }) => [
    saidReading({
      value: state === "normal" ? value : null,
      unit: state === "normal" ? unit.toLowerCase() : null,
      mode: state === "not-zeroed" ? "gross" : "unknown",
      stable: state === "motion" ? "reported-unstable" : "reported-stable",
      overload: state === "over",
      underload: state === "under",
      states: [
        ...(state === "motion" ? ["motion"] : []),
        ...(state === "not-zeroed" ? ["not-zeroed"] : []),
        ...(zero ? ["zero-centre"] : []),
      ],
    }),
  ],
});
