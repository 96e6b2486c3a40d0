import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeCodec } from "../../../test/codec-contract.ts";
import { concat } from "../../bytes/bytes.ts";
import type { DeviceEvent } from "../device-event.ts";
import { mtContinuous } from "./codec.ts";
import { type ContinuousFrameSpec, encodeContinuousFrame } from "./encode.ts";

/** Sum over all 18 (short: 12) bytes is 0 modulo 128; 17 (11) bytes and a closing line feed have no checksum. */
const checksumFits = (frame: Uint8Array): boolean => {
  const plain = frame.map((byte) => byte & 0x7f);
  if (plain.length === 17 || plain.length === 11 || plain.at(-1) === 0x0a) return true;
  let sum = 0;
  for (const byte of plain) sum += byte;
  return (plain.length === 18 || plain.length === 12) && sum % 128 === 0;
};

const spec = fc
  .record({
    digits: fc.nat({ max: 999_999 }),
    tareDigits: fc.nat({ max: 999_999 }),
    places: fc.nat({ max: 5 }),
    negative: fc.boolean(),
    tareSent: fc.boolean(),
    unit: fc.constantFrom("kg", "lb", "g", "t", "oz", "short-ton", "custom"),
    increment: fc.constantFrom(1, 2, 5),
    net: fc.boolean(),
    motion: fc.boolean(),
    outOfRange: fc.boolean(),
    notZeroed: fc.boolean(),
    checksum: fc.boolean(),
    leadingZeros: fc.boolean(),
  })
  .map(({ digits, tareDigits, places, negative, tareSent, ...rest }): ContinuousFrameSpec => {
    const textOf = (magnitude: number): string => {
      const text = magnitude.toString().padStart(places + 1, "0");
      const point = text.length - places;
      return places === 0 ? text : `${text.slice(0, point)}.${text.slice(point)}`;
    };
    const value = `${negative ? "-" : ""}${textOf(digits)}`;
    return { ...rest, value, tare: tareSent ? textOf(tareDigits) : null };
  });

const statesOf = (said: ContinuousFrameSpec): string[] => [
  ...(said.motion === true ? ["motion"] : []),
  ...(said.notZeroed === true ? ["not-zeroed"] : []),
];

describeCodec(mtContinuous, {
  confirms: checksumFits,
  spec,
  encode: encodeContinuousFrame,
  meaning: (said) => [
    {
      event: "reading",
      value: said.outOfRange === true ? null : said.value,
      unit: said.unit,
      mode: said.net === true ? "net" : "gross",
      stable: said.motion === true ? "reported-unstable" : "reported-stable",
      tare: said.tare,
      overload: said.outOfRange === true && !said.value.startsWith("-"),
      underload: said.outOfRange === true && said.value.startsWith("-"),
      increment: said.increment,
      states: statesOf(said),
    },
  ],
});

const frameOf = (value: string, checksum: boolean): Uint8Array =>
  encodeContinuousFrame({ value, tare: "0.00", unit: "kg", increment: 1, checksum });

const readings = (events: readonly DeviceEvent[]): (string | null)[] =>
  events.flatMap((event) => (event.event === "reading" ? [event.value] : []));

const decode = (...pieces: readonly Uint8Array[]): DeviceEvent[] => {
  const decoder = mtContinuous.createDecoder();
  return [...pieces.flatMap((piece) => decoder.push(piece)), ...decoder.end()];
};

describe("mt-continuous on a line", () => {
  const noted = frameOf("1.25", true);

  it("refuses every other byte in the checksum's place once the line is known to have one", () => {
    for (let wrong = 0; wrong < 128; wrong++) {
      if (wrong === noted.at(-1)) continue;
      const damaged = concat(noted.subarray(0, 17), Uint8Array.of(wrong));
      expect(readings(decode(noted, damaged, noted))).toEqual(["1.25", "1.25"]);
    }
  });

  it("refuses every single damaged bit of a line with checksums", () => {
    for (let at = 0; at < noted.length; at++) {
      for (let bit = 0; bit < 7; bit++) {
        const damaged = noted.map((byte, index) => (index === at ? byte ^ (1 << bit) : byte));
        expect(readings(decode(noted, damaged, noted, noted)).filter((value) => value !== "1.25")).toEqual([]);
      }
    }
  });

  it("ends a frame at CR at once when three frames had no checksum", () => {
    const bare = frameOf("1.25", false);
    const decoder = mtContinuous.createDecoder();
    for (let count = 0; count < 4; count++) decoder.push(bare);
    expect(readings(decoder.push(bare))).toEqual(["1.25"]);
    expect(decoder.pending()).toHaveLength(0);
  });

  it("awaits the next byte before that, and takes silence for an answer", () => {
    const decoder = mtContinuous.createDecoder();
    expect(decoder.push(frameOf("1.25", false))).toEqual([]);
    expect(readings(decoder.idle())).toEqual(["1.25"]);
  });

  it("learns anew when a terminal is set to send checksums, and when it is set not to", () => {
    const [bare, summed] = [frameOf("1.25", false), frameOf("2.50", true)];
    const switched = readings(decode(bare, bare, bare, bare, ...Array(8).fill(summed), ...Array(8).fill(bare)));
    expect(switched.slice(0, 4)).toEqual(["1.25", "1.25", "1.25", "1.25"]);
    expect(switched.filter((value) => value === "2.50").length).toBeGreaterThanOrEqual(7);
    expect(switched.slice(-4)).toEqual(["1.25", "1.25", "1.25", "1.25"]);
  });

  it("does not take a frame that lost six bytes for the short form", () => {
    const cut = concat(noted.subarray(0, 10), noted.subarray(16));
    expect(readings(decode(noted, cut, noted))).toEqual(["1.25", "1.25"]);
  });

  it("takes the checksum 02 of a load that stands for no start", () => {
    const frame = encodeContinuousFrame({ value: "101.98", tare: "0.00", unit: "kg", increment: 1, checksum: true });
    const blankTare = concat(frame.subarray(0, 10), new TextEncoder().encode("     0"), Uint8Array.of(0x0d, 0x02));
    expect(readings(decode(blankTare, blankTare, blankTare, noted))).toEqual(["101.98", "101.98", "101.98", "1.25"]);
  });
});

describe("mt-continuous encoder", () => {
  it.each(["1234567", "0.123456", "x"])("cannot say %s", (value) => {
    const impossible = (): Uint8Array =>
      encodeContinuousFrame({ value, tare: null, unit: "kg", increment: 1, checksum: true });
    expect(impossible).toThrow(expect.objectContaining({ code: "SIM_VALUE_INVALID" }));
  });
});
