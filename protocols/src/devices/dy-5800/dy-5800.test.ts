import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeCodec } from "../../../test/codec-contract.ts";
import { concat } from "../../bytes/bytes.ts";
import type { DeviceEvent } from "../device-event.ts";
import { dy5800 } from "./codec.ts";
import { type Dy5800RecordSpec, encodeDy5800Record } from "./encode.ts";

/** No checksum: 82 bytes from P to X with ten digits where date and time are. */
const formFits = (frame: Uint8Array): boolean => {
  const text = String.fromCharCode(...frame);
  return frame.length === 82 && /^P.{80}X$/s.test(text) && (/^.{52}\d{10}/s.test(text) || /^.{51}\d{10}/s.test(text));
};

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));
const [pesticide, chinese] = [
  Uint8Array.of(0xc5, 0xa9, 0xd2, 0xa9, 0xd7, 0xdc, 0xb2, 0xd0, 0xc1, 0xf4),
  Uint8Array.of(0xbe, 0xc2, 0xb2, 0xcb),
];
const spec = fc.record({
  hole: fc.integer({ min: 1, max: 999 }),
  code: fc.nat({ max: 9_999_999 }),
  tenths: fc.integer({ min: -99, max: 999 }),
  dense: fc.boolean(),
});

describeCodec(dy5800, {
  confirms: formFits,
  vitalByte: 0,
  spec,
  encode: ({ hole, code, tenths, dense }) =>
    encodeDy5800Record({
      hole: ascii(String(hole)),
      code: ascii(String(code)),
      item: pesticide,
      unit: ascii("%"),
      value: ascii((tenths / 10).toFixed(1)),
      at: ascii("2412312359"),
      sample: chinese,
      dense,
    }),
  meaning: ({ hole, code, tenths }) => [
    {
      event: "result",
      sample: "韭菜",
      number: String(code),
      channel: String(hole),
      assay: "农药总残留",
      value: (tenths / 10).toFixed(1),
      unit: "%",
      instrumentVerdict: "none",
      at: "2024-12-31T23:59:00",
    },
  ],
});

const decode = (...pieces: readonly Uint8Array[]): DeviceEvent[] => {
  const decoder = dy5800.createDecoder();
  return [...pieces.flatMap((piece) => decoder.push(piece)), ...decoder.end()];
};
const example: Dy5800RecordSpec = {
  hole: ascii("1"),
  code: ascii("S-1"),
  item: pesticide,
  unit: ascii("%"),
  value: ascii("52.3"),
  at: ascii("2405170930"),
  sample: chinese,
};

describe("dy-5800 traps", () => {
  it("frames by length: P and X may stand in every text", () => {
    const text = ascii("PXPXPXPXPX");
    const record = encodeDy5800Record({ ...example, code: text, item: text, unit: text, sample: text });
    expect(decode(record, record)).toMatchObject([{ sample: "PXPXPXPXPX" }, { number: "PXPXPXP" }]);
  });

  it("reads both layouts, with and without a byte behind the unit", () => {
    for (const dense of [false, true]) {
      expect(decode(encodeDy5800Record({ ...example, dense }))).toMatchObject([
        { value: "52.3", at: "2024-05-17T09:30:00" },
      ]);
    }
  });

  it("calls NaN invalid", () => {
    expect(decode(encodeDy5800Record({ ...example, value: ascii("NaN") }))).toMatchObject([
      { value: "NaN", instrumentVerdict: "invalid" },
    ]);
  });

  it.each(["2413170930", "2405170960", "24051709 0"])("believes no record of %s", (at) => {
    const heard = decode(encodeDy5800Record({ ...example, at: ascii(at) }));
    expect(heard.filter(({ event }) => event === "result")).toEqual([]);
  });

  it("hears the record behind one that was cut", () => {
    const record = encodeDy5800Record(example);
    expect(decode(concat(record.subarray(0, 40), record)).map(({ event }) => event)).toContain("result");
  });
});
