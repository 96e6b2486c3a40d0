import { from, fromRows } from "../influxql/query.ts";
import { bars } from "../panels/bars.ts";
import { reading } from "../panels/reading.ts";
import { table } from "../panels/table.ts";
import { tile } from "../panels/tile.ts";
import { trend } from "../panels/trend.ts";
import { text } from "../text.ts";
import { devicesNow, everyDay, names, overTime, per, positives, ranked, today } from "./common.ts";
import { frame } from "./frame.ts";
import { area, asOf, leadTo, leadToSiteOn, type Setting } from "./scope.ts";

const soldToday = reading(from("sale_hour").inTimeRange().matching(area), (of) => [
  { name: names.sales, unit: "count", of: of.sum("sales") },
  { name: names.yuan, unit: "yuan", of: of.sum("amount_fen").per(per.yuan) },
  { name: text("退货（笔）", "Refunds"), unit: "count", of: of.sum("refunds") },
]);

const weighedToday = reading(from("weighing_hour").inTimeRange().matching(area), (of) => [
  { name: names.weighings, unit: "count", of: of.sum("weighings") },
  { name: names.kilograms, unit: "kilograms", of: of.sum("mass_mg").per(per.kilogram) },
]);

/** Scales that weighed something: a device without weighings has no row at all. */
const scalesInUse = reading(
  fromRows(from("weighing_day").inTimeRange().matching(area).by("gw", "dev"), (of) => ({
    weighings: of.sum("weighings"),
  })).whereSome("weighings"),
  (of) => [{ name: text("今日用过的秤（台）", "Scales used today"), unit: "count", of: of.count("weighings") }],
);

const tiles = (setting: Setting) => {
  const { say } = setting;
  const at = (x: number, y: number) => ({ x, y, w: 8, h: 9 });
  return [
    tile(
      {
        title: text("今日称重", "Weighed today"),
        about: text(
          "今日称重次数、重量（不含皮重），以及今日至少称过一次的秤。",
          "Weighings today, their weight without tares, and the scales that weighed at least once.",
        ),
        at: at(0, 0),
        readings: [weighedToday, scalesInUse, asOf],
        leadsTo: leadTo("scales", setting),
        over: today,
      },
      say,
    ),
    tile(
      {
        title: text("今日销售", "Sold today"),
        about: text(
          "今日销售笔数、金额与退货。金额以分累计，不经浮点。",
          "Sales today, their amount and refunds. Money is summed in fen, never as a float.",
        ),
        at: at(8, 0),
        readings: [soldToday, asOf],
        leadsTo: leadTo("market", setting),
        over: today,
      },
      say,
    ),
    tile(
      {
        title: text("今日快检", "Rapid tests today"),
        about: text(
          "今日快检批次与阳性（待复检）。样本不足 30 批时不作评价。",
          "Rapid tests today and positives, which are to be retested. Below 30 samples the rate says nothing.",
        ),
        at: at(16, 0),
        readings: [positives(from("test_hour").inTimeRange().matching(area)), asOf],
        leadsTo: leadTo("tests", setting),
        over: today,
      },
      say,
    ),
    tile(
      {
        title: text("秤在线", "Scales online"),
        about: text("现在在线的秤占全部秤的比例。", "Scales online now, of all scales."),
        at: at(0, 9),
        readings: [devicesNow("scale", text("秤（台）", "Scales")), asOf],
        leadsTo: leadTo("scales", setting),
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
        title: text("今日各品种销售额", "Sold today, by item"),
        about: text("今日销售额最高的 6 个品种，单位元。", "The six items with the largest sales today, in yuan."),
        at: { x: 8, y: 9, w: 8, h: 9 },
        readings: [
          ranked(from("sale_item_day").inTimeRange().matching(area), "item_name", {
            ...{ name: names.yuan, unit: "yuan" },
            amount: (of) => of.sum("amount_fen").per(per.yuan),
          }),
        ],
        over: today,
      },
      say,
    ),
    bars(
      {
        title: text("今日各场所称重次数", "Weighings today, by site"),
        about: text("今日称重次数最多的 6 个场所。", "The six sites with most weighings today."),
        at: { x: 16, y: 9, w: 8, h: 9 },
        readings: [
          ranked(from("weighing_hour").inTimeRange().matching(area), "site_name", {
            ...{ name: names.weighings, unit: "count" },
            amount: (of) => of.sum("weighings"),
          }),
        ],
        leadsTo: leadToSiteOn("market", setting),
        over: today,
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
        title: text("称重次数，按小时与场所", "Weighings by hour and site"),
        about: text(
          "每场所每小时（长时间段则合并为更长的一段）称重次数。没有数据的留空，不画作零。",
          "Weighings of each site in each hour, or in longer spans over a long range. Where there are no data it stays empty.",
        ),
        at: { x: 0, y: 18, w: 12, h: 10 },
        readings: [
          reading(
            overTime(from("weighing_hour").inTimeRange().matching(area)).by("site_name"),
            (of) => [{ name: names.weighings, unit: "count", of: of.sum("weighings") }],
            "$tag_site_name",
          ),
        ],
        style: "bars",
        step: "1h",
      },
      say,
    ),
    trend(
      {
        title: text("销售额，按日与场所", "Sales by day and site"),
        about: text("每场所每日销售额，单位元。", "Sales of each site in each day, in yuan."),
        at: { x: 12, y: 18, w: 12, h: 10 },
        readings: [
          reading(
            everyDay(from("sale_hour").inTimeRange().matching(area)).by("site_name"),
            (of) => [{ name: names.yuan, unit: "yuan", of: of.sum("amount_fen").per(per.yuan) }],
            "$tag_site_name",
          ),
        ],
        style: "bars",
      },
      say,
    ),
    table(
      {
        title: text("品种", "Items"),
        about: text(
          "所选时间内每个场所、每个品种的销售额与重量。",
          "What each site sold of each item in the chosen time.",
        ),
        at: { x: 0, y: 28, w: 24, h: 12 },
        readings: [
          reading(from("sale_item_day").inTimeRange().matching(area).by("site_name", "category", "item_name"), (of) => [
            { name: names.yuan, unit: "yuan", of: of.sum("amount_fen").per(per.yuan) },
            { name: names.kilograms, unit: "kilograms", of: of.sum("mass_mg").per(per.kilogram) },
            { name: text("明细（行）", "Lines"), unit: "count", of: of.sum("lines") },
          ]),
        ],
        columns: { site_name: names.site, category: text("类别", "Category"), item_name: names.item },
      },
      say,
    ),
  ];
};

/** 市场: what is weighed, sold and tested, where, and whether the scales are used. */
export const market = (setting: Setting) =>
  frame(
    {
      id: "market",
      about: text(
        "各市场今天称了多少、卖了多少、检了多少，秤有没有在用。",
        "What the markets weighed, sold and tested today, and whether their scales are in use.",
      ),
      from: "now-7d",
      refresh: "1m",
      placesOf: '"autogen"."fleet"',
      panels: [...tiles(setting), ...comparisons(setting), ...details(setting)],
    },
    setting,
  );
