import { from, fromRows } from "../influxql/query.ts";
import { bars } from "../panels/bars.ts";
import type { Tones } from "../panels/look.ts";
import { reading } from "../panels/reading.ts";
import { table } from "../panels/table.ts";
import { tile } from "../panels/tile.ts";
import { trend } from "../panels/trend.ts";
import { text } from "../text.ts";
import { everyDay, names, per, present, ranked, waiting } from "./common.ts";
import { frame } from "./frame.ts";
import { area, asOf, leadTo, leadToSiteOn, type Setting } from "./scope.ts";

const toTake = text("待签收（条）", "To be taken over");
const fired = text("预警（条）", "Alerts");
const entries = text("条数", "Entries");
const rule = text("规则", "Rule");
const severity = text("等级", "Severity");

/** Half an hour is the field's working circle (30 分钟监管执法工作圈). */
const tooLong: Tones = { base: "plain", steps: [[30, "attention"]] };

const openNow = from("alert_open")
  .inTheLast(present)
  .matching(area)
  .by("city_name", "district_name", "site_name", "severity");

/** What is open now, and how long the oldest waits for somebody. */
export const openAlerts = reading(
  fromRows(openNow, (of) => ({
    ...{ firing: of.last("firing"), acknowledged: of.last("acknowledged"), oldest: of.last("oldest_ms") },
  })),
  (of) => [
    { name: toTake, unit: "count", of: of.sum("firing"), tones: waiting },
    {
      name: text("最久已等（分）", "Oldest waits (min)"),
      unit: "minutes",
      of: of.max("oldest").per(per.minute),
      tones: tooLong,
    },
    { name: text("处置中（条）", "Being handled"), unit: "count", of: of.sum("acknowledged") },
  ],
);

/** The newest count of each site and severity: severities have samples of their own. */
const openBySite = fromRows(openNow, (of) => ({ firing: of.last("firing") }));

/** The sites where most alerts wait for somebody. */
export const openAlertsBySite = ranked(openBySite, "site_name", {
  ...{ name: toTake, unit: "count", tones: waiting },
  amount: (of) => of.sum("firing"),
});

const happened = from("alert").inTimeRange().matching(area);

const tiles = (setting: Setting) => {
  const { say } = setting;
  const at = (x: number, y: number) => ({ x, y, w: 8, h: 9 });
  return [
    tile(
      {
        title: text("未结束的预警", "Open alerts"),
        about: text(
          "现在有多少预警等人签收，最早的一条等了多久。按分钟取样，不随时间范围变化。",
          "How many alerts nobody has taken over yet, and how long the oldest waits. Sampled every minute, whatever the time range.",
        ),
        at: at(0, 0),
        readings: [openAlerts, asOf],
        leadsTo: leadTo("wall", setting),
      },
      say,
    ),
    tile(
      {
        title: text("签收", "Taken over"),
        about: text(
          "所选时间内签收的预警占发生的预警的比例。自行恢复的不一定有人签收。",
          "Alerts taken over in the chosen time, of those that fired. What ended by itself need not have been taken over.",
        ),
        at: at(8, 0),
        readings: [
          reading(happened, (of) => [
            {
              name: text("签收率", "Taken over"),
              unit: "share",
              of: of.sum("acknowledged").dividedBy(of.sum("fired")),
            },
            { name: fired, unit: "count", of: of.sum("fired"), isSample: true },
            { name: text("升级（次）", "Went up a tier"), unit: "count", of: of.sum("escalated") },
          ]),
          asOf,
        ],
      },
      say,
    ),
    tile(
      {
        title: text("响应时间", "Response time"),
        about: text(
          "从发生到签收的时间：一半的预警在中位数以内，九成在第二个数以内。",
          "From firing until taken over: half of the alerts were faster than the median, nine of ten than the second number.",
        ),
        at: at(16, 0),
        readings: [
          reading(happened, (of) => [
            {
              name: text("中位数（分）", "Median (min)"),
              unit: "minutes",
              of: of.percentile("response_ms", 50).per(per.minute),
              tones: tooLong,
            },
            {
              name: text("九成以内（分）", "Nine of ten (min)"),
              unit: "minutes",
              of: of.percentile("response_ms", 90).per(per.minute),
              tones: tooLong,
            },
            {
              name: text("样本（条）", "Samples (alerts)"),
              unit: "count",
              of: of.count("response_ms"),
              isSample: true,
            },
          ]),
          asOf,
        ],
      },
      say,
    ),
    bars(
      {
        title: text("各场所待签收的预警", "Alerts to be taken over, by site"),
        about: text("现在待签收的预警最多的 6 个场所。", "The six sites with most alerts that nobody has taken over."),
        at: at(0, 9),
        readings: [openAlertsBySite],
        leadsTo: leadToSiteOn("market", setting),
      },
      say,
    ),
    bars(
      {
        title: text("最常见的预警", "Most frequent alerts"),
        about: text("所选时间内发生最多的 6 条规则。", "The six rules that fired most in the chosen time."),
        at: at(8, 9),
        readings: [ranked(happened, "rule", { ...{ name: fired, unit: "count" }, amount: (of) => of.sum("fired") })],
      },
      say,
    ),
    tile(
      {
        title: text("处置时间", "Handling time"),
        about: text("从发生到结束（恢复或关闭）的时间。", "From firing to the end, resolved or closed."),
        at: at(16, 9),
        readings: [
          reading(happened, (of) => [
            {
              name: text("中位数（分）", "Median (min)"),
              unit: "minutes",
              of: of.percentile("handling_ms", 50).per(per.minute),
            },
            {
              name: text("九成以内（分）", "Nine of ten (min)"),
              unit: "minutes",
              of: of.percentile("handling_ms", 90).per(per.minute),
            },
            { name: text("已结束（条）", "Ended"), unit: "count", of: of.sum("ended"), isSample: true },
          ]),
          asOf,
        ],
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
        title: text("预警、签收、结束，按日", "Fired, taken over, ended, by day"),
        about: text("每日发生、签收和结束的预警。", "Alerts that fired, were taken over and ended in each day."),
        at: { x: 0, y: 18, w: 12, h: 10 },
        readings: [
          reading(everyDay(happened), (of) => [
            { name: text("发生", "Fired"), unit: "count", of: of.sum("fired") },
            { name: text("签收", "Taken over"), unit: "count", of: of.sum("acknowledged") },
            { name: text("结束", "Ended"), unit: "count", of: of.sum("ended") },
            { name: text("升级", "Went up a tier"), unit: "count", of: of.sum("escalated") },
          ]),
        ],
        style: "bars",
        step: "1d",
      },
      say,
    ),
    trend(
      {
        title: text("响应时间，按日（右轴为样本）", "Response time by day (samples on the right)"),
        about: text(
          "每日签收的预警从发生到签收的时间。",
          "From firing until taken over, of the alerts taken over in each day.",
        ),
        at: { x: 12, y: 18, w: 12, h: 10 },
        readings: [
          reading(everyDay(happened), (of) => [
            {
              name: text("中位数（分）", "Median (min)"),
              unit: "minutes",
              of: of.percentile("response_ms", 50).per(per.minute),
            },
            {
              name: text("九成以内（分）", "Nine of ten (min)"),
              unit: "minutes",
              of: of.percentile("response_ms", 90).per(per.minute),
            },
            {
              name: text("样本（条）", "Samples (alerts)"),
              unit: "count",
              of: of.count("response_ms"),
              isSample: true,
            },
          ]),
        ],
        style: "lines",
        step: "1d",
      },
      say,
    ),
    table(
      {
        title: text("规则与场所", "Rules and sites"),
        about: text(
          "所选时间内每个场所、每条规则的预警与最慢的响应。",
          "Alerts of each rule at each site in the chosen time, and the slowest response.",
        ),
        at: { x: 0, y: 28, w: 12, h: 12 },
        readings: [
          reading(happened.by("site_name", "rule", "severity"), (of) => [
            { name: fired, unit: "count", of: of.sum("fired") },
            { name: text("签收（条）", "Taken over"), unit: "count", of: of.sum("acknowledged") },
            { name: text("升级（次）", "Went up a tier"), unit: "count", of: of.sum("escalated") },
            {
              name: text("最慢响应（分）", "Slowest response (min)"),
              unit: "minutes",
              of: of.max("response_ms").per(per.minute),
              tones: tooLong,
            },
          ]),
        ],
        columns: { site_name: names.site, rule, severity },
      },
      say,
    ),
    table(
      {
        title: text("最近经过", "Latest history"),
        about: text(
          "所选时间内最近 50 条预警经过，谁也不能改动。全部经过见预警页面。",
          "The latest fifty entries of the alerts' history in the chosen time; nobody can change them. The whole history is on the alert's page.",
        ),
        at: { x: 12, y: 28, w: 12, h: 12 },
        readings: [
          reading(happened.whereSome("entries").newest(50), (of) => [
            { name: names.site, unit: "word", of: of.tag("site_name") },
            { name: text("标题", "Title"), unit: "word", of: of.each("title") },
            { name: text("状态", "State"), unit: "word", of: of.each("state") },
            { name: text("原因", "Reason"), unit: "word", of: of.each("reason") },
            { name: entries, unit: "count", of: of.each("entries") },
          ]),
        ],
        columns: {},
        keepsTime: true,
      },
      say,
    ),
  ];
};

/** 预警与响应时间: what waits for whom, and how fast people answer. */
export const alerts = (setting: Setting) =>
  frame(
    {
      id: "alerts",
      about: text(
        "现在有什么等人处理，签收和处置有多快。",
        "What waits for somebody now, and how fast alerts are taken over and handled.",
      ),
      from: "now-7d",
      refresh: "30s",
      placesOf: '"autogen"."alert_open"',
      panels: [...tiles(setting), ...details(setting)],
    },
    setting,
  );
