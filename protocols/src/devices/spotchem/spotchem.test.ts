import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeCodec } from "../../../test/codec-contract.ts";
import type { DeviceEvent } from "../device-event.ts";
import { spotchem } from "./codec.ts";
import { encodeSpotchem, type SpotchemSpec } from "./encode.ts";

/** No checksum: date, time and `ID#` between STX and ETX. */
const formFits = (frame: Uint8Array): boolean => {
  const end = frame.indexOf(0x03);
  const text = String.fromCharCode(...frame.subarray(1, end));
  const isText = frame.subarray(1, end).every((byte) => byte >= 0x20);
  return frame[0] === 0x02 && end > 0 && isText && /^\d\d\/\d\d\/\d\d +\d\d:\d\d +ID#/.test(text);
};

const spec = fc.record({
  id: fc.string({ unit: fc.constantFrom(...Array.from("ABC019-_")), minLength: 1, maxLength: 10 }),
  tenths: fc.array(fc.nat({ max: 9999 }), { minLength: 1, maxLength: 3 }),
});
const names = ["Na", "K", "Cl"];

describeCodec(spotchem, {
  confirms: formFits,
  vitalByte: 0,
  spec,
  encode: ({ id, tenths }) =>
    encodeSpotchem({
      id,
      sampleType: "B. Plasma",
      at: "24/12/31 23:59",
      values: tenths.map((value, index) => [names[index] ?? "", (value / 10).toFixed(1), "mmol/L"] as const),
    }),
  meaning: ({ id, tenths }) =>
    tenths.map((value, index) => ({
      event: "result",
      sample: id,
      assay: names[index],
      value: (value / 10).toFixed(1),
      unit: "mmol/L",
      instrumentVerdict: "none",
      at: "2024-12-31T23:59:00",
    })),
});

const decode = (spec: Partial<SpotchemSpec>): DeviceEvent[] => {
  const whole = { id: "A1", sampleType: "Serum", at: "24/05/17 09:30", values: [["K", "9.7", "mmol/L"]] as const };
  const decoder = spotchem.createDecoder();
  return [...decoder.push(encodeSpotchem({ ...whole, ...spec })), ...decoder.end()];
};

describe("spotchem traps", () => {
  it("believes no printout with a missing value: the columns behind it would move", () => {
    const missing = [
      ["Na", "", "mmol/L"],
      ["K", "9.7", "mmol/L"],
    ] as const;
    expect(decode({ values: missing }).map(({ event }) => event)).toEqual(["discarded"]);
  });

  it.each(["24/13/17 09:30", "24/05/17 24:30"])("believes no printout of %s", (at) => {
    expect(decode({ at }).filter(({ event }) => event === "result")).toEqual([]);
  });

  it("takes what is no number as it stands", () => {
    expect(decode({ values: [["K", "----", "mmol/L"]] })).toMatchObject([{ value: "----" }]);
  });
});
