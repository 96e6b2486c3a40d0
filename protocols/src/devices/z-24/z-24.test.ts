import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeCodec } from "../../../test/codec-contract.ts";
import { tyEnd, tyIdentify, tyRead, tyReadNext } from "../command-1b.ts";
import type { DeviceEvent } from "../device-event.ts";
import { z24 } from "./codec.ts";
import { encodeZIdentified, encodeZReady, encodeZRecord, type ZChannelSpec } from "./encode.ts";

/** There is no checksum: 501 bytes with a date of this century from byte 5. */
const formFits = (frame: Uint8Array): boolean =>
  frame.length === 501 && /^20\d\d/.test(String.fromCharCode(...frame.subarray(5, 16)));

const channel = fc.record({
  channel: fc.constantFrom(0x21, 0x28, 0x31, 0x38, 0x41, 0x48),
  number: fc.nat({ max: 0xffff }),
  thousandths: fc.integer({ min: -500, max: 1000 }),
  verdict: fc.nat({ max: 3 }),
});
const spec = fc.record({ channels: fc.array(fc.option(channel), { minLength: 1, maxLength: 8 }) });
const names = new Map([
  [0x21, "A1"],
  [0x28, "A8"],
  [0x31, "B1"],
  [0x38, "B8"],
  [0x41, "C1"],
  [0x48, "C8"],
]);

describeCodec(z24, {
  confirms: formFits,
  vitalByte: 5,
  spec,
  encode: ({ channels }) =>
    encodeZRecord({
      date: "2024-12-31",
      channels: channels.map((one) =>
        one === null ? null : { ...one, name: Uint8Array.of(0xb0, 0xd7), fraction: one.thousandths / 1000 },
      ),
    }),
  meaning: ({ channels }) => {
    const results = channels.flatMap((one) =>
      one === null
        ? []
        : [
            {
              event: "result",
              sample: "白",
              number: String(one.number),
              channel: names.get(one.channel),
              assay: "inhibition",
              value: String(one.thousandths / 1000),
              unit: null,
              instrumentVerdict: ["invalid", "negative", "positive", "invalid"][one.verdict],
              at: "2024-12-31",
            },
          ],
    );
    return results.length > 0 ? results : [{ event: "reply", meaning: "empty", detail: null }];
  },
});

const decode = (...pieces: readonly Uint8Array[]): DeviceEvent[] => {
  const decoder = z24.createDecoder();
  return [...pieces.flatMap((piece) => decoder.push(piece)), ...decoder.end()];
};
const one: ZChannelSpec = { channel: 0x21, number: 7, name: new Uint8Array(0), fraction: 0.523, verdict: 2 };
const record = (more: Partial<ZChannelSpec>, date = "2024-05-17"): Uint8Array =>
  encodeZRecord({ date, channels: [{ ...one, ...more }] });

describe("z-24 traps", () => {
  it("reads verdict 01 as pass and 02 as over the limit: the opposite of the TL-310", () => {
    const said = [1, 2, 0, 9].map((verdict) => decode(record({ verdict }))[0]);
    expect(said).toMatchObject(
      ["negative", "positive", "invalid", "invalid"].map((instrumentVerdict) => ({ instrumentVerdict })),
    );
  });

  it("calls NaN invalid, whatever verdict stands beside it", () => {
    expect(decode(record({ fraction: Number.NaN, verdict: 1 }))).toMatchObject([
      { value: "NaN", instrumentVerdict: "invalid" },
    ]);
  });

  it("takes the first channel from the lowest bit of the bitmap", () => {
    const last = encodeZRecord({ date: "2024-05-17", channels: [null, null, null, { ...one, channel: 0x24 }] });
    expect(last[28]).toBe(8);
    expect(decode(last)).toMatchObject([{ channel: "A4", value: "0.523" }]);
  });

  it("leaves the fraction as it was sent, without a unit that nobody sent", () => {
    expect(decode(record({ fraction: 0.5 }))).toMatchObject([{ value: "0.5", unit: null }]);
  });

  it("follows a conversation", () => {
    const heard = decode(
      tyIdentify(),
      encodeZIdentified(),
      tyRead(),
      encodeZReady(),
      tyReadNext(),
      record({}),
      tyEnd(),
    );
    expect(heard.map((event) => ("meaning" in event ? event.meaning : event.event))).toEqual([
      ...["identify", "identified", "read", "ready", "read-next", "result", "end"],
    ]);
  });

  it.each(["1024-05-17", "2024-13-17", "2024-05-32", "20x4-05-17"])("believes no record of %s", (date) => {
    expect(decode(record({}, date)).filter(({ event }) => event === "result")).toEqual([]);
  });
});
