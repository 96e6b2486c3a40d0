import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeCodec } from "../../../test/codec-contract.ts";
import { picturedText, saidReading, weightText } from "../../../test/weights.ts";
import { nci } from "./codec.ts";
import { encodeNciMessage, encodeSmaMessage } from "./encode.ts";

describeCodec(nci, {
  confirms: (frame) =>
    /^␊([^␍␊]+␍␊)?S?[0-?p-\x7f]{2,4}␍␃$/.test(picturedText(frame)) ||
    /^␊[ZOUEIT ][ \d][GTNgn][M ].[ \d.+-]{10}[A-Za-z%][A-Za-z% ]{2}␍$/.test(picturedText(frame)),
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

describe("the form of the SMA", () => {
  it("is read back as its encoder says", () => {
    const spec = fc.record({
      value: weightText(6, 3),
      unit: fc.constantFrom("kg", "lb", "g"),
      motion: fc.boolean(),
      state: fc.constantFrom("normal", "over", "under", "not-zeroed", "zero"),
    });
    fc.assert(
      fc.property(spec, ({ value, unit, motion, state }) => {
        const decoder = nci.createDecoder();
        const events = decoder.push(encodeSmaMessage({ value, unit, motion, state }));
        expect(events).toMatchObject([
          {
            event: "reading",
            value: state === "normal" || state === "zero" ? value : null,
            unit,
            mode: "gross",
            stable: motion ? "reported-unstable" : "reported-stable",
            overload: state === "over",
            underload: state === "under",
          },
        ]);
      }),
    );
  });
});
