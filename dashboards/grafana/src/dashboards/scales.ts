import type { DashboardBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import { from } from "../influxql/query.ts";
import { bars } from "../panels/bars.ts";
import { reading } from "../panels/reading.ts";
import { table } from "../panels/table.ts";
import { tile } from "../panels/tile.ts";
import { trend } from "../panels/trend.ts";
import { text } from "../text.ts";
import { attentionAboveNone, devicesNow, everyDay, names, per, ranked, today } from "./common.ts";
import { frame } from "./frame.ts";
import { area, asOf, leadTo, type Setting, tagVariable } from "./scope.ts";

/** Places and scale: what the scale variable narrows. */
const scale = { ...area, dev: "scale" } as const;

const mismatchShare = text("金额不符率", "Amounts not fitting");
const events = text("状态变化（次）", "Events");
const state = text("状态", "State");

const mismatches = reading(from("sale_hour").inTimeRange().matching(area), (of) => [
  { name: mismatchShare, unit: "share", of: of.sum("mismatches").dividedBy(of.sum("sales")) },
  { name: text("样本（笔）", "Samples (sales)"), unit: "count", of: of.sum("sales"), isSample: true },
  {
    name: text("金额不符（笔）", "Not fitting"),
    unit: "count",
    of: of.sum("mismatches"),
    tones: attentionAboveNone,
  },
]);

/** What somebody did to a scale, of what scales tell of themselves. */
const touched = ["calibrated", "settings-changed", "seal-broken", "cover-opened"] as const;

const tiles = (setting: Setting) => {
  const { say } = setting;
  const at = (x: number, y: number) => ({ x, y, w: 8, h: 9 });
  return [
    tile(
      {
        title: text("秤在线", "Scales online"),
        about: text(
          "现在在线的秤占全部秤的比例。静默：连着但没有数据，可能被闲置或拔掉了秤头线。",
          "Scales online now, of all scales. Silent: connected but without data; perhaps idle, perhaps its head is unplugged.",
        ),
        at: at(0, 0),
        readings: [devicesNow("scale", text("秤（台）", "Scales")), asOf],
        leadsTo: leadTo("gateways", setting),
      },
      say,
    ),
    tile(
      {
        title: text("今日金额不符", "Amounts that do not fit, today"),
        about: text(
          "今日单价乘重量与金额不符的销售。可能是优惠、改价或舍入，须核对小票，不能只凭一笔下结论。",
          "Sales today whose amount is not price times weight. It may be a discount or rounding: look at the receipts, one sale proves nothing.",
        ),
        at: at(8, 0),
        readings: [mismatches, asOf],
        leadsTo: leadTo("market", setting),
        over: today,
      },
      say,
    ),
    tile(
      {
        title: text("今日称重", "Weighed today"),
        about: text(
          "今日称重、其中的皮重，以及单位不是重量的读数。",
          "Weighings today, tares among them, and readings whose unit is none of mass.",
        ),
        at: at(16, 0),
        readings: [
          reading(from("weighing_hour").inTimeRange().matching(area), (of) => [
            { name: names.weighings, unit: "count", of: of.sum("weighings") },
            { name: text("其中皮重（次）", "Tares among them"), unit: "count", of: of.sum("tares") },
            {
              name: text("无法换算（次）", "Not convertible"),
              unit: "count",
              of: of.sum("without_mass"),
              tones: attentionAboveNone,
            },
          ]),
          asOf,
        ],
        over: today,
      },
      say,
    ),
    bars(
      {
        title: text("近 30 天状态变化最多的秤", "Scales with most events in 30 days"),
        about: text(
          "近 30 天报告状态变化（校准、改参数、开盖、超载等）最多的 6 台秤。只有部分秤会报告。",
          "The six scales that reported most events (calibration, settings, cover, overload …) in 30 days. Only some scales tell.",
        ),
        at: at(0, 9),
        readings: [
          ranked(from("scale_event_day").inTimeRange().matching(scale), "dev", {
            ...{ name: events, unit: "count" },
            amount: (of) => of.sum("events"),
          }),
        ],
        over: "30d",
      },
      say,
    ),
    bars(
      {
        title: text("近 30 天金额不符最多的秤", "Scales with most amounts that do not fit, 30 days"),
        about: text(
          "近 30 天金额不符的销售最多的 6 台秤，用来决定先去看哪一台。",
          "The six scales with most sales whose amount does not fit in 30 days: where to look first.",
        ),
        at: at(8, 9),
        readings: [
          ranked(from("sale_day").inTimeRange().matching(scale), "dev", {
            ...{ name: text("金额不符（笔）", "Sales"), unit: "count" },
            amount: (of) => of.sum("mismatches"),
          }),
        ],
        over: "30d",
      },
      say,
    ),
    bars(
      {
        title: text("近 30 天各类状态变化", "Events in 30 days, by kind"),
        about: text(
          "近 30 天最多的 6 类状态变化：calibrated 校准，settings-changed 改参数，seal-broken 封印破坏，cover-opened 开盖，overload 超载，tared 去皮。",
          "The six most frequent kinds of event in 30 days, by their id in the record format.",
        ),
        at: at(16, 9),
        readings: [
          ranked(from("scale_event_day").inTimeRange().matching(scale), "state", {
            ...{ name: events, unit: "count" },
            amount: (of) => of.sum("events"),
          }),
        ],
        over: "30d",
      },
      say,
    ),
  ];
};

const usedScales = from("weighing_day")
  .inTimeRange()
  .matching(scale)
  .whereSome("weighings")
  .by("site_name", "stall", "dev");

const details = (setting: Setting) => {
  const { say } = setting;
  return [
    trend(
      {
        title: text("状态变化，按日与种类", "Events by day and kind"),
        about: text("每日各类状态变化的次数。", "Events of each kind in each day."),
        at: { x: 0, y: 18, w: 12, h: 10 },
        readings: [
          reading(
            everyDay(from("scale_event_day").inTimeRange().matching(scale)).by("state"),
            (of) => [{ name: events, unit: "count", of: of.sum("events") }],
            "$tag_state",
          ),
        ],
        style: "bars",
        step: "1d",
      },
      say,
    ),
    trend(
      {
        title: text("金额不符率，按日（右轴为样本）", "Amounts that do not fit by day (samples on the right)"),
        about: text(
          "每日金额不符的销售占全部销售的比例，与同日样本数并列。",
          "Share of each day's sales whose amount does not fit, beside the day's samples.",
        ),
        at: { x: 12, y: 18, w: 12, h: 10 },
        readings: [
          reading(everyDay(from("sale_hour").inTimeRange().matching(area)), (of) => [
            { name: mismatchShare, unit: "share", of: of.sum("mismatches").dividedBy(of.sum("sales")) },
            { name: text("样本（笔）", "Samples (sales)"), unit: "count", of: of.sum("sales"), isSample: true },
          ]),
        ],
        style: "lines",
        step: "1d",
      },
      say,
    ),
    table(
      {
        title: text("秤的使用", "Use of the scales"),
        about: text(
          "所选时间内每台秤的称重。完全不在表中的秤没有称过一次：闲置、摆设或未接通。",
          "What each scale weighed in the chosen time. A scale that is not listed never weighed: idle, for show, or not connected.",
        ),
        at: { x: 0, y: 28, w: 14, h: 12 },
        // Two queries side by side: over a year each reads a quarter of a million numbers.
        readings: [
          reading(usedScales, (of) => [
            { name: names.weighings, unit: "count", of: of.sum("weighings") },
            { name: text("有称重的天数", "Days with weighings"), unit: "count", of: of.count("weighings") },
          ]),
          reading(usedScales, (of) => [
            { name: names.kilograms, unit: "kilograms", of: of.sum("mass_mg").per(per.kilogram) },
            { name: text("皮重（次）", "Tares"), unit: "count", of: of.sum("tares") },
          ]),
        ],
        columns: { site_name: names.site, stall: text("摊位", "Stall"), dev: names.device },
      },
      say,
    ),
    table(
      {
        title: text("被动过的秤", "Scales that were touched"),
        about: text(
          "所选时间内报告校准、改参数、封印破坏或开盖的秤。",
          "Scales that reported a calibration, changed settings, a broken seal or an opened cover in the chosen time.",
        ),
        at: { x: 14, y: 28, w: 10, h: 12 },
        readings: [
          reading(
            from("scale_event_day")
              .inTimeRange()
              .matching(scale)
              .whereOneOf("state", touched)
              .by("site_name", "dev", "state"),
            (of) => [{ name: events, unit: "count", of: of.sum("events"), tones: attentionAboveNone }],
          ),
        ],
        columns: { site_name: names.site, dev: names.device, state },
      },
      say,
    ),
  ];
};

const addScale = (setting: Setting) => (dashboard: DashboardBuilder) =>
  dashboard.withVariable(
    tagVariable({ name: "scale", tag: "dev", label: text("秤", "Scale") }, '"long"."weighing_day"', area, setting.say),
  );

/** 秤具诚信: which scales to look at first, and why. It accuses nobody. */
export const scales = (setting: Setting) =>
  frame(
    {
      id: "scales",
      about: text(
        "先去看哪台秤：没在用的、被动过的、金额常对不上的。单个数字不构成结论。",
        "Which scale to look at first: idle ones, touched ones, ones whose amounts often do not fit. No single number proves anything.",
      ),
      from: "now-30d",
      refresh: "1m",
      placesOf: '"autogen"."fleet"',
      more: addScale(setting),
      panels: [...tiles(setting), ...details(setting)],
    },
    setting,
  );
