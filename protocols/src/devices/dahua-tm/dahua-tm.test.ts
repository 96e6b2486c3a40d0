import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeCodec } from "../../../test/codec-contract.ts";
import { dahuaPluIn, dahuaTm } from "./codec.ts";
import { encodeDahuaSale } from "./encode.ts";

const two = (number: number): string => number.toString().padStart(2, "0");

describeCodec(dahuaTm, {
  confirms: (frame) => /^0j\d{4}a(\d{56,57}b)?c/.test(String.fromCharCode(...frame)),
  spec: fc
    .record({
      number: fc.integer({ min: 1, max: 9999 }),
      month: fc.integer({ min: 1, max: 12 }),
      plu: fc.nat({ max: 9999 }),
      byPiece: fc.boolean(),
      quantity: fc.nat({ max: 99_999 }),
      unitPriceFen: fc.nat({ max: 9999 }),
    })
    .map((spec) => ({
      ...spec,
      amountFen: Math.round((spec.quantity * spec.unitPriceFen) / (spec.byPiece ? 1 : 1000)) % 10_000_000,
    })),
  encode: (spec) => encodeDahuaSale(spec.number, { ...spec, time: `24${two(spec.month)}170930` }),
  meaning: (spec) => {
    const kilograms = `${Math.floor(spec.quantity / 1000)}.${(spec.quantity % 1000).toString().padStart(3, "0")}`;
    const exact = (spec.quantity * spec.unitPriceFen) / (spec.byPiece ? 1 : 1000);
    return [
      {
        event: "sale",
        number: spec.number.toString().padStart(4, "0"),
        at: `2024-${two(spec.month)}-17T09:30`,
        item: spec.plu.toString().padStart(4, "0"),
        soldBy: spec.byPiece ? "count" : "weight",
        weight: spec.byPiece ? null : kilograms,
        unit: spec.byPiece ? null : "kg",
        count: spec.byPiece ? spec.quantity.toString() : null,
        tare: null,
        unitPriceFen: spec.unitPriceFen,
        grossAmountFen: spec.amountFen,
        amountFen: spec.amountFen,
        department: "00",
        store: "03",
        scale: "01",
        unexplained: "00000000000",
        mismatch: Math.abs(exact - spec.amountFen) > 99,
      },
    ];
  },
});

describe("an article of the list", () => {
  it("has its name in zones and positions of GB 2312, or in bytes", () => {
    const line = (name: string) => `0012A0000012000880100000000020100000000000000000000B${name}CDE`;
    expect(dahuaPluIn(line("18664252"))).toEqual({
      plu: "0012",
      itemCode: "0000012",
      unitPriceFen: 880,
      soldBy: "count",
      name: "测试",
    });
    expect(dahuaPluIn(line("065066000"))?.name).toBe("AB");
    expect(dahuaPluIn("0012")).toBeNull();
  });
});
