import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { MingchengError } from "@mingcheng/protocols";
import { LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import { channelSettings } from "../channels/index.ts";
import { retentionSettings } from "../retention/data-classes.ts";
import { timeseriesSettings } from "../timeseries/settings.ts";
import { type ConfigIssue, issuesOf, type LineOf, linesIn } from "./config-issue.ts";

const host = z.string().min(1).max(253);
const port = z.int().min(0).max(65_535);

const listener = (defaultPort: number, zh: string, en: string) =>
  z
    .strictObject({
      host: host.default("0.0.0.0").describe(`${zh}：监听地址 / address to listen on for ${en}.`),
      port: port.default(defaultPort).describe("端口，0 为任意空闲端口 / port, 0 takes any free one."),
    })
    .prefault({});

/** Whether a name like `Asia/Shanghai` is a time zone. */
export const isTimeZone = (name: string): boolean => {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
};

/** The centre's configuration. Strict: unknown options are refused. Every option has a default. */
export const cloudConfigSchema = z.strictObject({
  centreName: z
    .string()
    .min(1)
    .max(64)
    .default("Mingcheng 明秤")
    .describe("中心名称，显示在界面和证书中 / name of the centre, shown on screens and in its certificate."),
  publicHost: host
    .optional()
    .describe(
      "网关访问中心所用的域名或地址，默认本机名；写入登记码 / name or address under which gateways reach the centre, by default this machine's name; part of every enrolment code.",
    ),
  timezone: z
    .string()
    .refine(isTimeZone, "不是时区，例如 Asia/Shanghai / not a time zone, e.g. Asia/Shanghai")
    .default("Asia/Shanghai")
    .describe("“今日”所用时区 / time zone of what is called today."),
  mqtts: listener(8883, "网关接入（MQTT/TLS）", "gateways (MQTT over TLS)"),
  https: listener(8443, "界面、接口和登记（HTTPS）", "screens, API and enrolment (HTTPS)"),
  media: z
    .strictObject({
      host: host.default("0.0.0.0").describe("监听地址 / address to listen on."),
      port: port.default(8444).describe("端口，0 为任意空闲端口 / port, 0 takes any free one."),
      publicViewers: z
        .int()
        .min(0)
        .max(1_000)
        .default(50)
        .describe("每个公开通道最多的公众观众 / viewers of the public that one camera may have."),
    })
    .nullable()
    .default(null)
    .describe(
      "后厨视频（WebSocket/TLS），网关和浏览器连接此端口，例如 { port: 8444 }；null 为不启用 / video of kitchens (WebSocket over TLS) for gateways and browsers, e.g. { port: 8444 }; null: none.",
    ),
  health: z
    .strictObject({
      host: z
        .enum(["127.0.0.1", "::1", "localhost"])
        .default("127.0.0.1")
        .describe(
          "健康检查和指标（HTTP，不加密）：只监听本机回环地址 / health and metrics (plain HTTP): loopback only, nothing here is protected by a password.",
        ),
      port: port.default(8080).describe("端口，0 为任意空闲端口 / port, 0 takes any free one."),
    })
    .prefault({}),
  rules: z
    .string()
    .max(4096)
    .nullable()
    .default(null)
    .describe("预警规则文件；null 为内置规则 / file of alert rules; null: the built-in ones."),
  routing: z
    .string()
    .max(4096)
    .nullable()
    .default(null)
    .describe(
      "预警分派文件：谁在何时限内处置，见 docs/alerts.md；null 为内置的三级分派 / file that says who is told of alerts and until when, see docs/alerts.md; null: the built-in one.",
    ),
  channels: z
    .array(channelSettings)
    .max(32)
    .default([{ type: "console" }])
    .describe("预警通知渠道，见 docs/channels.md / where alerts go, see docs/channels.md."),
  backup: z
    .strictObject({
      dir: z.string().min(1).max(4096),
      everyHours: z.number().min(0.1).max(720).default(6),
      keep: z.int().min(1).max(1_000).default(14),
    })
    .nullable()
    .default(null)
    .describe(
      "定期备份（不含私钥），例如 { dir: /backup, everyHours: 6, keep: 14 }；null 为不做 / scheduled backups, without private keys, e.g. { dir: /backup, everyHours: 6, keep: 14 }; null: none.",
    ),
  reports: z
    .strictObject({
      at: z
        .string()
        .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, "不是时刻，例如 06:30 / not a time of day, e.g. 06:30")
        .nullable()
        .default("06:30")
        .describe(
          "每天几点起生成前一天（周一还有前一周）的报表；null 为不生成 / time of day from which the day before is due, on Mondays the week; null: none.",
        ),
      dir: z
        .string()
        .min(1)
        .max(4096)
        .nullable()
        .default(null)
        .describe(
          "另存 Excel 和网页的目录；null 为不另存 / directory that workbooks and pages are written to, too; null: none.",
        ),
      languages: z
        .array(z.enum(["zh", "en"]))
        .min(1)
        .max(2)
        .default(["zh"])
        .describe("另存文件的语言 / languages of these files."),
      settleDays: z
        .int()
        .min(0)
        .max(31)
        .default(3)
        .describe(
          "此后几天内每天重算，数字有变则另存一版 / days on which it is read again: what came late makes another revision.",
        ),
      keepDays: z.int().min(31).max(36_500).default(1_825).describe("保留天数 / days that they are kept."),
    })
    .prefault({})
    .describe("定时报表，见 docs/reports.md / reports on schedule, see docs/reports.md."),
  quota: z
    .strictObject({
      dailyMiB: z
        .int()
        .min(16)
        .max(1_048_576)
        .nullable()
        .default(4_096)
        .describe(
          "每个网关每天（UTC）最多写入账本的 MiB；超出部分留在网关，次日继续；null 为不限 / MiB that one gateway may add to the ledger in a day (UTC); what is more waits at the gateway; null: no limit.",
        ),
    })
    .prefault({}),
  timeseries: timeseriesSettings
    .nullable()
    .default(null)
    .describe(
      "时序数据库（InfluxDB），供 Grafana 使用，见 docs/timeseries.md，例如 { api: v1, url: http://127.0.0.1:8086 }；null 为不使用 / time series server (InfluxDB) for Grafana, see docs/timeseries.md, e.g. { api: v1, url: http://127.0.0.1:8086 }; null: none.",
    ),
  retention: retentionSettings.describe(
    "各类数据保存多少天，到期抹去 / how many days each class of data is kept before it is erased (docs/retention.md).",
  ),
  log: z
    .strictObject({
      level: z.enum(["debug", "info", "warn", "error"]).default("info").describe("日志级别 / how much is logged."),
    })
    .prefault({}),
});

/** What the centre runs with. */
export type CloudConfig = z.output<typeof cloudConfigSchema> & { readonly publicHost: string };

/** Reads a configuration text; an empty one means all defaults. */
export const parseCloudConfig = (
  text: string,
): { readonly config: CloudConfig; readonly lineOf: LineOf } | { readonly issues: readonly ConfigIssue[] } => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, strict: true, uniqueKeys: true });
  if (document.errors.length > 0) {
    const issues = document.errors.map((error): ConfigIssue => {
      const line = lines.linePos(error.pos[0]).line;
      const what = error.message.split("\n")[0] ?? "";
      return { field: "", line, zh: `不是正确的 YAML：${what}`, en: `not YAML: ${what}` };
    });
    return { issues };
  }
  const content: unknown = document.toJS() ?? {};
  const parsed = cloudConfigSchema.safeParse(content);
  const lineOf = linesIn(document, lines);
  if (parsed.success) return { config: { ...parsed.data, publicHost: parsed.data.publicHost ?? hostname() }, lineOf };
  return { issues: issuesOf(cloudConfigSchema, content, parsed.error.issues, lineOf) };
};

/**
 * Reads a configuration file; without a path everything has its default.
 * @throws {MingchengError} CONFIG_INVALID naming field and line
 */
export const loadCloudConfig = async (path: string | undefined): Promise<CloudConfig> => {
  let text = "";
  if (path !== undefined) {
    try {
      text = await readFile(path, "utf8");
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new MingchengError("CONFIG_INVALID", reason, { field: "--config", cause });
    }
  }
  const read = parseCloudConfig(text);
  if ("config" in read) return read.config;
  const [first, ...others] = read.issues;
  const { line = null, zh = "", en = "", field = "" } = first ?? {};
  const where = `${path ?? "-"}${line === null ? "" : `:${line}`}`;
  const [moreZh, moreEn] =
    others.length === 0 ? ["", ""] : [`（另有 ${others.length} 处）`, ` (and ${others.length} more)`];
  throw new MingchengError("CONFIG_INVALID", `${where}：${zh}${moreZh} / ${where}: ${en}${moreEn}`, { field });
};
