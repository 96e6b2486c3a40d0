import { z } from "zod";
import { chosenBy, confidence, decimalText, envelope, fenNumber, saidUnit, someText } from "./message-fields.ts";

/** Lines of one sale. */
export const maxSaleLines = 100;

const lineSchema = z
  .object({
    item: someText(64).optional().describe("商品编码 / item code; may be left out where the barcode says it."),
    name: someText(128).optional().describe("秤上显示的名称 / the item's name as the scale shows it."),
    chosenBy,
    confidence,
    barcode: someText(64)
      .optional()
      .describe("扫描的条码，含 13 或 18 位价格条码 / the code that was scanned, price barcodes included."),
    batch: someText(64).optional().describe("批次 / batch."),
    weight: decimalText.optional().describe("重量，退货为负 / weight, decimal text; negative for what comes back."),
    unit: saidUnit.optional().describe("重量单位，秤上怎么写就怎么写 / the weight's unit as the scale writes it."),
    tare: decimalText.optional().describe("皮重，同一单位 / tare in the same unit."),
    count: z
      .int()
      .min(-1_000_000)
      .max(1_000_000)
      .optional()
      .describe("件数（按件出售） / pieces, where sold by count."),
    unitPriceFen: fenNumber.min(0).optional().describe("单价，分 / price of one unit, in fen."),
    priceUnit: saidUnit
      .optional()
      .describe("单价的单位，省略时与 unit 相同 / the unit that the price is for; left out: the same as unit."),
    grossAmountFen: fenNumber.optional().describe("优惠前金额，分 / amount before a discount, in fen."),
    amountFen: fenNumber
      .optional()
      .describe(
        "秤算出的金额，分 / amount as the scale computed it, in fen; only a barcode with the amount may stand for it.",
      ),
  })
  .superRefine((line, context) => {
    const refuse = (field: string, message: string) => context.addIssue({ code: "custom", path: [field], message });
    if (line.item === undefined && line.barcode === undefined)
      refuse("item", "须有 item 或 barcode / item or barcode is needed");
    if (line.weight !== undefined && line.count !== undefined)
      refuse("count", "weight 与 count 只能有一个 / weight or count, not both");
    if (line.weight === undefined && line.count === undefined && line.barcode === undefined)
      refuse("weight", "须有 weight 或 count / weight or count is needed");
    if (line.weight !== undefined && line.unit === undefined)
      refuse("unit", "weight 须带 unit / weight needs its unit");
    if (line.weight === undefined && line.tare !== undefined) refuse("tare", "没有 weight / there is no weight");
    if (line.amountFen === undefined && line.barcode === undefined)
      refuse("amountFen", "须为秤算出的金额 / the amount that the scale computed is needed");
  })
  .meta({ id: "SaleLine" });

const refersToSchema = z
  .object({
    receipt: someText(128).optional().describe("原小票码 / the original's receipt code."),
    message: someText(64).optional().describe("原消息编号 / the original's message id."),
  })
  .refine(
    ({ receipt, message }) => receipt !== undefined || message !== undefined,
    "须有 receipt 或 message / receipt or message is needed",
  )
  .optional()
  .describe("退货、作废所对应的原销售 / what a refund or void takes back.");

/** A sale, a refund, or the voiding of a sale. */
export const saleMessageSchema = z
  .object({
    ...envelope,
    type: z
      .enum(["sale", "refund", "void"])
      .default("sale")
      .describe("销售、退货、整单作废 / a sale; goods come back; a whole sale is taken back."),
    refersTo: refersToSchema,
    receipt: someText(128).optional().describe("小票码 / code of the printed receipt."),
    number: someText(64).optional().describe("秤上的流水号 / the scale's own number of the sale."),
    stall: someText(64).optional().describe("摊位 / stall."),
    vendor: someText(64).optional().describe("经营者编号，不是姓名 / vendor's code, never a name."),
    lines: z.array(lineSchema).max(maxSaleLines).default([]).describe("明细 / what was sold."),
    discountFen: fenNumber.min(0).optional().describe("整单优惠，分 / taken off the whole sale, in fen."),
    amountFen: fenNumber.describe(
      "秤算出的总额，分；退货和作废为负或零 / total as the scale computed it, in fen; refunds and voids: 0 or below.",
    ),
  })
  .superRefine(({ type, refersTo, lines, amountFen }, context) => {
    const refuse = (field: string, message: string) => context.addIssue({ code: "custom", path: [field], message });
    if (type !== "sale" && refersTo === undefined)
      refuse("refersTo", "退货和作废须写明原销售 / a refund or void must name the original sale");
    if (type !== "void" && lines.length === 0) refuse("lines", "至少一行 / at least one line");
    if (type === "sale" && amountFen < 0)
      refuse("amountFen", '销售总额不能为负；退货请用 type "refund" / a sale is not negative; use type "refund"');
    if (type !== "sale" && amountFen > 0)
      refuse("amountFen", "退货和作废的总额须为负或零 / a refund's or void's total is 0 or below");
  });

/** A sale as a device sends it, checked. */
export type SaleMessage = z.output<typeof saleMessageSchema>;
export type SaleMessageLine = SaleMessage["lines"][number];
