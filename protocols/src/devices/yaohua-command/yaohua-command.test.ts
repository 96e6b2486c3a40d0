import fc from "fast-check";
import { describeCodec } from "../../../test/codec-contract.ts";
import { saidReading, weightText } from "../../../test/weights.ts";
import { yaohuaCommand } from "./codec.ts";
import { encodeYaohuaCommand } from "./encode.ts";

const xorFits = (frame: Uint8Array): boolean => {
  const plain = frame.map((byte) => byte & 0x7f);
  let xor = 0;
  for (const byte of plain.subarray(1, -3)) xor ^= byte;
  const sent = Array.from(plain.subarray(-3, -1), (byte) => (byte >= 0x3a && byte <= 0x3f ? byte + 7 : byte));
  return String.fromCharCode(...sent).toLowerCase() === xor.toString(16).padStart(2, "0");
};
const modes = { B: "gross", C: "tare", D: "net" } as const;

describeCodec(yaohuaCommand, {
  confirms: xorFits,
  spec: fc.record({
    address: fc.integer({ min: 1, max: 26 }),
    command: fc.constantFrom("B", "C", "D"),
    value: weightText(6, 4),
  }),
  encode: encodeYaohuaCommand,
  meaning: ({ command, value }) => [saidReading({ value, mode: command === "A" ? "unknown" : modes[command] })],
});
