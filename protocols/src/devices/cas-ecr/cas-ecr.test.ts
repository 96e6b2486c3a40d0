import fc from "fast-check";
import { describeCodec } from "../../../test/codec-contract.ts";
import { saidReading, weightText } from "../../../test/weights.ts";
import { casEcr } from "./codec.ts";
import { encodeEcrFrame } from "./encode.ts";

const sumFits = (frame: Uint8Array): boolean => {
  const plain = frame.map((byte) => byte & 0x7f);
  let xor = 0;
  for (const byte of plain.subarray(2, 12)) xor ^= byte;
  return plain.length === 15 && plain[0] === 1 && plain[1] === 2 && [0, 1, 2, 3].includes(xor ^ (plain[12] ?? 0));
};

describeCodec(casEcr, {
  confirms: sumFits,
  spec: fc.record({
    value: weightText(5, 4),
    unit: fc.constantFrom("kg", "lb", " g"),
    state: fc.constantFrom("stable", "unstable", "overload", "abnormal"),
    summed: fc.constantFrom("payload", "from-soh"),
  }),
  encode: encodeEcrFrame,
  meaning: ({ value, unit, state }) => {
    const common = { unit: unit.trim() };
    if (state === "overload") return [saidReading({ ...common, overload: true })];
    if (state === "abnormal") return [saidReading({ ...common, states: ["fault"] })];
    const stable = state === "stable";
    return [
      saidReading({
        ...common,
        value,
        stable: stable ? "reported-stable" : "reported-unstable",
        states: stable ? [] : ["motion"],
      }),
    ];
  },
});
