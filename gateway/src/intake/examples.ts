import type { IntakeChannel } from "@mingcheng/protocols/intake";

/** A message as a device would send it; all are sent to a running gateway by a test. */
export interface IntakeExample {
  readonly name: string;
  readonly channel: IntakeChannel;
  readonly zh: string;
  readonly en: string;
  readonly message: Readonly<Record<string, unknown>>;
}

const at = "2026-11-25T09:15:02+08:00";

/** Examples of every kind of message, for the OpenAPI document and the page. */
export const intakeExamples: readonly IntakeExample[] = [
  {
    name: "sale",
    channel: "sales",
    zh: "一笔销售：识别选品，以斤计价，另有按件的一行",
    en: "a sale: chosen by the camera, priced by 斤, and a line sold by count",
    message: {
      id: "20261125-000042",
      at,
      receipt: "MC7F3K9Q2X",
      number: "42",
      stall: "A12",
      vendor: "V-3391",
      lines: [
        {
          item: "10086",
          name: "韭菜",
          chosenBy: "vision",
          confidence: 0.93,
          batch: "B20261125-07",
          weight: "1.25",
          unit: "斤",
          unitPriceFen: 450,
          priceUnit: "斤",
          amountFen: 562,
        },
        { item: "20011", name: "鸡蛋", chosenBy: "plu-key", count: 10, unitPriceFen: 80, amountFen: 800 },
      ],
      amountFen: 1362,
    },
  },
  {
    name: "barcode",
    channel: "sales",
    zh: "只扫 18 位价格条码",
    en: "a line that gives only a price barcode of 18 digits",
    message: { id: "20261125-000043", at, lines: [{ barcode: "261008600562012502" }], amountFen: 562 },
  },
  {
    name: "refund",
    channel: "sales",
    zh: "退货，写明原小票",
    en: "a refund, naming the original receipt",
    message: {
      id: "20261125-000044",
      at,
      type: "refund",
      refersTo: { receipt: "MC7F3K9Q2X" },
      lines: [{ item: "10086", weight: "-1.25", unit: "斤", unitPriceFen: 450, amountFen: -562 }],
      amountFen: -562,
    },
  },
  {
    name: "void",
    channel: "sales",
    zh: "整单作废，写明原消息",
    en: "a whole sale is taken back, naming the original message",
    message: { id: "20261125-000045", at, type: "void", refersTo: { message: "20261125-000043" }, amountFen: -562 },
  },
  {
    name: "weighing",
    channel: "weighings",
    zh: "一次称重",
    en: "a settled load",
    message: { id: "20261125-w0107", at, weight: "0.625", unit: "公斤", mode: "net", tare: "0.015" },
  },
  {
    name: "calibration",
    channel: "events",
    zh: "标定",
    en: "somebody calibrated the scale",
    message: { id: "20261125-e0003", at, event: "calibration", detail: "counter 17" },
  },
  {
    name: "test",
    channel: "tests",
    zh: "农残快检结果",
    en: "a result of a pesticide rapid test",
    message: {
      id: "8c0f6f5e-5df2-4a0e-9d0b-0f3f6f1f0a11",
      at,
      instrument: { name: "NC-800", version: "2.4", serial: "NC8-00317" },
      specimenId: "S-20261125-014",
      item: "韭菜",
      assay: { code: "inhibition", name: "农残抑制率" },
      value: "62.3",
      unit: "%",
      instrumentVerdict: "positive",
      completedAt: "2026-11-25T09:14:40+08:00",
    },
  },
  {
    name: "heartbeat",
    channel: "heartbeats",
    zh: "心跳",
    en: "a sign of life",
    message: { at, software: "3.1.0", pending: 0, printer: "ok" },
  },
];
