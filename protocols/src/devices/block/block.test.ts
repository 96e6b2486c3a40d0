import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeCodec } from "../../../test/codec-contract.ts";
import { saidReading, weightText } from "../../../test/weights.ts";
import { eventAsJson } from "../event-json.ts";
import { block, blockOf, defaultBlockFormat } from "./codec.ts";
import { encodeTicket } from "./encode.ts";

const labels = /Net|N\.W\.|Gross|G\.W\.|[\x80-\xff]/i;

describeCodec(block, {
  confirms: (frame) => labels.test(String.fromCharCode(...frame)),
  vitalByte: 0,
  spec: fc.record({ net: weightText(6, 3), unit: fc.constantFrom("kg", "g") }),
  encode: encodeTicket,
  meaning: ({ net, unit }) => [saidReading({ value: net, unit, mode: "net" })],
});

describe("block formats", () => {
  it("reads prices and amount as a sale, and flags an amount that does not fit", () => {
    const codec = blockOf({
      ...defaultBlockFormat,
      start: "票号",
      encoding: "utf-8",
      number: "票号\\s*(\\d+)",
      item: "品名\\s*(\\S+)",
      unitPrice: "单价\\s*([\\d.]+)",
      amount: "金额\\s*([\\d.]+)",
    });
    const sold = (amount: string) => {
      const decoder = codec.createDecoder();
      const text = `票号 17\n品名 白菜\n皮重 0.100kg\n净重 0.780kg\n单价 20.00\n金额 ${amount}\n~P1`;
      return decoder.push(new TextEncoder().encode(text)).map((event) => eventAsJson(event));
    };
    expect(sold("15.60")).toMatchObject([
      { event: "reading", value: "0.780", unit: "kg", tare: "0.100" },
      { event: "sale", number: "17", item: "白菜", unitPriceFen: 2000, amountFen: 1560, mismatch: false },
    ]);
    expect(sold("25.60")).toMatchObject([{ event: "reading" }, { event: "sale", amountFen: 2560, mismatch: true }]);
  });

  it("ends a ticket without a mark when the line falls quiet", () => {
    const decoder = block.createDecoder();
    expect(decoder.push(new TextEncoder().encode("Net: 1.250 kg\r\n"))).toEqual([]);
    expect(decoder.idle()).toMatchObject([{ event: "reading", value: "1.250", mode: "net" }]);
  });
});
