import { dahuaTm, encodeDahuaRead, encodeDahuaReadPlu } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { createDahuaSession } from "./dahua-session.ts";
import { defineDriver } from "./define-driver.ts";

/** Options of a Dahua TM label scale. */
export const dahuaTmConfigSchema = z.strictObject({
  pollIntervalMs: z
    .int()
    .min(100)
    .max(3_600_000)
    .default(500)
    .describe(
      "没有新记录时每隔多少毫秒询问一次 / while there is nothing new, the scale is asked again after so many milliseconds.",
    ),
  replyTimeoutMs: z
    .int()
    .min(100)
    .max(60_000)
    .default(2500)
    .describe("等待回答的毫秒数 / so long an answer is waited for, in milliseconds."),
  firstRecord: z
    .int()
    .min(1)
    .max(9999)
    .default(1)
    .describe("首次连接时从第几条记录读起 / number of the record to begin with when nothing was read yet."),
  readArticles: z
    .boolean()
    .default(true)
    .describe(
      "读取商品（PLU）名称写入销售记录 / read the names of articles (PLU) and write them into sales; a scale that does not tell them is asked at most every ten minutes.",
    ),
});

/** Records of a scale, numbered from 1. */
const recordCount = 9999;

/**
 * Dahua 大华 TM label scales: sales records over TCP 4001, or the same lines on COM 9600 8N1. One client at a time, one
 * request on the way. The protocol has lines that erase; none exists here.
 */
export const dahuaTmDriver = defineDriver({
  protocol: dahuaTm.id,
  displayName: dahuaTm.displayName,
  deviceClass: "scale",
  transportDefaults: { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1 },
  // Made when asked for: a megabyte that only tests and probing need.
  get requests() {
    const numbers = Array.from({ length: recordCount }, (_unused, index) => index + 1);
    const articles = numbers.map((number) => encodeDahuaReadPlu(number.toString().padStart(4, "0")));
    return [...numbers.map(encodeDahuaRead), ...articles];
  },
  yields: "sale",
  configSchema: dahuaTmConfigSchema,
  example: {},
  createSession: createDahuaSession,
});
