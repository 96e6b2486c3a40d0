/** How a field is stored. `integer` is InfluxDB's 64-bit integer: weights (mg) and money (fen) are never floats. */
export type SeriesFieldType = "integer" | "float" | "string";

/** One field of a measurement. */
export interface SeriesField {
  readonly type: SeriesFieldType;
  /** In Grafana's words where it has one: `short`, `massmg`, `fen`, `ms`, `bytes`, `percent`, `none`. */
  readonly unit: "short" | "massmg" | "fen" | "ms" | "bytes" | "percent" | "none";
  readonly zh: string;
  readonly en: string;
}

/**
 * Where a point is kept: `autogen` holds single events and samples for the configured days, `long` holds the rollups. Both
 * are retention policies of one database (InfluxDB 1.x), or buckets `<database>/<policy>` (2.x, 3.x).
 */
export type SeriesRetention = "autogen" | "long";

/** One measurement. */
export interface SeriesMeasurement {
  readonly retention: SeriesRetention;
  /**
   * `record`: one point per ledger record (or per line of a sale); `alert`: one per entry of an alert's history; `sample`: a
   * look at the present, once a minute; `rollup`: sums of records, written again whenever they change.
   */
  readonly origin: "record" | "alert" | "sample" | "rollup";
  readonly zh: string;
  readonly en: string;
  readonly tags: readonly SeriesTag[];
  readonly fields: Readonly<Record<string, SeriesField>>;
  /** Of rollups: the span that one point stands for, and at whose first instant it stands. Days are the centre's. */
  readonly period?: "hour" | "day";
}

/** Every tag there is; what each may hold is said in docs/timeseries.md. */
export const seriesTags = [
  "city",
  "city_name",
  "district",
  "district_name",
  "site",
  "site_name",
  "stall",
  "gw",
  "dev",
  "mode",
  "type",
  "category",
  "item",
  "item_name",
  "state",
  "event",
  "zone",
  "class",
  "driver",
  "rule",
  "severity",
  "tier",
] as const;

export type SeriesTag = (typeof seriesTags)[number];

/** Value of a place's code, and of its name, where the register does not say where a record belongs. */
export const unplacedTag = { code: "unplaced", name: "未登记" } as const;

/** Item of a test or sale that the register does not know, and the category of an item that has none. */
export const unknownItemTag = { code: "unknown", name: "未知品种", category: "未分类" } as const;

const place = ["city", "city_name", "district", "district_name", "site", "site_name"] as const;
const device = [...place, "stall", "gw", "dev"] as const;
const ofItem = ["category", "item", "item_name"] as const;

const count = (zh: string, en: string): SeriesField => ({ type: "integer", unit: "short", zh, en });
const flag = (zh: string, en: string): SeriesField => count(`${zh}（1 是，0 否）`, `1 if ${en}, else 0`);
const of = (type: SeriesFieldType, unit: SeriesField["unit"], zh: string, en: string): SeriesField => ({
  ...{ type, unit, zh, en },
});
const word = (zh: string, en: string): SeriesField => of("string", "none", zh, en);

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

const camerasThat = (zh: string, en: string): SeriesField => count(`${zh}的摄像头`, `cameras ${en}`);

const samples = {
  gateway: {
    ...{ retention: "autogen", origin: "sample", zh: "网关健康", en: "health of a gateway" },
    tags: [...place, "gw"],
    fields: {
      online: flag("在线", "connected"),
      outbox_records: count("待传和保留的记录", "records on its disk"),
      pending_records: count("未收到回执的记录", "records without a receipt"),
      outbox_bytes: of("integer", "bytes", "记录占用字节", "bytes of records on its disk"),
      disk_free_bytes: of("integer", "bytes", "磁盘剩余字节", "free bytes of that disk"),
      rss_bytes: of("integer", "bytes", "内存占用字节", "resident memory"),
      cpu_percent: of("float", "percent", "处理器占用（单核为 100）", "processor time; 100 is one core"),
      clock_error_ms: of("float", "ms", "时钟误差上限，毫秒", "bound of its clock's error; absent while not known"),
      ahead_of_centre_ms: of("float", "ms", "比中心快，毫秒", "its clock ahead of the centre's at the last answer"),
      reconnects: count("重连次数（自启动）", "reconnections since it started"),
      receipt_wait_ms: of(
        "integer",
        "ms",
        "最久未收到回执，毫秒",
        "time since the last receipt, while something waits",
      ),
      devices: count("设备数", "devices configured"),
      devices_online: count("在线设备", "devices online"),
      alarms: count("告警数", "alarms in its state"),
      heard_ms: of("integer", "ms", "距上次通讯，毫秒", "time since it was last heard"),
    },
  },
  fleet: {
    ...{ retention: "autogen", origin: "sample", zh: "设备数量", en: "devices by state, of a site and class" },
    tags: [...place, "class"],
    fields: {
      total: count("设备总数", "devices"),
      online: count("在线", "online"),
      silent: count("静默", "silent"),
      offline: count("离线", "offline"),
      parked: count("停用", "parked"),
      unknown: count("未知（网关离线）", "not known, because the gateway is away"),
    },
  },
  camera_fleet: {
    ...{ retention: "autogen", origin: "sample", zh: "摄像头数量", en: "cameras by state, of a site" },
    tags: [...place],
    fields: {
      total: count("摄像头总数", "cameras"),
      live: camerasThat("正常", "that show a live picture"),
      none: camerasThat("未启用", "that nobody asks"),
      pending: camerasThat("等待画面", "that were asked"),
      stalled: camerasThat("无画面", "without pictures"),
      frozen: camerasThat("画面冻结", "with a frozen picture"),
      black: camerasThat("黑屏", "that are black"),
      covered: camerasThat("被遮挡", "that are covered"),
      auth_failed: camerasThat("密码错误", "that refuse the password"),
      disconnected: camerasThat("断线", "that do not answer"),
      unknown: camerasThat("未知（网关离线）", "not known, because the gateway is away"),
    },
  },
  alert_open: {
    ...{ retention: "autogen", origin: "sample", zh: "未结束的预警", en: "open alerts of a site and severity" },
    tags: [...place, "severity"],
    fields: {
      open: count("未结束", "open"),
      firing: count("无人接单", "nobody has taken over"),
      acknowledged: count("处置中", "taken over"),
      handled: count("待核查", "handled, to be looked at"),
      oldest_ms: of("integer", "ms", "最久，毫秒", "age of the oldest that nobody has taken over"),
    },
  },
  ingest: {
    ...{ retention: "autogen", origin: "sample", zh: "入库健康", en: "health of the centre" },
    tags: [],
    fields: {
      records: count("入账记录（上一分钟）", "records stored since the sample before"),
      batches: count("消息（上一分钟）", "messages taken since the sample before"),
      refused: count("拒收消息（上一分钟）", "messages refused or damaged since the sample before"),
      busy: count("稍后再传（上一分钟）", "messages told to come later since the sample before"),
      quarantined: count("隔离（上一分钟）", "records set apart since the sample before"),
      commits: count("提交（上一分钟）", "commits of the ledger since the sample before"),
      pending_messages: count("等待写入的消息", "messages that wait for the writer"),
      gateways_connected: count("已连接网关", "gateways connected"),
      gateways_known: count("登记网关", "gateways that were ever heard"),
      readings_lag: count("投影落后记录数", "records the projections lag behind"),
      alerts_lag: count("规则落后记录数", "records the rules lag behind"),
      series_lag: count("时序库落后记录数", "records this feed lags behind"),
      series_lag_ms: of("integer", "ms", "时序库落后时间，毫秒", "age of the oldest record not fed"),
      series_quarantined: count("时序库拒收的点", "points the server refused"),
      as_of_ms: of(
        "integer",
        "ms",
        "数据截至，1970 年起毫秒",
        "everything stored before this instant is in the series; milliseconds since 1970",
      ),
      rss_bytes: of("integer", "bytes", "中心内存字节", "resident memory of the centre"),
      cpu_percent: of("float", "percent", "中心处理器占用（单核为 100）", "processor time; 100 is one core"),
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
export const seriesLayout = { ...records, ...alerts, ...samples, ...rollups };

export type SeriesMeasurementName = keyof typeof seriesLayout;

/** Where a measurement stands in a query: `"autogen"."weighing"`. */
export const seriesSource = (name: SeriesMeasurementName): string => `"${seriesLayout[name].retention}"."${name}"`;
