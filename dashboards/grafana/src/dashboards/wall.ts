import { from, fromRows } from "../influxql/query.ts";
import { bars } from "../panels/bars.ts";
import { reading } from "../panels/reading.ts";
import { tile } from "../panels/tile.ts";
import { text } from "../text.ts";
import { openAlerts, openAlertsBySite } from "./alerts.ts";
import { picturesNow } from "./cameras.ts";
import { devicesNow, names, per, positives, ranked, today } from "./common.ts";
import { frame } from "./frame.ts";
import { gatewaysNow } from "./gateways.ts";
import { area, asOf, leadTo, leadToSiteOn, type Setting } from "./scope.ts";

const weighed = reading(from("weighing_hour").inTimeRange().matching(area), (of) => [
  { name: names.weighings, unit: "count", of: of.sum("weighings") },
  { name: names.kilograms, unit: "kilograms", of: of.sum("mass_mg").per(per.kilogram) },
]);

const sold = reading(from("sale_hour").inTimeRange().matching(area), (of) => [
  { name: names.sales, unit: "count", of: of.sum("sales") },
]);

const now = (setting: Setting) => {
  const { say } = setting;
  return [
    tile(
      {
        title: text("未结束的预警", "Open alerts"),
        about: text(
          "现在有多少预警等人签收，最早的一条等了多久。按分钟取样，不随时间范围变化。",
          "How many alerts nobody has taken over yet, and how long the oldest waits. Sampled every minute, whatever the time range.",
        ),
        at: { x: 0, y: 0, w: 8, h: 9 },
        readings: [openAlerts, asOf],
        leadsTo: leadTo("alerts", setting),
      },
      say,
    ),
    tile(
      {
        title: text("今日快检", "Rapid tests today"),
        about: text(
          "今日快检批次与阳性。阳性是待复检的结果，不是不合格。样本不足 30 批时不作评价。",
          "Rapid tests today and the positives among them. A positive is to be retested, it is no verdict. Below 30 samples the rate says nothing.",
        ),
        at: { x: 8, y: 0, w: 8, h: 9 },
        readings: [positives(from("test_hour").inTimeRange().matching(area)), asOf],
        leadsTo: leadTo("tests", setting),
        over: today,
      },
      say,
    ),
    tile(
      {
        title: text("今日称重与销售", "Weighed and sold today"),
        about: text(
          "今日称重次数、重量（不含皮重）和销售笔数。",
          "Weighings today, their weight (without tares) and sales.",
        ),
        at: { x: 16, y: 0, w: 8, h: 9 },
        readings: [weighed, sold, asOf],
        leadsTo: leadTo("market", setting),
        over: today,
      },
      say,
    ),
  ];
};

const devices = (setting: Setting) => {
  const { say } = setting;
  return [
    tile(
      {
        title: text("秤", "Scales"),
        about: text(
          "现在在线的秤占全部秤的比例。静默：连着但没有数据；未知：所在网关离线。",
          "Scales online now, of all scales. Silent: connected but without data. Unknown: their gateway is away.",
        ),
        at: { x: 0, y: 9, w: 8, h: 9 },
        readings: [devicesNow("scale", text("秤（台）", "Scales")), asOf],
        leadsTo: leadTo("scales", setting),
      },
      say,
    ),
    tile(
      {
        title: text("摄像头", "Cameras"),
        about: text(
          "现在画面正常的摄像头占应有画面的摄像头的比例；不计未启用和等待画面的。",
          "Cameras with a live picture now, of those that should have one; not counting those that nobody asks or that were just asked.",
        ),
        at: { x: 8, y: 9, w: 8, h: 9 },
        readings: [picturesNow, asOf],
        leadsTo: leadTo("cameras", setting),
      },
      say,
    ),
    tile(
      {
        title: text("网关", "Gateways"),
        about: text(
          "现在在线的网关，以及还在网关里等待补传的记录：离线期间数据保存在网关，不会丢失。",
          "Gateways online now, and records that still wait in them: while a gateway is away it keeps its data.",
        ),
        at: { x: 16, y: 9, w: 8, h: 9 },
        readings: [gatewaysNow, asOf],
        leadsTo: leadTo("gateways", setting),
      },
      say,
    ),
  ];
};

const comparisons = (setting: Setting) => {
  const { say } = setting;
  return [
    bars(
      {
        title: text("各场所待签收的预警", "Alerts to be taken over, by site"),
        about: text("现在待签收的预警最多的 6 个场所。", "The six sites with most alerts that nobody has taken over."),
        at: { x: 0, y: 18, w: 8, h: 8 },
        readings: [openAlertsBySite],
        leadsTo: leadToSiteOn("alerts", setting),
      },
      say,
    ),
    bars(
      {
        title: text("今日各场所快检批次", "Rapid tests today, by site"),
        about: text(
          "今日快检批次最多的 6 个场所。今日尚无检测的场所不在其中。",
          "The six sites with most rapid tests today. Sites without one are not among them.",
        ),
        at: { x: 8, y: 18, w: 8, h: 8 },
        readings: [
          ranked(from("test_hour").inTimeRange().matching(area), "site_name", {
            ...{ name: names.tests, unit: "count" },
            amount: (of) => of.sum("tests"),
          }),
        ],
        leadsTo: leadToSiteOn("tests", setting),
        over: today,
      },
      say,
    ),
    tile(
      {
        title: text("数据链路", "Data path"),
        about: text(
          "中心每分钟入账的记录，以及还没进入时序库的记录。落后时其余各块的“数据截至”会停住。",
          "Records that the centre stored in the last minute, and those not in the time series yet. While it lags, “as of” stands still everywhere.",
        ),
        at: { x: 16, y: 18, w: 8, h: 8 },
        readings: [ingesting, asOf],
        leadsTo: leadTo("ingest", setting),
      },
      say,
    ),
  ];
};

const ingesting = reading(
  fromRows(from("ingest").inTheLast("3m"), (of) => ({ records: of.last("records"), lag: of.last("series_lag") })),
  (of) => [
    { name: text("入账（条/分）", "Stored per minute"), unit: "count", of: of.sum("records") },
    {
      name: text("待入时序库（条）", "Not in series yet"),
      unit: "count",
      of: of.sum("lag"),
      tones: { base: "plain", steps: [[1000, "attention"]] },
    },
  ],
);

/** 指挥中心大屏: what needs a person now, and whether the picture is whole. Nine panels, nothing that has to be read from near. */
export const wall = (setting: Setting) =>
  frame(
    {
      id: "wall",
      about: text(
        "现在有什么需要人处理，今天各市场怎么样，数据是否完整。",
        "What needs a person now, how the markets are today, and whether the data are whole.",
      ),
      from: today,
      refresh: "30s",
      placesOf: '"autogen"."fleet"',
      panels: [...now(setting), ...devices(setting), ...comparisons(setting)],
    },
    setting,
  );
