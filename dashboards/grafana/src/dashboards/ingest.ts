import { from, fromRows } from "../influxql/query.ts";
import { bars } from "../panels/bars.ts";
import type { Tones } from "../panels/look.ts";
import { reading } from "../panels/reading.ts";
import { tile } from "../panels/tile.ts";
import { trend } from "../panels/trend.ts";
import { text } from "../text.ts";
import { attentionAboveNone, overTime, per, ranked, worksShare } from "./common.ts";
import { frame } from "./frame.ts";
import { asOf, leadTo, type Setting } from "./scope.ts";

const stored = text("入账（条）", "Stored (records)");
const behind: Tones = { base: "plain", steps: [[1000, "attention"]] };

const lag = {
  readings: text("投影落后（条）", "Projections behind"),
  alerts: text("规则落后（条）", "Rules behind"),
  series: text("时序库落后（条）", "Time series behind"),
} as const;

const tiles = (setting: Setting) => {
  const { say } = setting;
  const at = (x: number, y: number) => ({ x, y, w: 8, h: 9 });
  return [
    tile(
      {
        title: text("今日入账", "Stored today"),
        about: text(
          "今日写入账本的记录与消息，以及其中拒收的比例。拒收的消息网关不会删除，会再传。",
          "Records and messages stored today, and the share refused. What is refused stays in the gateway and comes again.",
        ),
        at: at(0, 0),
        readings: [
          reading(from("ingest").inTimeRange(), (of) => [
            { name: stored, unit: "count", of: of.sum("records") },
            {
              name: text("拒收率", "Refused"),
              unit: "share",
              of: of.sum("refused").dividedBy(of.sum("batches").plus(of.sum("refused"))),
            },
            {
              name: text("消息（条）", "Messages"),
              unit: "count",
              of: of.sum("batches").plus(of.sum("refused")),
              isSample: true,
            },
          ]),
          asOf,
        ],
        over: "now/d",
      },
      say,
    ),
    tile(
      {
        title: text("落后", "Behind"),
        about: text(
          "账本之后各环节还没处理的记录。它们落后不影响入账和回执。",
          "Records that what follows the ledger has not worked through yet. While it lags, storing and receipts go on.",
        ),
        at: at(8, 0),
        readings: [
          reading(
            fromRows(from("ingest").inTheLast("3m"), (of) => ({
              ...{ readings: of.last("readings_lag"), alerts: of.last("alerts_lag"), series: of.last("series_lag") },
            })),
            (of) => [
              { name: lag.readings, unit: "count", of: of.sum("readings"), tones: behind },
              { name: lag.alerts, unit: "count", of: of.sum("alerts"), tones: behind },
              { name: lag.series, unit: "count", of: of.sum("series"), tones: behind },
            ],
          ),
          asOf,
        ],
      },
      say,
    ),
    tile(
      {
        title: text("已连接的网关", "Gateways connected"),
        about: text(
          "现在与中心相连的网关，占曾经通讯过的网关的比例。",
          "Gateways connected to the centre now, of all that were ever heard.",
        ),
        at: at(16, 0),
        readings: [
          reading(
            fromRows(from("ingest").inTheLast("3m"), (of) => ({
              ...{ connected: of.last("gateways_connected"), known: of.last("gateways_known") },
            })),
            (of) => [
              {
                name: text("连接率", "Connected"),
                unit: "share",
                of: of.sum("connected").dividedBy(of.sum("known")),
                tones: worksShare,
              },
              { name: text("登记的网关（台）", "Gateways known"), unit: "count", of: of.sum("known") },
            ],
          ),
          asOf,
        ],
        leadsTo: leadTo("gateways", setting),
      },
      say,
    ),
    tile(
      {
        title: text("今日隔离", "Set apart today"),
        about: text(
          "今日被隔离的记录和时序库拒收的点。原样保留，不会丢。",
          "Records set apart today, and points that the series' server refused. They are kept as they came.",
        ),
        at: at(0, 9),
        readings: [
          reading(from("ingest").inTimeRange(), (of) => [
            {
              name: text("隔离（条）", "Set apart"),
              unit: "count",
              of: of.sum("quarantined"),
              tones: attentionAboveNone,
            },
            {
              name: text("时序库拒收（点）", "Points refused"),
              unit: "count",
              of: of.last("series_quarantined"),
              tones: attentionAboveNone,
            },
            { name: text("稍后再传（条）", "Told to come later"), unit: "count", of: of.sum("busy") },
          ]),
          asOf,
        ],
        over: "now/d",
      },
      say,
    ),
    tile(
      {
        title: text("中心", "The centre"),
        about: text(
          "中心最近一次取样的内存和处理器占用，以及等待写入账本的消息。",
          "Memory and processor of the centre at its newest sample, and messages that wait to be written.",
        ),
        at: at(8, 9),
        readings: [
          reading(
            fromRows(from("ingest").inTheLast("3m"), (of) => ({
              ...{ rss: of.last("rss_bytes"), cpu: of.last("cpu_percent"), waiting: of.last("pending_messages") },
            })),
            (of) => [
              { name: text("内存", "Memory"), unit: "bytes", of: of.max("rss") },
              {
                name: text("处理器", "Processor"),
                unit: "percent",
                of: of.max("cpu"),
                tones: { base: "plain", steps: [[150, "attention"]] },
              },
              { name: text("等待写入（条）", "Waiting (messages)"), unit: "count", of: of.max("waiting") },
            ],
          ),
          asOf,
        ],
      },
      say,
    ),
    bars(
      {
        title: text("近 30 天网关报告的缺口", "Gaps that gateways reported in 30 days"),
        about: text(
          "近 30 天网关如实报告没能采集的记录，按网关。没有缺口时为空。",
          "Records that gateways said they could not capture in 30 days, by gateway. Empty when there is none.",
        ),
        at: at(16, 9),
        readings: [
          ranked(from("record_gap").inTimeRange(), "gw", {
            ...{ name: text("缺口（个）", "Gaps"), unit: "count", tones: attentionAboveNone },
            amount: (of) => of.sum("gaps"),
          }),
        ],
        over: "30d",
      },
      say,
    ),
  ];
};

const details = (setting: Setting) => {
  const { say } = setting;
  return [
    trend(
      {
        title: text("入账与消息", "Records and messages"),
        about: text("每段时间内入账的记录与消息。", "Records stored and messages taken in each span."),
        at: { x: 0, y: 18, w: 12, h: 10 },
        readings: [
          reading(overTime(from("ingest_10m").inTimeRange()), (of) => [
            { name: stored, unit: "count", of: of.sum("records") },
            { name: text("消息（条）", "Messages"), unit: "count", of: of.sum("batches") },
            { name: text("拒收（条）", "Refused"), unit: "count", of: of.sum("refused") },
          ]),
        ],
        style: "bars",
        step: "10m",
      },
      say,
    ),
    trend(
      {
        title: text("落后的记录", "Records behind"),
        about: text(
          "各环节落后账本的记录，每段取最大。",
          "Records that each follower lags behind the ledger; the most of each span.",
        ),
        at: { x: 12, y: 18, w: 12, h: 10 },
        readings: [
          reading(overTime(from("ingest_10m").inTimeRange()), (of) => [
            { name: lag.readings, unit: "count", of: of.max("readings_lag") },
            { name: lag.alerts, unit: "count", of: of.max("alerts_lag") },
            { name: lag.series, unit: "count", of: of.max("series_lag") },
          ]),
        ],
        style: "lines",
        step: "10m",
      },
      say,
    ),
    trend(
      {
        title: text("时序库落后的时间", "Time series behind, in time"),
        about: text(
          "还没进入时序库的最早一条记录等了多久，每段取最大。",
          "Age of the oldest record that is not in the series yet; the most of each span.",
        ),
        at: { x: 0, y: 28, w: 12, h: 9 },
        readings: [
          reading(overTime(from("ingest_10m").inTimeRange()), (of) => [
            { name: text("落后（秒）", "Behind (s)"), unit: "seconds", of: of.max("series_lag_ms").per(per.second) },
          ]),
        ],
        style: "lines",
        step: "10m",
      },
      say,
    ),
    trend(
      {
        title: text("中心的内存", "Memory of the centre"),
        about: text("中心的内存占用，每段取最大。", "Resident memory of the centre; the most of each span."),
        at: { x: 12, y: 28, w: 12, h: 9 },
        readings: [
          reading(overTime(from("ingest_10m").inTimeRange()), (of) => [
            { name: text("内存", "Memory"), unit: "bytes", of: of.max("rss_bytes") },
          ]),
        ],
        style: "lines",
        step: "10m",
      },
      say,
    ),
  ];
};

/** 入库健康: whether what the gateways send is stored, and how far everything behind the ledger is. */
export const ingest = (setting: Setting) =>
  frame(
    {
      id: "ingest",
      about: text(
        "网关送来的有没有都入账，账本之后的各环节跟上了没有。",
        "Whether what gateways send is stored, and whether everything behind the ledger keeps up.",
      ),
      from: "now-6h",
      refresh: "30s",
      panels: [...tiles(setting), ...details(setting)],
    },
    setting,
  );
