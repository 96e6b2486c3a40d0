import fc from "fast-check";
import { describe, expect, it } from "vitest";
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

describe("cas-ecr on a line", () => {
  const frame = (value: string, summed: "payload" | "from-soh") =>
    encodeEcrFrame({ value, unit: "kg", state: "stable", summed });
  const valuesIn = (frames: readonly Uint8Array[]) => {
    const decoder = casEcr.createDecoder();
    return frames
      .flatMap((bytes) => decoder.push(bytes))
      .map((event) => (event.event === "reading" ? event.value : null));
  };

  it("refuses a digit with one wrong bit once it knows how the scale sums", () => {
    const good = frame("1.234", "payload");
    for (const bit of [0, 1]) {
      const wrong = good.map((byte, at) => (at === 9 ? byte ^ (1 << bit) : byte));
      expect(valuesIn([good, wrong, good])).toEqual(["1.234", null, "1.234"]);
    }
  });

  it("learns anew when three frames in a row are summed in another way", () => {
    const [one, other] = [frame("1.234", "payload"), frame("2.500", "from-soh")];
    expect(valuesIn([one, other, other, other, other])).toEqual(["1.234", null, null, "2.500", "2.500"]);
  });
});
