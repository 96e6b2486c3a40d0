import { count, flag, of, place, type SeriesField, type SeriesMeasurement } from "./layout-fields.ts";

const mean = (field: SeriesField): SeriesField => ({ ...field, inSpan: "mean" });
const least = (field: SeriesField): SeriesField => ({ ...field, inSpan: "min" });
const total = (field: SeriesField): SeriesField => ({ ...field, inSpan: "sum" });

const camerasThat = (zh: string, en: string): SeriesField => count(`${zh}的摄像头`, `cameras ${en}`);

/** Looks at the present, once a minute. They cannot be made again. */
export const samples = {
  gateway: {
    ...{ retention: "autogen", origin: "sample", zh: "网关健康", en: "health of a gateway" },
    tags: [...place, "gw"],
    fields: {
      online: mean(flag("在线", "connected")),
      outbox_records: count("待传和保留的记录", "records on its disk"),
      pending_records: count("未收到回执的记录", "records without a receipt"),
      outbox_bytes: of("integer", "bytes", "记录占用字节", "bytes of records on its disk"),
      disk_free_bytes: least(of("integer", "bytes", "磁盘剩余字节", "free bytes of that disk")),
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
      devices_online: mean(count("在线设备", "devices online")),
      alarms: count("告警数", "alarms in its state"),
      heard_ms: of("integer", "ms", "距上次通讯，毫秒", "time since it was last heard"),
    },
  },
  fleet: {
    ...{ retention: "autogen", origin: "sample", zh: "设备数量", en: "devices by state, of a site and class" },
    tags: [...place, "class"],
    fields: {
      total: mean(count("设备总数", "devices")),
      online: mean(count("在线", "online")),
      silent: mean(count("静默", "silent")),
      offline: mean(count("离线", "offline")),
      parked: mean(count("停用", "parked")),
      unknown: mean(count("未知（网关离线）", "not known, because the gateway is away")),
    },
  },
  camera_fleet: {
    ...{ retention: "autogen", origin: "sample", zh: "摄像头数量", en: "cameras by state, of a site" },
    tags: [...place],
    fields: {
      total: mean(count("摄像头总数", "cameras")),
      live: mean(camerasThat("正常", "that show a live picture")),
      none: mean(camerasThat("未启用", "that nobody asks")),
      pending: mean(camerasThat("等待画面", "that were asked")),
      stalled: mean(camerasThat("无画面", "without pictures")),
      frozen: mean(camerasThat("画面冻结", "with a frozen picture")),
      black: mean(camerasThat("黑屏", "that are black")),
      covered: mean(camerasThat("被遮挡", "that are covered")),
      auth_failed: mean(camerasThat("密码错误", "that refuse the password")),
      disconnected: mean(camerasThat("断线", "that do not answer")),
      unknown: mean(camerasThat("未知（网关离线）", "not known, because the gateway is away")),
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
      records: total(count("入账记录（上一分钟）", "records stored since the sample before")),
      batches: total(count("消息（上一分钟）", "messages taken since the sample before")),
      refused: total(count("拒收消息（上一分钟）", "messages refused or damaged since the sample before")),
      busy: total(count("稍后再传（上一分钟）", "messages told to come later since the sample before")),
      quarantined: total(count("隔离（上一分钟）", "records set apart since the sample before")),
      commits: total(count("提交（上一分钟）", "commits of the ledger since the sample before")),
      pending_messages: count("等待写入的消息", "messages that wait for the writer"),
      gateways_connected: mean(count("已连接网关", "gateways connected")),
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

const words = {
  max: ["最大", "the largest"],
  min: ["最小", "the least"],
  mean: ["平均", "the mean"],
  sum: ["合计", "their sum"],
} as const satisfies Readonly<Record<NonNullable<SeriesField["inSpan"]>, readonly [zh: string, en: string]>>;

const inSpan = (field: SeriesField): SeriesField => {
  const { inSpan: rule = "max", type, unit, zh, en } = field;
  const [zhRule, enRule] = words[rule];
  return {
    ...{ unit, inSpan: rule, zh: `${zh}；十分钟${zhRule}`, en: `${en}; ${enRule} of ten minutes` },
    type: rule === "mean" ? "float" : type,
  };
};

/** What the samples of ten minutes came to: long views read these. */
const tenMinutesOf = <
  Fields extends Readonly<Record<string, SeriesField>>,
  Tags extends SeriesMeasurement["tags"],
>(sample: {
  readonly zh: string;
  readonly en: string;
  readonly tags: Tags;
  readonly fields: Fields;
}) => ({
  ...({ retention: "long", origin: "sample", period: "10m", tags: sample.tags } as const),
  ...{ zh: `${sample.zh}，每十分钟`, en: `${sample.en}, of ten minutes` },
  fields: Object.fromEntries(Object.entries(sample.fields).map(([name, field]) => [name, inSpan(field)])) as {
    readonly [Name in keyof Fields]: SeriesField;
  },
});

/** The samples of ten minutes as one point each, kept as long as the sums are. */
export const sampleSpans = {
  gateway_10m: tenMinutesOf(samples.gateway),
  fleet_10m: tenMinutesOf(samples.fleet),
  camera_fleet_10m: tenMinutesOf(samples.camera_fleet),
  alert_open_10m: tenMinutesOf(samples.alert_open),
  ingest_10m: tenMinutesOf(samples.ingest),
} as const satisfies Readonly<Record<`${keyof typeof samples}_10m`, SeriesMeasurement>>;
