import { isIP } from "node:net";
import { z } from "zod";
import { offsetPattern } from "../clock/offset-text.ts";
import { isLoopback } from "./web-config.ts";

const line = (length: number) =>
  z
    .string()
    .min(1)
    .max(length)
    // Nothing that would turn the direction of what follows, or break a line.
    .regex(/^[^\p{Cc}\p{Cf}\u2028\u2029]+$/u, "须为一行文字 / must be one line of text");

const number = z.number().min(-100_000).max(100_000);

const stallSchema = z.strictObject({
  label: line(16).describe("摊位号 / what is written on the stall."),
  box: z
    .tuple([number, number, number.positive(), number.positive()])
    .describe("左、上、宽、高，任意单位 / left, top, width, height, in any unit."),
  trade: line(16).optional().describe("经营类别 / what is sold there."),
  device: z.string().min(1).max(64).optional().describe("该摊位的秤 / the scale of this stall."),
});

const noticeSchema = z.strictObject({
  zh: line(120).describe("通知（中文） / the notice in Chinese."),
  en: line(240).optional().describe("通知（英文） / the notice in English."),
  until: z.iso
    .datetime({ offset: true })
    .describe("到期后不再显示，如 2026-12-01T00:00:00+08:00 / not shown any more from then on."),
});

/** Notices and where the stalls are: what the centre may set from afar, too. */
export const marketScreenContentSchema = {
  stalls: z
    .array(stallSchema)
    .max(500)
    .default([])
    .describe("摊位图；省略时不显示 / map of the stalls; left out: none."),
  notices: z.array(noticeSchema).max(20).default([]).describe("通知 / notices."),
};

/** The public screen of a market. */
export const marketScreenSchema = z
  .strictObject({
    host: z
      .string()
      .refine((host) => isLoopback(host) || isIP(host) !== 0, "须为本机地址 / must be an address of this box")
      .default("127.0.0.1")
      .describe(
        "监听地址；127.0.0.1 只限本机所接屏幕（明文），其他地址对该网络公开并自动使用 TLS / address to listen on; 127.0.0.1: a screen at this box only, in plain text; any other is public to its network, with TLS.",
      ),
    port: z.int().min(0).max(65_535).default(8098).describe("端口，0 为任意空闲端口 / port, 0 takes any free one."),
    names: z
      .array(z.string().regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, "须为小写域名 / must be a name in lower case"))
      .max(16)
      .default([])
      .describe("浏览器中可用的其他域名 / further names by which browsers may ask."),
    utcOffset: z
      .string()
      .regex(offsetPattern, "须形如 +08:00 / must be like +08:00")
      .default("+08:00")
      .describe(
        "“今日”和时间所用时区，与系统时区无关 / offset of the market's time from UTC, whatever the system's is.",
      ),
    title: line(40).optional().describe("屏幕标题；省略时为场所名称 / title; left out: the site's name."),
    cameras: z
      .array(z.string().min(1).max(64))
      .max(4)
      .default([])
      .describe(
        "在屏幕上公开画面的摄像机通道，须已启用 cameras.view / channels whose picture is public on this screen; needs cameras.view.",
      ),
    ...marketScreenContentSchema,
  })
  .optional()
  .describe("市场公示屏（公开、只读）；省略时不启动 / the public screen of the market, read-only; left out: none.");

/** See {@link marketScreenSchema}. */
export type MarketScreenConfig = NonNullable<z.output<typeof marketScreenSchema>>;
