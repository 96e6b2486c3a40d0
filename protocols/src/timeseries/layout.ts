import { count, device, flag, of, ofItem, place, type SeriesMeasurement, word } from "./layout-fields.ts";
import { sampleSpans, samples } from "./sample-layout.ts";

/** The record behind a point. 0 on a point that was taken back, all of whose numbers are 0. */
const lsn = of("integer", "none", "账本序号", "ledger number of the record; 0: the point was taken back");
const massMg = of("integer", "massmg", "重量，毫克（皮重不计）", "weight in milligrams; tares are not in it");
const amountFen = of("integer", "fen", "金额，分；退货为负", "money in fen; refunds are negative");

const weighingFields = {
  weighings: count("称重次数", "weighings"),
  mass_mg: massMg,
  tares: count("其中皮重", "tares among them"),
  without_mass: count("其中没有可换算的重量", "those whose unit is none of mass"),
} as const;

const saleFields = {
  sales: count("销售笔数", "sales"),
  refunds: count("退货笔数", "refunds"),
  voids: count("作废笔数", "sales taken back"),
  amount_fen: amountFen,
  mismatches: count("金额不符的笔数", "sales with an amount that does not fit"),
} as const;

const saleLineFields = {
  lines: count("明细行数", "lines"),
  mass_mg: massMg,
  amount_fen: amountFen,
} as const;

const testFields = {
  tests: count("检测次数（重传只计一次）", "results; one that an instrument repeated counts once"),
  positive: count("阳性", "positive"),
  suspect: count("可疑", "suspect"),
  negative: count("阴性", "negative"),
  invalid: count("无效", "invalid"),
  undecided: count("未判定", "without a verdict"),
} as const;

const records = {
  weighing: {
    ...{ retention: "autogen", origin: "record", zh: "称重", en: "one settled load on a scale" },
    tags: [...device, "mode"],
    fields: { ...weighingFields, lsn },
  },
  sale: {
    ...{ retention: "autogen", origin: "record", zh: "销售", en: "one sale, refund or void" },
    tags: [...device, "type"],
    fields: { ...saleFields, lsn },
  },
  sale_line: {
    ...{ retention: "autogen", origin: "record", zh: "销售明细", en: "one line of a sale" },
    tags: [...device, "category"],
    fields: {
      ...saleLineFields,
      unit_price_fen: of("integer", "fen", "单价，分", "unit price in fen"),
      mismatches: count("金额不符", "lines with an amount that does not fit"),
      item: word("品种编号", "code of the item, as on the receipt"),
      item_name: word("品种名称", "name of the item"),
      lsn,
    },
  },
  test: {
    ...{ retention: "autogen", origin: "record", zh: "快检", en: "one result of a rapid test" },
    tags: [...device, ...ofItem],
    fields: { ...testFields, verdict: word("判定", "verdict"), assay: word("项目", "name of the assay"), lsn },
  },
  scale_event: {
    ...{ retention: "autogen", origin: "record", zh: "秤的状态变化", en: "what a scale says of itself" },
    tags: [...device, "state"],
    fields: { events: count("次数", "events"), lsn },
  },
  camera: {
    ...{ retention: "autogen", origin: "record", zh: "摄像头事件", en: "a change of state, a picture, a hold, a gap" },
    tags: [...device, "zone", "event"],
    fields: {
      events: count("次数", "events"),
      live: flag("画面正常", "the new state is `live` (of event `state` only)"),
      state: word("状态", "state afterwards"),
      previous_ms: of("integer", "ms", "上一状态持续，毫秒", "how long the state before lasted"),
      lsn,
    },
  },
  device: {
    ...{ retention: "autogen", origin: "record", zh: "设备上线、离线、静默", en: "a device came, went or fell silent" },
    tags: [...device, "driver"],
    fields: {
      changes: count("变化次数", "changes"),
      online: flag("在线", "online from now on"),
      status: word("状态", "`online`, `offline`, `silent` or `parked`"),
      lsn,
    },
  },
  record_gap: {
    ...{ retention: "autogen", origin: "record", zh: "缺口", en: "what a gateway could not capture, by its own word" },
    tags: [...place, "gw"],
    fields: { gaps: count("缺口数", "gaps"), lost: count("已知缺少的记录", "records missing, as far as known"), lsn },
  },
} as const satisfies Readonly<Record<string, SeriesMeasurement>>;

const alerts = {
  alert: {
    ...{ retention: "autogen", origin: "alert", zh: "预警经过", en: "one entry of an alert's history" },
    tags: [...place, "gw", "rule", "severity", "tier"],
    fields: {
      entries: count("条数", "entries"),
      fired: flag("开始告警", "it fired"),
      acknowledged: flag("接单", "somebody took it over"),
      handled: flag("已处置", "somebody handled it"),
      ended: flag("结束", "it was resolved or closed"),
      escalated: flag("升级", "it went up a tier"),
      response_ms: of(
        "integer",
        "ms",
        "告警到接单，毫秒",
        "from firing until it was taken over (entry `acknowledged`)",
      ),
      handling_ms: of("integer", "ms", "告警到结束，毫秒", "from firing to its end (entry `ended`)"),
      state: word("状态", "state afterwards"),
      reason: word("原因", "reason of the entry, see docs/alerts.md"),
      title: word("标题", "title in Chinese"),
      alert: word("预警编号", "id of the alert"),
    },
  },
} as const satisfies Readonly<Record<string, SeriesMeasurement>>;

const rollup = { retention: "long", origin: "rollup" } as const;

const rollups = {
  weighing_hour: {
    ...{ ...rollup, period: "hour", zh: "每场所每小时称重", en: "weighings of a site in an hour" },
    tags: [...place],
    fields: weighingFields,
  },
  weighing_day: {
    ...{ ...rollup, period: "day", zh: "每设备每日称重", en: "weighings of a device in a day" },
    tags: [...device],
    fields: weighingFields,
  },
  sale_hour: {
    ...{ ...rollup, period: "hour", zh: "每场所每小时销售", en: "sales of a site in an hour" },
    tags: [...place],
    fields: saleFields,
  },
  sale_day: {
    ...{ ...rollup, period: "day", zh: "每设备每日销售", en: "sales of a device in a day" },
    tags: [...device],
    fields: saleFields,
  },
  sale_item_day: {
    ...{ ...rollup, period: "day", zh: "每场所每品种每日销售", en: "what a site sold of an item in a day" },
    tags: [...place, ...ofItem],
    fields: saleLineFields,
  },
  test_hour: {
    ...{ ...rollup, period: "hour", zh: "每场所每小时快检", en: "rapid tests of a site in an hour" },
    tags: [...place],
    fields: testFields,
  },
  test_item_day: {
    ...{ ...rollup, period: "day", zh: "每场所每品种每日快检", en: "rapid tests of an item at a site in a day" },
    tags: [...place, ...ofItem],
    fields: testFields,
  },
  scale_event_day: {
    ...{ ...rollup, period: "day", zh: "每设备每日状态变化", en: "events of a scale in a day" },
    tags: [...device, "state"],
    fields: { events: count("次数", "events") },
  },
  device_hour: {
    ...{
      ...rollup,
      period: "hour",
      zh: "每网关每小时设备变化",
      en: "devices of a gateway that came and went in an hour",
    },
    tags: [...place, "gw"],
    fields: { changes: count("变化次数", "changes") },
  },
  camera_day: {
    ...{ ...rollup, period: "day", zh: "每摄像头每日事件", en: "events of a camera in a day" },
    tags: [...device, "zone", "event"],
    fields: { events: count("次数", "events") },
  },
} as const satisfies Readonly<Record<string, SeriesMeasurement>>;

/**
 * The layout of the time series: every measurement with its tags and fields. Ids are API: dashboards are written against
 * them. Three rules make every sum right whatever happened: events are counted by summing their counting field, never with
 * `count()`, because a point that was taken back stays as a row of zeros; a record has the same point however often it is
 * sent; and rollups are read from `"long"`, where the hour and the day that run are up to date too.
 */
export const seriesLayout = { ...records, ...alerts, ...samples, ...sampleSpans, ...rollups };

export type SeriesMeasurementName = keyof typeof seriesLayout;

/** Where a measurement stands in a query: `"autogen"."weighing"`. */
export const seriesSource = (name: SeriesMeasurementName): string => `"${seriesLayout[name].retention}"."${name}"`;
