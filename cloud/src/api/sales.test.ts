import { todaySchema } from "@mingcheng/protocols/api";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sampleEid } from "../../test/memory-ledger.ts";
import { TestedReader } from "../../test/tested-reader.ts";
import { Cover } from "../users/cover.ts";

const dayMs = 24 * 3_600_000;
/** 2026-11-23 00:00 in Shanghai. */
const midnightMs = Date.parse("2026-11-22T16:00:00Z");
const noonMs = midnightMs + dayMs / 2;

let tested: TestedReader;
beforeEach(() => {
  tested = new TestedReader();
  tested.nowMs = midnightMs + dayMs - 1;
});
afterEach(() => tested.close());

const line = (item: string, grams: string, amountFen: number, more: object = {}) => ({
  item,
  chosenBy: "vision",
  soldBy: "weight",
  weight: "1.25",
  unit: "jin",
  unitSaid: "斤",
  grams,
  count: null,
  tare: null,
  unitPriceFen: 450,
  grossAmountFen: null,
  amountFen,
  mismatch: false,
  differenceFen: "0",
  ...more,
});

const sale = (lines: readonly ReturnType<typeof line>[], amountFen: number, more: object = {}) => ({
  protocol: "smart-scale",
  type: "sale",
  number: null,
  receipt: "R-1",
  at: null,
  department: null,
  store: null,
  scale: null,
  stall: "A12",
  lines: [...lines],
  amountFen,
  ...more,
});

/** As a label scale reports it, without stall, receipt or type. */
const plainSale = (amountFen: number) => {
  const { type: _type, receipt: _receipt, stall: _stall, ...rest } = sale([line("0007", "780", amountFen)], amountFen);
  return rest;
};

const sales = (gw: string | null = null) => {
  tested.centre.project();
  const today = tested.reader.today(gw, Cover.everything);
  expect(todaySchema.parse(today)).toEqual(today);
  return today.sales;
};

describe("the day's sales", () => {
  it("are summed exactly, refunds and voids taken off, by stall and item", () => {
    const refersTo = { receipt: "R-1", message: null };
    tested.commit(
      { kind: "sale", body: sale([line("1", "625", 562, { name: "韭菜" }), line("2", "0.5", 100)], 662) },
      noonMs,
    );
    tested.commit(
      { kind: "sale", body: sale([line("1", "-625", -562)], -562, { type: "refund", refersTo }) },
      noonMs + 1,
    );
    tested.commit({ kind: "sale", body: sale([], -100, { type: "void", refersTo }) }, noonMs + 2);
    tested.commit({ kind: "sale", dev: "scale-2", body: plainSale(300) }, noonMs + 3);
    expect(sales()).toMatchObject({
      ...{ sales: 2, refunds: 1, voids: 1, amountFen: 300, mismatches: 0 },
      stalls: [
        { stall: null, sales: 1, lines: 1, grams: "780", amountFen: 300 },
        { stall: "A12", sales: 1, lines: 3, grams: "0.5", amountFen: 0 },
      ],
      items: [
        { item: "0007", lines: 1, grams: "780", amountFen: 300 },
        { item: "2", lines: 1, grams: "0.5", amountFen: 100 },
        { item: "1", name: "韭菜", lines: 2, grams: "0", amountFen: 0 },
      ],
      newest: [
        { dev: "scale-2", type: "sale", receipt: null, stall: null },
        { type: "void", amountFen: -100, lines: [] },
        { type: "refund", receipt: "R-1" },
        { type: "sale", lines: [{ item: "1", quantity: "1.25 斤", grams: "625", chosenBy: "vision" }, { item: "2" }] },
      ],
    });
  });

  it("show which amounts do not fit", () => {
    const odd = line("1", "625", 600, { mismatch: true, differenceFen: "37.5" });
    tested.commit({ kind: "sale", body: sale([odd], 600) }, noonMs);
    expect(sales()).toMatchObject({ mismatches: 1, newest: [{ mismatches: 1, lines: [{ differenceFen: "37.5" }] }] });
  });

  it("leave other days, other gateways and disputed lines out, and are listed fifty at most", () => {
    const disputed = "f".repeat(32);
    for (let index = 0; index < 60; index++) tested.commit({ kind: "sale", body: plainSale(1) }, noonMs + index);
    tested.commit({ kind: "sale", body: plainSale(10) }, midnightMs - 1);
    tested.commit({ kind: "sale", body: plainSale(100), gw: "market-b" }, noonMs);
    tested.commit({ kind: "sale", body: plainSale(1_000), eid: disputed }, noonMs);
    tested.centre.project();
    tested.centre.dispute(disputed, "disputed");
    expect(sampleEid).not.toBe(disputed);
    expect(sales()).toMatchObject({ sales: 61, amountFen: 160 });
    expect(sales().newest).toHaveLength(50);
    expect(sales("market-b")).toMatchObject({ sales: 1, amountFen: 100 });
  });

  it("are seen by nobody outside their area", () => {
    tested.commit({ kind: "sale", body: plainSale(100) }, noonMs);
    tested.centre.project();
    const { sales: seen } = tested.reader.today(null, Cover.nothing);
    expect(seen).toMatchObject({ sales: 0, amountFen: 0, newest: [], stalls: [], items: [] });
  });
});
