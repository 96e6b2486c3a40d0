import fc from "fast-check";
import { describeCodec } from "../../../test/codec-contract.ts";
import { saidReading } from "../../../test/weights.ts";
import { berkelEcr } from "./codec.ts";
import { encodeBerkelFrame } from "./encode.ts";

const sumFits = (frame: Uint8Array): boolean => {
  const plain = frame.map((byte) => byte & 0x7f);
  let xor = 0;
  for (const byte of plain.subarray(1, 7)) xor ^= byte;
  return plain.length === 9 && plain[0] === 2 && xor === plain[7];
};

const steps = { "15 kg": 5, "30 lb": 1, "6 kg": 2 } as const;

describeCodec(berkelEcr, {
  confirms: sumFits,
  spec: fc.record({
    digits: fc.nat({ max: 99_999 }),
    capacity: fc.constantFrom("15 kg", "30 lb", "6 kg"),
    outOfRange: fc.boolean(),
  }),
  encode: encodeBerkelFrame,
  meaning: ({ digits, capacity, outOfRange }) => {
    const places = capacity === "30 lb" ? 2 : 3;
    const text = digits.toString().padStart(places + 1, "0");
    return [
      saidReading({
        value: outOfRange ? null : `${text.slice(0, -places)}.${text.slice(-places)}`,
        unit: capacity.slice(-2),
        stable: outOfRange ? "unknown" : "reported-stable",
        overload: outOfRange,
        increment: steps[capacity],
      }),
    ];
  },
});
