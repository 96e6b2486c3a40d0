import { from, fromRows } from "../influxql/query.ts";
import { bars } from "../panels/bars.ts";
import { reading } from "../panels/reading.ts";
import { table } from "../panels/table.ts";
import { tile } from "../panels/tile.ts";
import { trend } from "../panels/trend.ts";
import { text } from "../text.ts";
import { attentionAboveNone, names, overTime, present, ranked, worksShare } from "./common.ts";
import { frame } from "./frame.ts";
import { area, asOf, leadTo, leadToSiteOn, type Setting } from "./scope.ts";

const liveShare = text("画面正常率", "Live pictures");
const expected = text("应有画面（路）", "Cameras due");
const changes = text("事件（次）", "Events");

const newest = from("camera_fleet").inTheLast(present).matching(area).by("city_name", "district_name", "site_name");

/** The share of cameras with a live picture, of those that should have one. */
export const picturesNow = reading(
  fromRows(newest, (of) => ({
    ...{ total: of.last("total"), live: of.last("live"), none: of.last("none"), pending: of.last("pending") },
    unknown: of.last("unknown"),
  })),
  (of) => {
    const due = of.sum("total").minus(of.sum("none")).minus(of.sum("pending"));
    return [
      { name: liveShare, unit: "share", of: of.sum("live").dividedBy(due), tones: worksShare },
      { name: expected, unit: "count", of: due },
      { name: text("未知：网关离线（路）", "Gateway away"), unit: "count", of: of.sum("unknown") },
    ];
  },
);

const tiles = (setting: Setting) => {
  const { say } = setting;
  const at = (x: number, y: number) => ({ x, y, w: 8, h: 9 });
  return [
    tile(
      {
        title: text("画面正常", "Live pictures"),
        about: text(
          "现在画面正常的摄像头占应有画面的摄像头的比例。未启用和等待画面的不计在内；网关离线的不算正常，单列为未知。",
          "Cameras with a live picture now, of those that should have one. Those that nobody asks, or that were just asked, are not in it; those behind a gateway that is away are not live and stand apart as unknown.",
        ),
        at: at(0, 0),
        readings: [picturesNow, asOf],
        leadsTo: leadTo("gateways", setting),
      },
      say,
    ),
    tile(
      {
        title: text("画面异常", "Wrong pictures"),
        about: text(
          "现在连着但画面不对的摄像头。冻结：画面不再变化。",
          "Cameras that are connected but show something wrong. Frozen: the picture does not change any more.",
        ),
        at: at(8, 0),
        readings: [
          reading(
            fromRows(newest, (of) => ({
              ...{ stalled: of.last("stalled"), frozen: of.last("frozen") },
              ...{ black: of.last("black"), covered: of.last("covered") },
            })),
            (of) => [
              {
                name: text("无画面（路）", "Without pictures"),
                unit: "count",
                of: of.sum("stalled"),
                tones: attentionAboveNone,
              },
              { name: text("冻结（路）", "Frozen"), unit: "count", of: of.sum("frozen"), tones: attentionAboveNone },
              {
                name: text("黑屏或遮挡（路）", "Black or covered"),
                unit: "count",
                of: of.sum("black").plus(of.sum("covered")),
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
        title: text("连接不上", "Not reached"),
        about: text(
          "现在连接不上或密码不对的摄像头，以及还没有人要求画面的。",
          "Cameras that do not answer or refuse the password, and those that nobody asks for a picture.",
        ),
        at: at(16, 0),
        readings: [
          reading(
            fromRows(newest, (of) => ({
              ...{ disconnected: of.last("disconnected"), auth_failed: of.last("auth_failed"), none: of.last("none") },
            })),
            (of) => [
              {
                name: text("断线（路）", "Do not answer"),
                unit: "count",
                of: of.sum("disconnected"),
                tones: attentionAboveNone,
              },
              {
                name: text("密码错误（路）", "Password refused"),
                unit: "count",
                of: of.sum("auth_failed"),
                tones: attentionAboveNone,
              },
              { name: text("未启用（路）", "Nobody asks"), unit: "count", of: of.sum("none") },
            ],
          ),
          asOf,
        ],
      },
      say,
    ),
    bars(
      {
        title: text("画面正常的摄像头，按场所", "Live pictures, by site"),
        about: text("现在画面正常的摄像头最多的 6 个场所。", "The six sites with most live pictures now."),
        at: at(0, 9),
        readings: [
          ranked(from("camera_fleet").inTheLast(present).matching(area), "site_name", {
            ...{ name: text("正常（路）", "Live"), unit: "count" },
            amount: (of) => of.last("live"),
          }),
        ],
        leadsTo: leadToSiteOn("cameras", setting),
      },
      say,
    ),
    bars(
      {
        title: text("近 30 天事件最多的摄像头", "Cameras with most events in 30 days"),
        about: text(
          "近 30 天状态变化最多的 6 路摄像头：多半是线路、供电或安装问题。",
          "The six cameras whose state changed most in 30 days: often the line, the power or the mounting.",
        ),
        at: at(8, 9),
        readings: [
          ranked(from("camera_day").inTimeRange().where("event", "state").matching(area), "dev", {
            ...{ name: changes, unit: "count" },
            amount: (of) => of.sum("events"),
          }),
        ],
        over: "30d",
      },
      say,
    ),
    bars(
      {
        title: text("近 30 天事件，按区域", "Events in 30 days, by zone"),
        about: text("近 30 天事件最多的 6 类区域。", "The six kinds of zone with most events in 30 days."),
        at: at(16, 9),
        readings: [
          ranked(from("camera_day").inTimeRange().matching(area), "zone", {
            ...{ name: changes, unit: "count" },
            amount: (of) => of.sum("events"),
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
        title: text("画面正常率（右轴为摄像头数）", "Live pictures over time (cameras on the right)"),
        about: text(
          "画面正常的摄像头占全部摄像头的比例，按分钟取样，每十分钟或更长一段取平均。",
          "Share of all cameras with a live picture, sampled every minute, averaged over ten minutes or longer.",
        ),
        at: { x: 0, y: 18, w: 12, h: 10 },
        readings: [
          reading(overTime(from("camera_fleet_10m").inTimeRange().matching(area)), (of) => [
            { name: liveShare, unit: "share", of: of.mean("live").dividedBy(of.mean("total")) },
            {
              name: text("摄像头（路，各场所平均）", "Cameras (mean of the sites)"),
              unit: "count",
              of: of.mean("total"),
              isSample: true,
            },
          ]),
        ],
        style: "lines",
        step: "10m",
      },
      say,
    ),
    table(
      {
        title: text("摄像头事件", "Events of the cameras"),
        about: text(
          "所选时间内每路摄像头各类事件的次数。state 状态变化，still 抓拍，hold 保全，gap 录像缺口。",
          "Events of each kind of each camera in the chosen time.",
        ),
        at: { x: 12, y: 18, w: 12, h: 10 },
        readings: [
          reading(from("camera_day").inTimeRange().matching(area).by("site_name", "dev", "zone", "event"), (of) => [
            { name: changes, unit: "count", of: of.sum("events") },
          ]),
        ],
        columns: {
          site_name: names.site,
          dev: text("摄像头", "Camera"),
          zone: text("区域", "Zone"),
          event: text("事件", "Event"),
        },
      },
      say,
    ),
  ];
};

/** 明厨亮灶摄像头: which pictures are missing, and what is wrong with them. */
export const cameras = (setting: Setting) =>
  frame(
    {
      id: "cameras",
      about: text("哪些摄像头没有正常画面，问题在哪里。", "Which cameras show no live picture, and what is wrong."),
      from: "now-24h",
      refresh: "1m",
      placesOf: '"autogen"."camera_fleet"',
      panels: [...tiles(setting), ...details(setting)],
    },
    setting,
  );
