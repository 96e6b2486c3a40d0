import type { DashboardBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import { from, fromRows } from "../influxql/query.ts";
import { bars } from "../panels/bars.ts";
import type { Tones } from "../panels/look.ts";
import { reading } from "../panels/reading.ts";
import { table } from "../panels/table.ts";
import { tile } from "../panels/tile.ts";
import { trend } from "../panels/trend.ts";
import { type Text, text } from "../text.ts";
import { attentionAboveNone, names, overTime, per, present, ranked, worksShare } from "./common.ts";
import { frame } from "./frame.ts";
import { area, asOf, type Setting, tagVariable } from "./scope.ts";

/** Places and gateway: what the gateway variable narrows. */
const chosen = { ...area, gw: "gateway" } as const;

const latest = from("gateway").inTheLast(present).matching(area).by("gw");

const pending = text("待补传（条）", "To send (records)");

/** Gateways online now, and what they still have to send. */
export const gatewaysNow = reading(
  fromRows(latest, (of) => ({ online: of.last("online"), pending: of.last("pending_records") })),
  (of) => [
    { name: names.onlineShare, unit: "share", of: of.sum("online").dividedBy(of.count("online")), tones: worksShare },
    { name: text("网关（台）", "Gateways"), unit: "count", of: of.count("online") },
    { name: pending, unit: "count", of: of.sum("pending"), tones: { base: "plain", steps: [[1000, "attention"]] } },
  ],
);

const atMost = (value: number): Tones => ({ base: "plain", steps: [[value, "attention"]] });

const mebibyte = 1024 * 1024;

const tiles = (setting: Setting) => {
  const { say } = setting;
  const at = (x: number, y: number) => ({ x, y, w: 8, h: 9 });
  return [
    tile(
      {
        title: text("在线与补传", "Online, and to be sent"),
        about: text(
          "现在在线的网关占全部网关的比例，以及还在网关里等待补传的记录。离线期间数据保存在网关，不会丢失。",
          "Gateways online now, of all, and records that still wait in them. While a gateway is away it keeps its data.",
        ),
        at: at(0, 0),
        readings: [gatewaysNow, asOf],
      },
      say,
    ),
    tile(
      {
        title: text("时钟与告警", "Clocks and alarms"),
        about: text(
          "现在误差最大的网关时钟、比中心时钟最快的网关，以及网关自己报告的告警。",
          "The gateway clock with the largest error now, the one farthest ahead of the centre's, and alarms that gateways report themselves.",
        ),
        at: at(8, 0),
        readings: [
          reading(
            fromRows(latest, (of) => ({
              error: of.last("clock_error_ms"),
              ahead: of.last("ahead_of_centre_ms"),
              alarms: of.last("alarms"),
            })),
            (of) => [
              {
                name: text("最大时钟误差（秒）", "Clock error (s)"),
                unit: "seconds",
                of: of.max("error").per(per.second),
                tones: atMost(1),
              },
              {
                name: text("比中心最快（秒）", "Ahead (s)"),
                unit: "seconds",
                of: of.max("ahead").per(per.second),
                tones: atMost(2),
              },
              {
                name: text("网关告警（个）", "Alarms of gateways"),
                unit: "count",
                of: of.sum("alarms"),
                tones: attentionAboveNone,
              },
            ],
          ),
          asOf,
        ],
      },
      say,
    ),
    tile(
      {
        title: text("磁盘与内存", "Disk and memory"),
        about: text(
          "现在剩余磁盘最少的网关，内存和处理器占用最高的网关。磁盘写满时网关如实报告缺口。",
          "The gateway with least disk left now, and those that use most memory and processor. A full disk is reported as a gap, never hidden.",
        ),
        at: at(16, 0),
        readings: [
          reading(
            fromRows(latest, (of) => ({
              disk: of.last("disk_free_bytes"),
              rss: of.last("rss_bytes"),
              cpu: of.last("cpu_percent"),
            })),
            (of) => [
              { name: text("最少剩余磁盘", "Least disk left"), unit: "bytes", of: of.min("disk") },
              {
                name: text("最高内存占用", "Most memory used"),
                unit: "bytes",
                of: of.max("rss"),
                tones: atMost(96 * mebibyte),
              },
              {
                name: text("最高处理器占用", "Most processor used"),
                unit: "percent",
                of: of.max("cpu"),
                tones: atMost(80),
              },
            ],
          ),
          asOf,
        ],
      },
      say,
    ),
    bars(
      {
        title: text("待补传最多的网关", "Most to be sent"),
        about: text("现在待补传记录最多的 6 台网关。", "The six gateways with most records to be sent."),
        at: at(0, 9),
        readings: [
          ranked(from("gateway").inTheLast(present).matching(chosen), "gw", {
            ...{ name: pending, unit: "count" },
            amount: (of) => of.last("pending_records"),
          }),
        ],
      },
      say,
    ),
    bars(
      {
        title: text("内存占用最高的网关", "Most memory used"),
        about: text(
          "现在内存占用最高的 6 台网关。核心的上限是 96 MiB。",
          "The six gateways that use most memory now. The core's limit is 96 MiB.",
        ),
        at: at(8, 9),
        readings: [
          ranked(from("gateway").inTheLast(present).matching(chosen), "gw", {
            ...{ name: text("内存", "Memory"), unit: "bytes", tones: atMost(96 * mebibyte) },
            amount: (of) => of.last("rss_bytes"),
          }),
        ],
      },
      say,
    ),
    bars(
      {
        title: text("最久没有通讯的网关", "Longest not heard"),
        about: text("现在最久没有通讯的 6 台网关。", "The six gateways that were not heard for longest."),
        at: at(16, 9),
        readings: [
          ranked(from("gateway").inTheLast(present).matching(chosen), "gw", {
            ...{ name: text("距上次通讯（分）", "Since last heard (min)"), unit: "minutes", tones: atMost(5) },
            amount: (of) => of.last("heard_ms").per(per.minute),
          }),
        ],
      },
      say,
    ),
  ];
};

interface Curve {
  readonly title: Text;
  readonly about: Text;
  readonly at: { readonly x: number; readonly y: number };
  readonly field:
    | "pending_records"
    | "rss_bytes"
    | "cpu_percent"
    | "clock_error_ms"
    | "disk_free_bytes"
    | "devices_online";
  readonly unit: "count" | "bytes" | "percent" | "milliseconds";
  /** What of a span is drawn; left out: the largest. */
  readonly drawn?: "max" | "min" | "mean";
}

const curves: readonly Curve[] = [
  {
    title: text("待补传的记录", "Records to be sent"),
    about: text(
      "每台网关未收到回执的记录，每段取最大。",
      "Records without a receipt of each gateway; the largest of each span.",
    ),
    ...{ at: { x: 0, y: 18 }, field: "pending_records", unit: "count" },
  },
  {
    title: text("时钟误差", "Clock error"),
    about: text(
      "每台网关时钟误差的上限，每段取最大；未知时留空。",
      "Bound of each gateway's clock error; the largest of each span; empty while not known.",
    ),
    ...{ at: { x: 12, y: 18 }, field: "clock_error_ms", unit: "milliseconds" },
  },
  {
    title: text("内存", "Memory"),
    about: text("每台网关的内存占用，每段取最大。", "Resident memory of each gateway; the largest of each span."),
    ...{ at: { x: 0, y: 27 }, field: "rss_bytes", unit: "bytes" },
  },
  {
    title: text("处理器", "Processor"),
    about: text(
      "每台网关的处理器占用，100 为一个核，每段取最大。",
      "Processor time of each gateway, 100 is one core; the largest of each span.",
    ),
    ...{ at: { x: 12, y: 27 }, field: "cpu_percent", unit: "percent" },
  },
  {
    title: text("剩余磁盘", "Disk left"),
    about: text(
      "每台网关数据盘的剩余空间，每段取最小。",
      "Free bytes of each gateway's data disk; the least of each span.",
    ),
    ...{ at: { x: 0, y: 36 }, field: "disk_free_bytes", unit: "bytes", drawn: "min" },
  },
  {
    title: text("在线设备", "Devices online"),
    about: text("每台网关的在线设备，每段取平均。", "Devices online of each gateway; the mean of each span."),
    ...{ at: { x: 12, y: 36 }, field: "devices_online", unit: "count", drawn: "mean" },
  },
];

const details = (setting: Setting) => {
  const { say } = setting;
  return [
    ...curves.map(({ title, about, at, field, unit, drawn = "max" }) =>
      trend(
        {
          ...{ title, about, at: { ...at, w: 12, h: 9 }, style: "lines", step: "10m" },
          readings: [
            reading(
              overTime(from("gateway_10m").inTimeRange().matching(chosen)).by("gw"),
              (of) => [{ name: title, unit, of: of[drawn](field) }],
              "$tag_gw",
            ),
          ],
        },
        say,
      ),
    ),
    table(
      {
        title: text("网关", "Gateways"),
        about: text(
          "每台网关最近一次取样。三分钟内没有取样的不在表中。",
          "The newest sample of each gateway. Those without a sample in three minutes are not listed.",
        ),
        at: { x: 0, y: 45, w: 14, h: 12 },
        readings: [
          reading(from("gateway").inTheLast(present).matching(chosen).by("site_name", "gw"), (of) => [
            { name: text("设备（台）", "Devices"), unit: "count", of: of.last("devices") },
            { name: text("在线设备（台）", "Devices online"), unit: "count", of: of.last("devices_online") },
            { name: pending, unit: "count", of: of.last("pending_records") },
            { name: text("磁盘占用", "Kept on disk"), unit: "bytes", of: of.last("outbox_bytes") },
            { name: text("重连（次）", "Reconnections"), unit: "count", of: of.last("reconnects") },
            { name: text("比中心快", "Ahead of the centre"), unit: "milliseconds", of: of.last("ahead_of_centre_ms") },
          ]),
        ],
        columns: { site_name: names.site, gw: text("网关", "Gateway") },
      },
      say,
    ),
    trend(
      {
        title: text("设备上下线", "Devices that came and went"),
        about: text(
          "每段时间内设备状态变化的次数，按网关。常变的设备多半是线路或供电问题。",
          "Changes of devices' states in each span, by gateway. What changes often has mostly a bad line or power.",
        ),
        at: { x: 14, y: 45, w: 10, h: 12 },
        readings: [
          reading(
            overTime(from("device_hour").inTimeRange().matching(chosen)).by("gw"),
            (of) => [{ name: text("变化（次）", "Changes"), unit: "count", of: of.sum("changes") }],
            "$tag_gw",
          ),
        ],
        style: "bars",
        step: "1h",
      },
      say,
    ),
  ];
};

const addGateway = (setting: Setting) => (dashboard: DashboardBuilder) =>
  dashboard.withVariable(
    tagVariable(
      { name: "gateway", tag: "gw", label: text("网关", "Gateway") },
      '"autogen"."gateway"',
      area,
      setting.say,
    ),
  );

/** 网关: which box needs a visit, and why. */
export const gateways = (setting: Setting) =>
  frame(
    {
      id: "gateways",
      about: text(
        "哪台网关要去看，为什么：离线、积压、时钟、磁盘、内存。",
        "Which gateway needs a visit, and why: away, behind, clock, disk, memory.",
      ),
      from: "now-24h",
      refresh: "1m",
      placesOf: '"autogen"."gateway"',
      more: addGateway(setting),
      panels: [...tiles(setting), ...details(setting)],
    },
    setting,
  );
