import type { DashboardBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import { from, fromRows } from "../influxql/query.ts";
import { bars } from "../panels/bars.ts";
import { reading } from "../panels/reading.ts";
import { table } from "../panels/table.ts";
import { tile } from "../panels/tile.ts";
import { trend } from "../panels/trend.ts";
import { text } from "../text.ts";
import { attentionAboveNone, devicesNow, everyDay, names, positives, ranked, today } from "./common.ts";
import { frame } from "./frame.ts";
import { area, asOf, leadTo, leadToSiteOn, type Setting, tagVariable } from "./scope.ts";

/** Places and item: what the item variable narrows. */
const items = { ...area, item_name: "item" } as const;

const verdicts = {
  suspect: text("可疑（待复检）", "Suspect, to retest"),
  negative: text("阴性", "Negative"),
  invalid: text("无效，须重测", "Invalid, to redo"),
  undecided: text("未判定", "No verdict"),
} as const;

/** Sites where something was tested, of all sites that have a tester or scale. */
const sitesTesting = reading(
  fromRows(from("test_hour").inTimeRange().matching(area).by("site_name"), (of) => ({
    tests: of.sum("tests"),
  })).whereSome("tests"),
  (of) => [{ name: text("今日有检测的场所", "Sites that tested"), unit: "count", of: of.count("tests") }],
);

const sitesKnown = reading(
  fromRows(from("fleet").inTheLast("3m").where("class", "tester").matching(area).by("site_name"), (of) => ({
    total: of.last("total"),
  })),
  (of) => [{ name: text("有检测仪的场所", "Sites with testers"), unit: "count", of: of.count("total") }],
);

const tiles = (setting: Setting) => {
  const { say } = setting;
  const at = (x: number, y: number) => ({ x, y, w: 8, h: 9 });
  return [
    tile(
      {
        title: text("今日阳性率", "Positive rate today"),
        about: text(
          "今日阳性（待复检）占全部检测的比例。重传的结果只计一次；无效结果计入样本。样本不足 30 批时不作评价。",
          "Positives (to be retested) of all tests today. A repeated result counts once; invalid ones are in the samples. Below 30 samples the rate says nothing.",
        ),
        at: at(0, 0),
        readings: [positives(from("test_hour").inTimeRange().matching(area)), asOf],
        leadsTo: leadTo("alerts", setting),
        over: today,
      },
      say,
    ),
    tile(
      {
        title: text("今日结果", "Results today"),
        about: text(
          "今日除阳性外的结果。可疑与无效都要重做。",
          "Results today other than positives. Suspect and invalid ones are to be done again.",
        ),
        at: at(8, 0),
        readings: [
          reading(from("test_hour").inTimeRange().matching(area), (of) => [
            { name: verdicts.negative, unit: "count", of: of.sum("negative") },
            { name: verdicts.suspect, unit: "count", of: of.sum("suspect"), tones: attentionAboveNone },
            { name: verdicts.invalid, unit: "count", of: of.sum("invalid") },
            { name: verdicts.undecided, unit: "count", of: of.sum("undecided") },
          ]),
        ],
        over: today,
      },
      say,
    ),
    tile(
      {
        title: text("今日检测覆盖", "Sites that test"),
        about: text(
          "今日至少检测过一批的场所，与有检测仪的场所并列。少于后者时，“今日各场所”里没有的就是尚未检测的。",
          "Sites with at least one test today, beside sites that have a tester. Where the first is less, those missing among “by site” have not tested yet.",
        ),
        at: at(16, 0),
        readings: [sitesTesting, sitesKnown, asOf],
        over: today,
      },
      say,
    ),
    tile(
      {
        title: text("检测仪在线", "Testers online"),
        about: text("现在在线的检测仪占全部检测仪的比例。", "Testers online now, of all testers."),
        at: at(0, 9),
        readings: [devicesNow("tester", text("检测仪（台）", "Testers")), asOf],
        leadsTo: leadTo("gateways", setting),
      },
      say,
    ),
    bars(
      {
        title: text("今日各品种检测批次", "Rapid tests today, by item"),
        about: text("今日检测批次最多的 6 个品种。", "The six items that were tested most today."),
        at: at(8, 9),
        readings: [
          ranked(from("test_item_day").inTimeRange().matching(items), "item_name", {
            ...{ name: names.tests, unit: "count" },
            amount: (of) => of.sum("tests"),
          }),
        ],
        over: today,
      },
      say,
    ),
    bars(
      {
        title: text("今日各场所检测批次", "Rapid tests today, by site"),
        about: text(
          "今日检测批次最多的 6 个场所。今日尚无检测的场所不在其中。",
          "The six sites with most tests today. Sites without one are not among them.",
        ),
        at: at(16, 9),
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
  ];
};

const details = (setting: Setting) => {
  const { say } = setting;
  return [
    trend(
      {
        title: text("检测与阳性，按日", "Tests and positives by day"),
        about: text("每日检测批次和其中的阳性（待复检）。", "Rapid tests of each day and the positives among them."),
        at: { x: 0, y: 18, w: 12, h: 10 },
        readings: [
          reading(everyDay(from("test_hour").inTimeRange().matching(area)), (of) => [
            { name: names.tests, unit: "count", of: of.sum("tests") },
            { name: names.positive, unit: "count", of: of.sum("positive") },
          ]),
        ],
        style: "bars",
      },
      say,
    ),
    trend(
      {
        title: text("阳性率，按日（右轴为样本）", "Positive rate by day (samples on the right)"),
        about: text(
          "每日阳性率，与同日样本数并列。样本少的日子，阳性率跳动大，不作评价。",
          "Positive rate of each day beside the day's samples. On days with few samples it jumps and says nothing.",
        ),
        at: { x: 12, y: 18, w: 12, h: 10 },
        readings: [positivesByDay],
        style: "lines",
      },
      say,
    ),
    table(
      {
        title: text("品种的阳性率", "Positive rate by item"),
        about: text(
          "所选时间内每个品种的检测、阳性（待复检）与可疑；第一行是数据截至的时间。样本不足 30 批的在样本一栏注明。",
          "Tests, positives and suspects of each item in the chosen time; the first row says how far the data reach. Too few samples are marked.",
        ),
        at: { x: 0, y: 28, w: 12, h: 12 },
        readings: [
          asOf,
          reading(from("test_item_day").inTimeRange().matching(items).by("category", "item_name"), (of) => [
            { name: names.positiveShare, unit: "share", of: of.sum("positive").dividedBy(of.sum("tests")) },
            { name: names.samples, unit: "count", of: of.sum("tests"), isSample: true },
            { name: names.positive, unit: "count", of: of.sum("positive"), tones: attentionAboveNone },
            { name: verdicts.suspect, unit: "count", of: of.sum("suspect"), tones: attentionAboveNone },
          ]),
        ],
        columns: { category: text("类别", "Category"), item_name: names.item },
      },
      say,
    ),
    table(
      {
        title: text("最近待复检的结果", "Latest results to be retested"),
        about: text(
          "所选时间内最近 50 条阳性或可疑结果。",
          "The latest fifty positive or suspect results in the chosen time.",
        ),
        at: { x: 12, y: 28, w: 12, h: 12 },
        readings: [
          reading(from("test").inTimeRange().matching(items).whereSome("positive", "suspect").newest(50), (of) => [
            { name: names.site, unit: "word", of: of.tag("site_name") },
            { name: names.item, unit: "word", of: of.tag("item_name") },
            { name: text("项目", "Assay"), unit: "word", of: of.each("assay") },
            { name: text("判定", "Verdict"), unit: "word", of: of.each("verdict") },
            { name: text("检测仪", "Tester"), unit: "word", of: of.tag("dev") },
            { name: text("账本序号", "Ledger number"), unit: "count", of: of.each("lsn") },
          ]),
        ],
        columns: {},
        keepsTime: true,
      },
      say,
    ),
  ];
};

const positivesByDay = reading(everyDay(from("test_hour").inTimeRange().matching(area)), (of) => [
  { name: names.positiveShare, unit: "share", of: of.sum("positive").dividedBy(of.sum("tests")) },
  { name: names.samples, unit: "count", of: of.sum("tests"), isSample: true },
]);

const addItem = (setting: Setting) => (dashboard: DashboardBuilder) =>
  dashboard.withVariable(
    tagVariable({ name: "item", tag: "item_name", label: names.item }, '"long"."test_item_day"', area, setting.say),
  );

/** 食品快检: what was tested, where, with what result, and who has not tested yet. */
export const tests = (setting: Setting) =>
  frame(
    {
      id: "tests",
      about: text(
        "今天检了什么、在哪里检、结果怎样，哪里还没有检。",
        "What was tested today, where, with what result, and who has not tested yet.",
      ),
      from: "now-30d",
      refresh: "1m",
      placesOf: '"autogen"."fleet"',
      more: addItem(setting),
      panels: [...tiles(setting), ...details(setting)],
    },
    setting,
  );
