import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeCodec } from "../../../test/codec-contract.ts";
import { yaohuaA9 } from "./codec.ts";
import { encodeA9Frame } from "./encode.ts";

/** XOR of bytes 2 to 9 as two characters, read straight from the manual's table. */
const xorFits = (frame: Uint8Array): boolean => {
  const plain = frame.map((byte) => byte & 0x7f);
  let xor = 0;
  for (const byte of plain.subarray(1, 9)) xor ^= byte;
  const sent = String.fromCharCode(...plain.subarray(9, 11));
  const manual = xor.toString(16).padStart(2, "0");
  const third = String.fromCharCode(0x30 + (xor >> 4), 0x30 + (xor & 15));
  const mixed = [manual[0] + (third[1] ?? ""), (third[0] ?? "") + manual[1]];
  return plain.length === 12 && [manual, third, ...mixed].includes(sent.toLowerCase());
};

const spec = fc.record({
  digits: fc.nat({ max: 999_999 }),
  places: fc.nat({ max: 4 }),
  negative: fc.boolean(),
  plainNibbles: fc.boolean(),
});
type Spec = typeof spec extends fc.Arbitrary<infer One> ? One : never;

const decimalOf = ({ digits, places, negative }: Spec): string => {
  const text = digits.toString().padStart(places + 1, "0");
  const point = text.length - places;
  return `${negative ? "-" : ""}${places === 0 ? text : `${text.slice(0, point)}.${text.slice(point)}`}`;
};

describeCodec(yaohuaA9, {
  confirms: xorFits,
  spec,
  encode: (said) => encodeA9Frame({ value: decimalOf(said), plainNibbles: said.plainNibbles }),
  meaning: (said) => [
    {
      event: "reading",
      value: decimalOf(said),
      unit: null,
      mode: "unknown",
      stable: "unknown",
      tare: null,
      overload: false,
      underload: false,
      increment: null,
      states: [],
    },
  ],
});

describe("yaohua-a9", () => {
  it("has no frame in which one damaged byte still passes the checksum", () => {
    const frame = encodeA9Frame({ value: "20.00" });
    for (let at = 1; at < 9; at++) {
      for (let bit = 0; bit < 7; bit++) {
        const damaged = frame.map((byte, index) => (index === at ? byte ^ (1 << bit) : byte));
        const decoder = yaohuaA9.createDecoder();
        const events = [...decoder.push(damaged), ...decoder.end()];
        expect(events.filter(({ event }) => event === "reading")).toEqual([]);
      }
    }
  });

  it.each(["1234567", "0.12345", "abc"])("cannot say %s", (value) => {
    expect(() => encodeA9Frame({ value })).toThrow(expect.objectContaining({ code: "SIM_VALUE_INVALID" }));
  });
});
