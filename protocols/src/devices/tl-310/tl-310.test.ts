import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeCodec } from "../../../test/codec-contract.ts";
import { envelopeFits } from "../../../test/crc8-check.ts";
import { fromHex, toHex } from "../../bytes/bytes.ts";
import type { DeviceEvent } from "../device-event.ts";
import { tl310 } from "./codec.ts";
import { encodeTlIdentified, encodeTlRecord, type TlRecordSpec } from "./encode.ts";
import { tlIdentify, tlReadAll, tlReadLast, tlTotalOf } from "./frame.ts";

const number = fc.integer({ min: 1, max: 0xffff });
const spec = fc.record({
  total: number,
  record: number,
  channel: fc.nat({ max: 255 }),
  standard: fc.nat({ max: 1 }),
  test: number,
  tenths: fc.nat({ max: 0xffff }),
  verdict: fc.nat({ max: 3 }),
});

describeCodec(tl310, {
  confirms: envelopeFits,
  spec,
  encode: (said) => encodeTlRecord({ ...said, at: [24, 12, 31, 23, 59, 58] }),
  meaning: (said) => {
    const isMeasured = said.tenths <= 32_000;
    return [
      {
        event: "result",
        sample: null,
        number: String(said.test),
        channel: String(said.channel),
        assay: said.standard === 0 ? "GB/T 5009.199" : "NY/T 448",
        value: isMeasured ? `${Math.floor(said.tenths / 10)}.${said.tenths % 10}` : "NA",
        unit: "%",
        instrumentVerdict: isMeasured ? (["none", "positive", "negative", "none"][said.verdict] ?? "") : "invalid",
        at: "2024-12-31T23:59:58",
      },
    ];
  },
});

const decode = (bytes: Uint8Array): DeviceEvent[] => {
  const decoder = tl310.createDecoder();
  return [...decoder.push(bytes), ...decoder.end()];
};
const example: TlRecordSpec = {
  total: 2,
  record: 1,
  channel: 3,
  standard: 0,
  at: [24, 5, 17, 9, 30, 15],
  test: 5,
  tenths: 523,
  verdict: 1,
};

describe("tl-310 traps", () => {
  it("reads verdict 01 as over the limit and 02 as pass: the opposite of the Z-24", () => {
    const said = [1, 2, 0, 3].map((verdict) => decode(encodeTlRecord({ ...example, verdict }))[0]);
    expect(said).toMatchObject(
      ["positive", "negative", "none", "none"].map((instrumentVerdict) => ({ instrumentVerdict })),
    );
  });

  it.each([32_766, 32_767, 32_001, 65_535])("%i is NA and invalid, whatever verdict stands beside it", (tenths) => {
    expect(decode(encodeTlRecord({ ...example, tenths, verdict: 2 }))).toMatchObject([
      { value: "NA", instrumentVerdict: "invalid" },
    ]);
  });

  it("has no result for test number 0", () => {
    expect(decode(encodeTlRecord({ ...example, test: 0 }))).toMatchObject([{ event: "reply", meaning: "empty" }]);
  });

  it("frames by length: 7E and AA may stand in a record", () => {
    const tricky = { ...example, total: 0x7eaa, record: 0xaa7e, channel: 0x7e, test: 0xaa7e, tenths: 0x7c7e };
    expect(decode(encodeTlRecord(tricky)).map(({ event }) => event)).toEqual(["result"]);
  });

  it("takes the total of records low byte first, the test number high byte first", () => {
    const said = decode(encodeTlRecord({ ...example, total: 0x0102, test: 0x0304 }));
    expect(said).toMatchObject([{ number: "772" }]);
    expect(said.map((event) => event.event === "result" && tlTotalOf(event.raw))).toEqual([258]);
  });

  it("never reads a result from a record with one damaged bit", () => {
    const whole = encodeTlRecord(example);
    for (let at = 0; at < whole.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const damaged = whole.map((byte, index) => (index === at ? byte ^ (1 << bit) : byte));
        expect(decode(damaged).filter(({ event }) => event === "result")).toEqual([]);
      }
    }
  });

  it("asks in the bytes of the maker's software", () => {
    expect([tlIdentify(), tlReadLast(), tlReadAll()].map(toHex)).toEqual([
      "7e010100ff71aa",
      "7e150400ff0000002baa",
      "7e150400ffffffff4daa",
    ]);
    expect(toHex(encodeTlIdentified())).toBe("7e020400ff021010f8aa");
    expect(decode(fromHex("7e150400ff180511d8aa") ?? new Uint8Array(0))).toMatchObject([
      { meaning: "read", detail: "2024-05-17" },
    ]);
  });
});
