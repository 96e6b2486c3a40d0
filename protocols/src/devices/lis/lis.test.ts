import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeCodec } from "../../../test/codec-contract.ts";
import { concat } from "../../bytes/bytes.ts";
import { lis } from "./codec.ts";
import { encodeLisFrame, type LisFrameSpec } from "./encode.ts";

/** Sum modulo 256 from the frame number to ETX or ETB, read straight from LIS01-A2 section 6.3.1.4. */
const checksumFits = (frame: Uint8Array): boolean => {
  const end = frame.findIndex((byte) => byte === 0x03 || byte === 0x17);
  let sum = 0;
  for (const byte of frame.subarray(1, end + 1)) sum += byte;
  const sent = String.fromCharCode(...frame.subarray(end + 1, end + 3));
  return frame[0] === 0x02 && end > 1 && sent.toUpperCase() === (sum % 256).toString(16).toUpperCase().padStart(2, "0");
};

const field = fc.string({
  unit: fc.constantFrom(...Array.from("ABCxyz0189 .%-^\\&韭菜é")),
  maxLength: 12,
});

const spec = fc.record({
  frameNo: fc.nat({ max: 7 }),
  fields: fc.array(field, { minLength: 1, maxLength: 5 }),
  final: fc.boolean(),
  lineEnd: fc.constantFrom("crlf", "cr", "lf"),
  lowerCaseChecksum: fc.boolean(),
});
type Spec = typeof spec extends fc.Arbitrary<infer One> ? One : never;

const recordOf = ({ fields }: Spec): string => `C|${fields.join("|")}`;

describeCodec(lis, {
  confirms: checksumFits,
  spec,
  encode: (said) => encodeLisFrame({ ...said, text: `${recordOf(said)}\r` } satisfies LisFrameSpec),
  meaning: (said) => [
    {
      event: "frame",
      frameNo: said.frameNo,
      final: said.final,
      checksumOk: true,
      sequence: "first",
      records: [recordOf(said)],
    },
  ],
});

describe("lis on a line", () => {
  const frame = encodeLisFrame({ frameNo: 1, text: "H|\\^&|||X\r", final: true });

  it("has no frame in which one damaged byte still passes the checksum", () => {
    for (let at = 1; at < frame.length - 4; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const damaged = frame.map((byte, index) => (index === at ? byte ^ (1 << bit) : byte));
        const decoder = lis.createDecoder();
        const events = [...decoder.push(damaged), ...decoder.end()];
        expect(events.filter((event) => event.event === "frame" && event.checksumOk)).toEqual([]);
      }
    }
  });

  it("masks the parity bit when told to", () => {
    const withParity = frame.map((byte) => byte | 0x80);
    const decoder = lis.createDecoder({ sevenBit: true });
    const events = [...decoder.push(withParity), ...decoder.end()];
    expect(events.map((event) => event.event === "frame" && event.records[0]?.text)).toEqual(["H|\\^&|||X"]);
  });

  it("gives out a frame without a line end once the line is quiet", () => {
    const decoder = lis.createDecoder();
    expect(decoder.push(frame.subarray(0, -2))).toEqual([]);
    expect(decoder.idle()).toHaveLength(1);
  });

  it("gives up a frame that never ends", () => {
    const endless = concat(frame.subarray(0, 5), new Uint8Array(200_000).fill(0x41));
    const decoder = lis.createDecoder();
    const reasons = decoder.push(endless).map((event) => event.event === "discarded" && event.reason);
    expect(reasons[0]).toBe("buffer-overflow");
  });

  it("refuses a frame number that is none", () => {
    expect(() => encodeLisFrame({ frameNo: 8, text: "", final: true })).toThrow(
      expect.objectContaining({ code: "SIM_VALUE_INVALID" }),
    );
  });
});
