import fc from "fast-check";
import { describeCodec } from "../../../test/codec-contract.ts";
import { saidReading, weightText } from "../../../test/weights.ts";
import { cas22 } from "./codec.ts";
import { encodeCas22Frame } from "./encode.ts";

describeCodec(cas22, {
  confirms: (frame) => /^(ST|US|OL),(GS|NT),..,[ +\-.\d]{8}.*\n$/s.test(String.fromCharCode(...frame)),
  spec: fc.record({
    value: weightText(6, 4),
    unit: fc.constantFrom("kg", " g", "lb", " t"),
    status: fc.constantFrom("ST", "US", "OL"),
    net: fc.boolean(),
    zero: fc.boolean(),
    hold: fc.boolean(),
  }),
  encode: encodeCas22Frame,
  meaning: ({ value, unit, status, net, zero, hold }) => {
    const lamps = [...(zero ? ["zero-centre"] : []), ...(hold ? ["hold"] : [])];
    const common = { unit: unit.trim(), mode: net ? "net" : "gross" };
    if (status === "OL") {
      const under = value.startsWith("-");
      return [saidReading({ ...common, overload: !under, underload: under, states: lamps })];
    }
    const moving = status === "US";
    const stable = moving ? "reported-unstable" : "reported-stable";
    return [saidReading({ ...common, value, stable, states: [...(moving ? ["motion"] : []), ...lamps] })];
  },
});
