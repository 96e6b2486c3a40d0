import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { commonPriceBarcodeRules, gs1CheckDigit } from "../barcodes/price-barcode.ts";
import { bodyFault } from "../records/bodies.ts";
import {
  canonicalContent,
  intakeChannelOfTopic,
  intakeChannels,
  intakeTopics,
  type SaleMessage,
  saleMessageSchema,
  saleRecordOf,
  scaleEventMessageSchema,
  scaleEventRecordOf,
  testMessageSchema,
  testRecordOf,
  unknownMembers,
  weighingMessageSchema,
  weighingRecordOf,
} from "./index.ts";

const ref = { id: "20261125-000042", sha256: "ab".repeat(32) };
const rules = { protocol: "smart-scale", barcodes: commonPriceBarcodeRules, amountStepFen: 1 };

const leek = {
  item: "10086",
  chosenBy: "vision",
  confidence: 0.93,
  weight: "1.25",
  unit: "斤",
  unitPriceFen: 450,
  amountFen: 562,
};
const sale = (more: object = {}, line: object = {}): unknown => ({
  id: ref.id,
  at: "2026-11-25T09:15:02+08:00",
  receipt: "MC-7F3K",
  stall: "A12",
  vendor: "V-3391",
  lines: [{ ...leek, batch: "B-7", ...line }],
  amountFen: 562,
  ...more,
});

const fieldsOf = (input: unknown): string[] => {
  const read = saleMessageSchema.safeParse(input);
  return read.success ? [] : read.error.issues.map(({ path }) => path.join("."));
};

const recordOf = (input: unknown) => saleRecordOf(saleMessageSchema.parse(input), ref, rules);
const bodyOf = (input: unknown) => {
  const outcome = recordOf(input);
  if ("fault" in outcome) throw new Error(outcome.fault.en);
  expect(bodyFault("sale", outcome.body)).toBeUndefined();
  return outcome.body;
};
const withCheck = (digits: string): string => `${digits}${gs1CheckDigit(digits)}`;

describe("a sale as a device sends it", () => {
  it("becomes a record that keeps everything as said, with grams beside it", () => {
    expect(bodyOf(sale())).toEqual({
      protocol: "smart-scale",
      type: "sale",
      number: null,
      receipt: "MC-7F3K",
      at: "2026-11-25T09:15:02+08:00",
      department: null,
      store: null,
      scale: null,
      stall: "A12",
      vendor: "V-3391",
      lines: [
        {
          item: "10086",
          chosenBy: "vision",
          confidence: 0.93,
          batch: "B-7",
          unitSaid: "斤",
          soldBy: "weight",
          weight: "1.25",
          unit: "jin",
          grams: "625",
          count: null,
          tare: null,
          unitPriceFen: 450,
          grossAmountFen: null,
          amountFen: 562,
          mismatch: false,
          differenceFen: "-0.5",
        },
      ],
      amountFen: 562,
      message: ref,
    });
  });

  it("is flagged, not mended, when the amount does not fit", () => {
    const outcome = recordOf(sale({ amountFen: 600 }, { amountFen: 600 }));
    expect(outcome).toMatchObject({
      body: { amountFen: 600, lines: [{ amountFen: 600, mismatch: true, differenceFen: "37.5" }] },
      notes: [{ field: "lines[0].amountFen", en: "differs from quantity times price by 37.5 fen" }],
    });
  });

  it("is flagged when the total is not that of its lines", () => {
    expect(recordOf(sale({ amountFen: 700 }))).toMatchObject({
      body: { amountFen: 700, differenceFen: 138, lines: [{ mismatch: false }] },
      notes: [{ field: "amountFen" }],
    });
    expect(bodyOf(sale({ amountFen: 500, discountFen: 62 }))).not.toHaveProperty("differenceFen");
  });

  it("takes the price of another unit as it is meant", () => {
    expect(bodyOf(sale({}, { priceUnit: "公斤", amountFen: 281 })).lines[0]).toMatchObject({
      priceUnit: "kg",
      priceUnitSaid: "公斤",
      mismatch: false,
      differenceFen: "-0.25",
    });
  });

  it.each([
    [
      "a refund",
      { type: "refund", refersTo: { receipt: "MC-1" }, amountFen: -562 },
      { weight: "-1.25", amountFen: -562 },
    ],
    [
      "a void without lines",
      { type: "void", refersTo: { message: "20261125-000041" }, lines: [], amountFen: -562 },
      {},
    ],
    ["pieces", {}, { weight: undefined, unit: undefined, count: 3, unitPriceFen: 150, amountFen: 450 }],
    ["nothing at all on the scale", { amountFen: 0 }, { weight: "0.000", amountFen: 0 }],
  ])("may be %s", (_what, more, line) => {
    expect(bodyOf(sale(more, line))).toMatchObject(more);
  });

  it.each([
    ["no id", { id: undefined }, {}, "id"],
    ["an id with a blank", { id: "a b" }, {}, "id"],
    ["no line", { lines: [] }, {}, "lines"],
    ["a weight as a JSON number", {}, { weight: 1.25 }, "lines.0.weight"],
    ["a weight with a comma", {}, { weight: "1,25" }, "lines.0.weight"],
    ["a unit that nobody knows", {}, { unit: "捆" }, "lines.0.unit"],
    ["a weight without unit", {}, { unit: undefined }, "lines.0.unit"],
    ["weight and pieces", {}, { count: 1 }, "lines.0.count"],
    ["no quantity", {}, { weight: undefined, unit: undefined }, "lines.0.weight"],
    ["no item", {}, { item: undefined }, "lines.0.item"],
    ["no amount", {}, { amountFen: undefined }, "lines.0.amountFen"],
    ["an amount with a fraction", { amountFen: 562.5 }, {}, "amountFen"],
    ["an amount as text", { amountFen: "562" }, {}, "amountFen"],
    ["a negative sale", { amountFen: -1 }, {}, "amountFen"],
    ["a refund of nothing that was sold", { type: "refund", amountFen: -1 }, {}, "refersTo"],
    ["a refund that is positive", { type: "refund", refersTo: { receipt: "x" } }, {}, "amountFen"],
    ["a reference that names nothing", { type: "void", refersTo: {}, amountFen: 0 }, {}, "refersTo"],
    ["a time of another form", { at: "25.11.2026" }, {}, "at"],
    ["a confidence above 1", {}, { confidence: 93 }, "lines.0.confidence"],
    ["another way of choosing", {}, { chosenBy: "guess" }, "lines.0.chosenBy"],
    ["more lines than a receipt has", { lines: Array.from({ length: 101 }, () => leek) }, {}, "lines"],
  ])("is refused with %s, naming the member", (_what, more, line, field) => {
    expect(fieldsOf(sale(more, line))).toEqual([field]);
  });

  it("is refused as anything but an object", () => {
    for (const input of [null, [], "sale", 7]) expect(fieldsOf(input)).toEqual([""]);
  });

  it("never becomes a body that is none, whatever comes in", () => {
    const odd = fc.record(
      {
        id: fc.constant("a"),
        lines: fc.array(
          fc.record(
            {
              item: fc.string({ maxLength: 6 }),
              barcode: fc.string({ maxLength: 18 }),
              weight: fc.constantFrom("1.25", "-0", "000.5", "9".repeat(20)),
              unit: fc.constantFrom("斤", "lb", "TL.T", "克"),
              count: fc.integer({ min: -5, max: 5 }),
              unitPriceFen: fc.nat(99_999),
              priceUnit: fc.constantFrom("kg", "两"),
              amountFen: fc.integer({ min: -1_000, max: 1_000 }),
            },
            { requiredKeys: [] },
          ),
          { maxLength: 3 },
        ),
        amountFen: fc.integer({ min: -10, max: 1_000 }),
      },
      { requiredKeys: ["id", "amountFen"] },
    );
    fc.assert(
      fc.property(odd, (input) => {
        const read = saleMessageSchema.safeParse(input);
        if (!read.success) return;
        const outcome = saleRecordOf(read.data, ref, rules);
        if ("body" in outcome) expect(bodyFault("sale", outcome.body)).toBeUndefined();
      }),
    );
  });
});

describe("a line that gives only a barcode", () => {
  const only = (barcode: string) =>
    sale({}, { ...Object.fromEntries(Object.keys(leek).map((key) => [key, undefined])), barcode });

  it("is completed from 13 digits with the amount", () => {
    expect(bodyOf({ ...(only(withCheck("211008600562")) as object) }).lines[0]).toMatchObject({
      item: "10086",
      chosenBy: "barcode",
      soldBy: "unknown",
      amountFen: 562,
    });
  });

  it("is completed from 18 digits with amount and weight", () => {
    expect(bodyOf(only(withCheck("26100860056201250"))).lines[0]).toMatchObject({
      item: "10086",
      chosenBy: "barcode",
      weight: "1.250",
      unit: "kg",
      grams: "1250",
      amountFen: 562,
    });
  });

  it("is refused when the check digit is wrong, or the code tells no amount", () => {
    expect(recordOf(only("2110086005620"))).toMatchObject({ fault: { field: "lines[0].barcode" } });
    expect(recordOf(only(withCheck("690123456789")))).toMatchObject({ fault: { field: "lines[0].amountFen" } });
  });

  it("keeps what the line says beside another code, and says so", () => {
    const outcome = recordOf(sale({}, { barcode: withCheck("211008700999") }));
    expect(outcome).toMatchObject({
      body: { lines: [{ item: "10086", amountFen: 562 }] },
      notes: [{ field: "lines[0].item" }, { field: "lines[0].amountFen" }],
    });
  });
});

describe("the other messages", () => {
  it("become records that fit their schemas", () => {
    const weighing = weighingMessageSchema.parse({ id: "w1", weight: "2.5", unit: "斤", tare: "0.1", mode: "net" });
    const body = weighingRecordOf(weighing, ref, "smart-scale");
    expect(body).toMatchObject({ value: "2.5", unit: "jin", unitSaid: "斤", grams: "1250", tareGrams: "50" });
    expect(bodyFault("weighing", body)).toBeUndefined();
    for (const [event, state] of [
      ["zero", "zeroed"],
      ["tare", "tared"],
      ["calibration", "calibrated"],
      ["overload", "overload"],
    ] as const) {
      const record = scaleEventRecordOf(scaleEventMessageSchema.parse({ id: "e1", event }), ref, "smart-scale");
      expect(record.state).toBe(state);
      expect(bodyFault("scale-event", record)).toBeUndefined();
    }
  });

  it("judge a result by the assay's rule, beside the instrument's own verdict", () => {
    const message = testMessageSchema.parse({
      id: "t1",
      at: "2026-11-25T09:30:15+08:00",
      instrument: { name: "X-1" },
      specimenId: "S-1",
      item: "韭菜",
      assay: { code: "inhibition" },
      value: "50",
      unit: "%",
      instrumentVerdict: "negative",
    });
    const assays = [
      {
        code: "inhibition",
        method: "GB/T 5009.199-2003",
        direction: "above-is-positive",
        positiveFrom: "50",
        retests: 2,
      },
    ] as const;
    const body = testRecordOf(message, ref, { protocol: "smart-tester", assays });
    expect(body).toMatchObject({
      verdict: "positive",
      instrumentVerdict: "negative",
      retests: 2,
      completedAt: message.at,
    });
    expect(bodyFault("test", body)).toBeUndefined();
    expect(testRecordOf(message, ref, { protocol: "smart-tester", assays: [] }).verdict).toBe("none");
  });

  it("refuse a weight in motion", () => {
    const read = weighingMessageSchema.safeParse({ id: "w1", weight: "2.5", unit: "kg", stable: false });
    expect(read.error?.issues.map(({ path }) => path.join("."))).toEqual(["stable"]);
  });
});

describe("the content of a message", () => {
  it("is the same however it is written and whenever it is sent", () => {
    const one = { id: "a", lines: [{ b: 1, a: "x" }], sentAt: "2026-11-25T09:00:00Z" };
    const other = { sentAt: "2026-11-25T10:00:00Z", lines: [{ a: "x", b: 1 }], id: "a" };
    expect(canonicalContent("sales", one)).toBe(canonicalContent("sales", other));
    expect(canonicalContent("sales", one)).not.toBe(canonicalContent("weighings", one));
    expect(canonicalContent("sales", one)).not.toBe(canonicalContent("sales", { ...one, lines: [{ a: "y", b: 1 }] }));
  });

  it("names the members that nobody knows", () => {
    const input = { ...(sale({}, { colour: "green" }) as Record<string, unknown>), mood: 1 };
    expect(unknownMembers(input, saleMessageSchema.parse(input)).sort()).toEqual(["lines[0].colour", "mood"]);
    expect(unknownMembers(sale(), saleMessageSchema.parse(sale()) as SaleMessage)).toEqual([]);
  });
});

describe("topics", () => {
  it("are a device's own, and only channels that exist", () => {
    for (const channel of Object.keys(intakeChannels) as (keyof typeof intakeChannels)[]) {
      expect(intakeChannelOfTopic("scale-1", intakeTopics.publish("scale-1", channel))).toBe(channel);
      expect(intakeChannelOfTopic("scale-1", intakeTopics.publish("scale-11", channel))).toBeUndefined();
    }
    for (const topic of [intakeTopics.answers("scale-1"), "intake/v1/scale-1/toString", "intake/v1/scale-1/sales/x"])
      expect(intakeChannelOfTopic("scale-1", topic)).toBeUndefined();
  });
});
