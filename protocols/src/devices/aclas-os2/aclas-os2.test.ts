import fc from "fast-check";
import { describeCodec } from "../../../test/codec-contract.ts";
import { saidReading, weightText } from "../../../test/weights.ts";
import { aclasOs2 } from "./codec.ts";
import { encodeOs2Frame } from "./encode.ts";

const sumFits = (frame: Uint8Array): boolean => {
  let xor = 0;
  for (const byte of frame.subarray(0, 12)) xor ^= byte;
  return frame.length === 15 && frame[0] === 1 && xor === frame[12];
};

describeCodec(aclasOs2, {
  confirms: sumFits,
  spec: fc.record({
    value: weightText(5, 4),
    unit: fc.constantFrom("kg", "lb", " g"),
    state: fc.constantFrom("stable", "unstable", "overload", "abnormal"),
  }),
  encode: encodeOs2Frame,
  meaning: ({ value, unit, state }) => {
    const common = { unit: unit.trim() };
    if (state === "overload") return [saidReading({ ...common, overload: true })];
    if (state === "abnormal") return [saidReading({ ...common, states: ["fault"] })];
    const stable = state === "stable" ? "reported-stable" : "reported-unstable";
    return [saidReading({ ...common, value, stable, states: state === "stable" ? [] : ["motion"] })];
  },
});
