import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeCodec } from "../../../test/codec-contract.ts";
import { concat, toHex } from "../../bytes/bytes.ts";
import type { DeviceEvent } from "../device-event.ts";
import { dy03ff } from "./codec.ts";
import { encodeDyItem, encodeDyRecord, encodeDyStripRecord } from "./encode.ts";
import { dyReadItems, dyReadRecord } from "./request.ts";

const xor = (bytes: Uint8Array): number => bytes.reduce((all, byte) => all ^ byte, 0);
const checksFit = (frame: Uint8Array): boolean =>
  frame.length >= 12 &&
  frame[0] === 0x03 &&
  frame[1] === 0xff &&
  xor(frame.subarray(0, 10)) === frame[10] &&
  xor(frame.subarray(12)) === frame[11] &&
  frame.length === 12 + (frame[8] ?? 0) + 256 * (frame[9] ?? 0);

const spec = fc.record({
  index: fc.nat({ max: 0xffff }),
  item: fc.nat({ max: 255 }),
  channels: fc.array(
    fc.record({
      channel: fc.integer({ min: 1, max: 24 }),
      flags: fc.integer({ min: 128, max: 255 }),
      bits: fc.nat({ max: 0xffff }),
    }),
    { minLength: 1, maxLength: 5 },
  ),
});

describeCodec(dy03ff, {
  confirms: checksFit,
  spec,
  encode: (said) => encodeDyRecord({ ...said, at: [24, 12, 31, 23, 59, 58] }),
  meaning: (said) =>
    said.channels.map(({ channel, flags, bits }) => {
      const isMeasured = bits <= 32_000;
      const without = bits === 0x7fff ? "INVALID" : "NA";
      return {
        event: "result",
        sample: null,
        channel: String(channel),
        assay: `wet-${said.item}`,
        value: isMeasured ? `${Math.floor(bits / 10)}.${bits % 10}` : without,
        unit: null,
        instrumentVerdict: isMeasured ? (flags >= 192 ? "suspect" : "none") : "invalid",
        at: "2024-12-31T23:59:58",
      };
    }),
});

const decode = (...pieces: readonly Uint8Array[]): DeviceEvent[] => {
  const decoder = dy03ff.createDecoder();
  return [...pieces.flatMap((piece) => decoder.push(piece)), ...decoder.end()];
};
const at = [24, 5, 17, 9, 30, 14];
const record = (bits: number, item = 0): Uint8Array =>
  encodeDyRecord({ index: 0, item, at, channels: [{ channel: 1, flags: 128, bits }] });
const ascii = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));
const values = (events: readonly DeviceEvent[]): unknown[] =>
  events.flatMap((event) => (event.event === "result" ? [[event.value, event.unit, event.instrumentVerdict]] : []));

describe("dy-03ff traps", () => {
  it("reads 16 bits in tenths for inhibition and 32 bits in thousandths for everything else", () => {
    const items = [
      encodeDyItem("wet", ascii("OP"), ascii("%"), 0),
      dyReadItems("wet", 1),
      encodeDyItem("wet", ascii("NO2"), ascii("mg/kg"), 2),
    ];
    const heard = decode(...items, record(523), record(523, 2), record(0x8000_020b, 2));
    expect(values(heard)).toEqual([
      ["52.3", "%", "none"],
      ["0.523", "mg/kg", "none"],
      ["-0.523", "mg/kg", "none"],
    ]);
  });

  it.each([
    [0x7fff, "INVALID"],
    [0x7ffe, "NA"],
    [32_001, "NA"],
  ])("%i is no inhibition", (bits, value) => {
    expect(values(decode(record(bits)))).toEqual([[value, null, "invalid"]]);
  });

  it.each([0x7fff_ffff, 0x7fff_fffe, 0x7fff_fffd, 0x7fff, 0x7ffe, 0x000f_422c])("%i is no value", (bits) => {
    const heard = decode(encodeDyItem("wet", ascii("NO2"), ascii("mg/kg"), 2), record(bits));
    expect(values(heard)).toEqual([[expect.stringMatching(/^(INVALID|NA)$/), "mg/kg", "invalid"]]);
  });

  it("does not say a unit that nobody said", () => {
    expect(values(decode(record(523)))).toEqual([["52.3", null, "none"]]);
  });

  it("reads strips as positive, negative or not available, never as a pass by default", () => {
    const said = [0, 1, 2, 3].map((flags) =>
      decode(encodeDyStripRecord("strip", { index: 0, item: 1, at, number: 7, flags, bits: 0 })),
    );
    expect(said.flatMap(values)).toEqual([
      ["NA", null, "invalid"],
      ["positive", null, "positive"],
      ["negative", null, "negative"],
      ["NA", null, "invalid"],
    ]);
  });

  it("frames by LEN: 03 FF may stand in the data", () => {
    const channels = [{ channel: 3, flags: 0xff, bits: 0xff03_020b }];
    expect(decode(encodeDyRecord({ index: 0xff03, item: 0, at, channels }))).toMatchObject([{ value: "52.3" }]);
  });

  it("asks in the bytes of the maker's software", () => {
    expect(toHex(dyReadRecord("wet", 1))).toBe("03ff45000100000000 00b800".replace(" ", ""));
    expect(decode(concat(dyReadRecord("dry", 258)))).toMatchObject([{ meaning: "read", detail: "dry 258" }]);
  });
});
