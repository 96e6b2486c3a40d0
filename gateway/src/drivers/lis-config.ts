import { lisEncodings } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { assaysOption } from "./assay-config.ts";

/** Options of a LIS02-A2 tester. */
export const lisConfigSchema = z.strictObject({
  assays: assaysOption(),
  encoding: z
    .enum(lisEncodings)
    .default("auto")
    .describe(
      "文字编码；auto：合法则为 UTF-8，否则 GB18030（GBK、GB2312） / text encoding; auto: UTF-8 when valid, otherwise GB18030 (GBK, GB2312).",
    ),
  frameNumbers: z
    .enum(["strict", "ignored"])
    .default("strict")
    .describe(
      "帧号检查；ignored 用于不计帧号的仪器 / frame numbers; ignored: for instruments that do not count their frames.",
    ),
  sevenBit: z
    .boolean()
    .default(false)
    .describe(
      "屏蔽校验位：以 8 位打开的端口上的 7 位线路 / mask the parity bit: a 7-bit line through a port opened with 8 bits.",
    ),
  receiverTimeoutMs: z
    .int()
    .min(1000)
    .max(600_000)
    .default(30_000)
    .describe(
      "传输中多少毫秒没有帧即放弃（LIS01-A2 第 6.5.2 节） / a transfer without a frame for this long, in milliseconds, is given up (LIS01-A2 section 6.5.2).",
    ),
});
