import { z } from "zod";

/** A class of data: why it is kept, and what becomes of it afterwards. */
export interface DataClass {
  readonly name: string;
  readonly title: { readonly zh: string; readonly en: string };
  readonly purpose: { readonly zh: string; readonly en: string };
  /** Default period, days. */
  readonly days: number;
  readonly erasure: { readonly zh: string; readonly en: string };
  /** Kinds of records, for classes that are records. */
  readonly kinds?: readonly string[];
}

const byDigest = {
  zh: "原始字节由摘要代替，链仍可验证；投影和隔离区同时删除",
  en: "bytes replaced by their digest, the chain still verifies; projections and quarantine follow",
} as const;

/**
 * Every class of data with a period. Records about the system itself (epoch, clock, gap, device, config) are kept for good:
 * they name nobody, and without them nobody could say what is missing.
 */
export const dataClasses = [
  {
    name: "readings",
    title: { zh: "称重与销售", en: "weighings and sales" },
    purpose: { zh: "计量监督、溯源、争议处理", en: "supervision of measuring, tracing, disputes" },
    days: 1_095,
    erasure: byDigest,
  },
  {
    name: "tests",
    title: { zh: "快检结果", en: "results of rapid tests" },
    purpose: { zh: "食品安全追溯与处置", en: "tracing and handling of food safety" },
    days: 1_825,
    erasure: byDigest,
    kinds: ["test"],
  },
  {
    name: "cameras",
    title: { zh: "摄像头事件", en: "events of cameras" },
    purpose: { zh: "后厨监督", en: "supervision of kitchens" },
    days: 365,
    erasure: byDigest,
    kinds: ["camera"],
  },
  {
    name: "acts",
    title: { zh: "网关执行的命令和操作", en: "commands and acts at gateways" },
    purpose: { zh: "追究责任", en: "accountability" },
    days: 1_825,
    erasure: byDigest,
    kinds: ["command", "audit"],
  },
  {
    name: "quarantine",
    title: { zh: "中心隔离区", en: "quarantine at the centre" },
    purpose: { zh: "查明异常数据的来源", en: "finding where bad data came from" },
    days: 180,
    erasure: { zh: "内容清空，保留摘要与原因", en: "content emptied, digest and reason stay" },
  },
  {
    name: "alerts",
    title: { zh: "已结束的预警及其经过", en: "ended alerts with their history" },
    purpose: { zh: "处置与考核", en: "handling, and accounting for it" },
    days: 1_825,
    erasure: { zh: "整条删除，保留编号、规则和起止时间", en: "deleted whole; id, rule and times stay" },
  },
  {
    name: "people",
    title: { zh: "登记册中的人员和经营户", en: "officers and vendors in the register" },
    purpose: { zh: "联系与归属；期限自条目失效起算", en: "reaching and attributing; counted from the end of an entry" },
    days: 1_825,
    erasure: {
      zh: "姓名、电话、用户名、证照清空，编号保留",
      en: "name, phone, login and licence emptied, the code stays",
    },
  },
  {
    name: "audit",
    title: { zh: "审计日志（含查看记录）", en: "audit log, view log included" },
    purpose: { zh: "谁看过、改过什么", en: "who saw and changed what" },
    days: 1_825,
    erasure: { zh: "条目内容由摘要代替，链仍可验证", en: "content replaced by its digest, the chain still verifies" },
  },
] as const satisfies readonly DataClass[];

/** Name of a class of data. */
export type DataClassName = (typeof dataClasses)[number]["name"];

/** Classes that are records of the ledger. */
export const recordClasses = ["readings", "tests", "cameras", "acts"] as const satisfies readonly DataClassName[];

export type RecordClassName = (typeof recordClasses)[number];

/** Kinds of records that are kept for good. */
const keptKinds: readonly string[] = ["epoch", "clock", "gap", "device", "config"];

const classOfKind = new Map<string, RecordClassName>(
  dataClasses.flatMap((each): [string, RecordClassName][] =>
    "kinds" in each ? each.kinds.map((kind) => [kind, each.name]) : [],
  ),
);

/** The class of a record by its kind; null: kept for good. What cannot be read, or is of a kind unknown here, is a reading. */
export const recordClassOf = (kind: string): RecordClassName | null =>
  keptKinds.includes(kind) ? null : (classOfKind.get(kind) ?? "readings");

const days = (period: number, title: { readonly zh: string; readonly en: string }, least = 1) =>
  z
    .int()
    .min(least)
    .max(36_525)
    .nullable()
    .default(period)
    .describe(`${title.zh}，天；null 为永久保存 / ${title.en}, days; null: kept for good.`);

const periods = Object.fromEntries(
  dataClasses.map(({ name, days: period, title }) => [
    `${name}Days`,
    // Logs are kept for half a year at least (Cybersecurity Law of the PRC, art. 21).
    days(period, title, name === "audit" ? 180 : 1),
  ]),
) as Record<`${DataClassName}Days`, ReturnType<typeof days>>;

/** The centre's option `retention`. */
export const retentionSettings = z
  .strictObject({
    ...periods,
    atHour: z
      .int()
      .min(0)
      .max(23)
      .default(3)
      .describe("每天几点执行（中心时区） / hour of the day at which it runs, in the centre's time zone."),
  })
  .prefault({});

export type RetentionSettings = z.output<typeof retentionSettings>;
