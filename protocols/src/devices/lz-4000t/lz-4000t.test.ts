import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeCodec } from "../../../test/codec-contract.ts";
import { envelopeFits } from "../../../test/crc8-check.ts";
import { fromHex } from "../../bytes/bytes.ts";
import type { DeviceEvent } from "../device-event.ts";
import { lz4000t } from "./codec.ts";
import { encodeLzRecord } from "./encode.ts";
import { lzIdentify, lzReadDay } from "./frame.ts";

const number = fc.nat({ max: 0xffff });
const spec = fc.record({
  total: number,
  index: number,
  number,
  name: fc.constantFrom(Uint8Array.of(0xb0, 0xd7, 0xb2, 0xcb), Uint8Array.of(0x41), new Uint8Array(0)),
  at: fc.tuple(fc.nat({ max: 99 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 28 })),
  hundredths: number,
});
const names = new Map([
  [4, "白菜"],
  [1, "A"],
]);
const two = (value: number): string => value.toString().padStart(2, "0");

describeCodec(lz4000t, {
  confirms: envelopeFits,
  spec,
  encode: (said) => encodeLzRecord({ ...said, at: [...said.at, 9, 30, 15] }),
  meaning: (said) => {
    const isMeasured = said.hundredths <= 32_000;
    return [
      {
        event: "result",
        sample: names.get(said.name.length) ?? null,
        number: String(said.number),
        assay: "inhibition",
        value: isMeasured ? `${Math.floor(said.hundredths / 100)}.${two(said.hundredths % 100)}` : "NA",
        unit: "%",
        instrumentVerdict: isMeasured ? "none" : "invalid",
        at: `20${said.at.map(two).join("-")}T09:30:15`,
      },
    ];
  },
});

const decode = (...pieces: readonly Uint8Array[]): DeviceEvent[] => {
  const decoder = lz4000t.createDecoder();
  return [...pieces.flatMap((piece) => decoder.push(piece)), ...decoder.end()];
};
const example = encodeLzRecord({
  total: 1,
  index: 1,
  number: 7,
  name: Uint8Array.of(0xb0, 0xd7, 0xb2, 0xcb),
  at: [24, 5, 17, 9, 30, 15],
  hundredths: 6234,
});

describe("lz-4000t traps", () => {
  it("frames by length: 7E and AA may stand in a record", () => {
    const tricky = encodeLzRecord({
      total: 0xaa7e,
      index: 0x7eaa,
      number: 0x7e7e,
      name: Uint8Array.of(0xaa, 0x7e),
      at: [24, 5, 17, 9, 30, 15],
      hundredths: 0x7e11,
    });
    expect(decode(tricky, tricky).map(({ event }) => event)).toEqual(["result", "result"]);
  });

  it("tolerates a doubled 7E", () => {
    expect(decode(Uint8Array.of(0x7e), example).map(({ event }) => event)).toEqual(["discarded", "result"]);
  });

  it("never reads a result from a record with one damaged bit", () => {
    for (let at = 0; at < example.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const damaged = example.map((byte, index) => (index === at ? byte ^ (1 << bit) : byte));
        expect(decode(damaged).filter(({ event }) => event === "result")).toEqual([]);
      }
    }
  });

  it("takes the year as a binary number, not BCD", () => {
    expect(decode(example)).toMatchObject([{ at: "2024-05-17T09:30:15", sample: "白菜", value: "62.34" }]);
  });

  it("says what is asked", () => {
    const bytes = (hex: string): Uint8Array => fromHex(hex) ?? new Uint8Array(0);
    expect(decode(bytes("7e000200000007aa"))).toMatchObject([{ event: "request", meaning: "identify" }]);
    expect(decode(bytes("7e10030018051132aa"))).toMatchObject([
      { event: "request", meaning: "read", detail: "2024-05-17" },
    ]);
    expect([...lzIdentify()]).toEqual([...bytes("7e000200000007aa")]);
    expect([...lzReadDay({ year: 24, month: 5, day: 17 })]).toEqual([...bytes("7e10030018051132aa")]);
  });
});
