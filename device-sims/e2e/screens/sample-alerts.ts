import type { AlertDetail, AlertView, RecordView, SilenceView } from "@mingcheng/protocols";
import { sampleDay } from "./sample-day.ts";
import { sampleDutyOf, sampleTold } from "./sample-duty.ts";

/** 2026-11-23 14:05 in Shanghai, as in the sample of the day. */
export const sampleNowMs = Date.parse("2026-11-23T06:05:00.000Z");
const before = (minutes: number): string => new Date(sampleNowMs - minutes * 60_000).toISOString();

type Entry = AlertDetail["history"][number];
type Sent = AlertDetail["notifications"][number];

const entry = (minutes: number, reason: string, rest: Partial<Entry> = {}): Entry => ({
  ...{ at: before(minutes), from: "firing", to: "firing", reason, actor: "system", lsn: null, detail: {} },
  ...rest,
});

const [leek, silent, celery] = sampleDay().alerts?.alerts ?? [];
if (leek === undefined || silent === undefined || celery === undefined) throw new Error("sample");

const overdue: AlertView = {
  ...leek,
  ...{ id: "a4", rule: "sale-after-positive", severity: "alarm", owner: "user:wang.li", lsn: 4_688, matches: 3 },
  ...{ startedAt: before(172), firedAt: before(172), dev: "scale-a12" },
  title: { zh: "A12 摊韭菜快检阳性（待复检）后仍有销售 3 笔", en: "Stall A12: 3 sales of leek after a rapid positive" },
  next: { zh: "到场暂停销售，核对追溯小票", en: "Go there, hold the sale, check the receipts" },
  ...{ receiptDueAt: before(52), arrivalDueAt: before(-8), handlingDueAt: before(-68), overdue: true },
  duty: sampleDutyOf(null),
};

const longNamed: AlertView = {
  ...silent,
  ...{ id: "a5", severity: "notice", state: "acknowledged", startedAt: before(61), firedAt: before(58) },
  site: "厦门市思明区松柏农贸市场二楼水产区东侧第三排档口综合服务中心",
  title: {
    zh: "秤“scale-c11-second-floor-east”检定将于 7 天后到期，请联系厦门市计量检定测试院安排现场检定并上传检定证书编号",
    en: "Scale “scale-c11-second-floor-east”: verification expires in 7 days; arrange it with the institute of metrology",
  },
  next: { zh: "预约检定，检定后登记新的有效期", en: "Make an appointment, and enter the new validity afterwards" },
  acknowledged: { by: "lin.meihua", at: before(50) },
};

const handled: AlertView = {
  ...silent,
  ...{ id: "a6", state: "handled", startedAt: before(130), firedAt: before(127), dev: "scale-a05" },
  acknowledged: { by: "zhao.min", at: before(120) },
  title: { zh: "秤“scale-a05”零点漂移 15 g", en: "Scale “scale-a05”: zero drifted by 15 g" },
  next: {
    zh: "清空秤盘后置零，仍漂移则停用报修",
    en: "Empty the pan and zero it; if it drifts on, take it out of use",
  },
};

const resolved: AlertView = {
  ...silent,
  ...{ id: "a7", state: "resolved", startedAt: before(300), firedAt: before(297), endedAt: before(280), lsn: 0 },
  title: { zh: "网关“market-ningbao”离线", en: "Gateway “market-ningbao” is offline" },
  next: { zh: "检查电源和网络；数据保存在网关中", en: "Check power and network; its data is kept there" },
};

const closed: AlertView = {
  ...celery,
  ...{ id: "a8", state: "closed", startedAt: before(410), firedAt: before(410), endedAt: before(350) },
  acknowledged: { by: "chen.jie", at: before(405) },
  title: { zh: "豇豆 快检阳性（待复检）", en: "Cowpea: rapid test positive, to be confirmed" },
};

const opened = (alert: AlertView): Entry => ({
  ...entry((sampleNowMs - Date.parse(alert.firedAt)) / 60_000, "condition-met", { from: null }),
  lsn: alert.lsn === 0 ? null : alert.lsn,
  detail: { startedMs: Date.parse(alert.startedAt) },
});
const told = (alert: AlertView, minutesLater: number): Entry =>
  entry((sampleNowMs - Date.parse(alert.firedAt)) / 60_000 - minutesLater, "notified", {
    detail: { channel: "duty-room", attempts: 1 },
  });
const takenOver = ({ acknowledged }: AlertView): Entry[] =>
  acknowledged === null
    ? []
    : [
        {
          ...entry(0, "acknowledged", { to: "acknowledged", actor: acknowledged.by }),
          at: acknowledged.at,
        },
      ];

const sent = (minutes: number, rest: Partial<Sent> = {}): Sent => ({
  ...{ channel: "duty-room", event: "firing", state: "sent", attempts: 1, outcome: "202" },
  ...{ createdAt: before(minutes), doneAt: before(minutes) },
  ...rest,
});

const detail = (alert: AlertView, history: readonly Entry[], notifications: readonly Sent[] = []): AlertDetail => ({
  alert,
  history: [opened(alert), told(alert, 0.1), ...takenOver(alert), ...history],
  notifications: [...notifications],
  messages: alert.duty ? [...sampleTold] : [],
  people: { "o-wu": "吴国强", "chen.jie": "陈洁" },
});

/** Alerts in every state, one with a long history. */
export const sampleAlerts = (): AlertDetail[] =>
  structuredClone([
    detail(leek, [], [sent(6)]),
    detail(silent, [], [sent(19, { state: "queued", attempts: 3, outcome: "503", doneAt: null })]),
    detail(celery, [], [sent(44)]),
    detail(
      overdue,
      [
        entry(160, "matched-again", { lsn: 4_690, detail: { late: false } }),
        entry(142, "repeated"),
        entry(120, "matched-again", { lsn: 4_702, detail: { late: true } }),
        entry(118, "notify-retrying", { detail: { channel: "wecom", attempts: 2 } }),
        entry(82, "repeated"),
        entry(80, "notified", { detail: { channel: "wecom", attempts: 3 } }),
        entry(52, "escalated", {
          detail: { why: "no-receipt", tier: "district", officer: "o-wu", role: null },
        }),
      ],
      [
        sent(172),
        sent(142),
        sent(118, { channel: "wecom", attempts: 3, outcome: "errcode 0", doneAt: before(80) }),
        sent(60, { channel: "sms", state: "refused", outcome: "isv.MOBILE_NUMBER_ILLEGAL" }),
      ],
    ),
    detail(longNamed, []),
    detail(handled, [
      entry(100, "handled", {
        ...{ from: "acknowledged", to: "handled", actor: "zhao.min" },
        detail: { result: "已清空秤盘并置零，读数恢复 0.000 kg，观察 10 分钟无漂移。" },
      }),
    ]),
    detail(resolved, [entry(280, "condition-ended", { to: "resolved" })]),
    detail(closed, [
      entry(350, "closed", {
        ...{ from: "acknowledged", to: "closed", actor: "chen.jie" },
        detail: { result: "复检合格，恢复销售", evidence: "复检报告 FJ20261123-07" },
      }),
    ]),
  ]);

/** The record behind an alert of the sample. */
export const sampleRecord = ({ lsn, gw, dev }: Pick<AlertView, "lsn" | "gw" | "dev">): RecordView => ({
  ...{ lsn, gw, dev, at: before(6), receivedAt: before(6), lane: "live", place: leek.place },
  ...{ ep: 3, eid: "0f".repeat(16), seq: 1_204, n: 47, kind: "test", wall: "2026-11-23T13:59:02.118+08:00" },
  ...{ lineStatus: "ok", counted: true },
  body: {
    ...{
      protocol: "lis2",
      specimenId: "SB202611230047",
      item: "韭菜",
      assay: { code: "OPC", name: "有机磷及氨基甲酸酯" },
    },
    ...{ value: "62.5", unit: "%", verdict: "positive", verdictRule: "GB/T 5009.199-2003: positive >= 50" },
  },
  raw: Buffer.from("R|1|^^^OPC|62.5|%||A||F||||20261123135900\r").toString("base64"),
});

/** Silences: one that runs, one that was ended by hand, one that is over. */
export const sampleSilences = (): SilenceView[] => [
  {
    ...{ id: 3, matchers: { device: "scale-b04", rule: "device-silent" }, from: before(25), to: before(-215) },
    ...{ by: "zhang.wei", comment: "B04 摊位更换秤台，16:00 前完成", madeAt: before(25), ended: null, active: true },
  },
  {
    ...{ id: 2, matchers: { site: "zhongpu" }, from: before(1_500), to: before(60), by: "zhang.wei" },
    ...{ comment: "中埔市场停电检修", madeAt: before(1_500), active: false },
    ended: { by: "li.na", at: before(600) },
  },
  {
    ...{ id: 1, matchers: { severity: "notice", gateway: "market-ningbao" }, from: before(4_000), to: before(3_760) },
    ...{ by: "li.na", comment: "演练", madeAt: before(4_000), ended: null, active: false },
  },
];

/** As many open alerts as a bad day of a city has. */
export const manyAlerts = (count: number): AlertDetail[] =>
  Array.from({ length: count }, (_, index) => {
    const minutes = (index % 1_400) + 1;
    const alert: AlertView = {
      ...silent,
      ...{ id: `m${index}`, dev: `scale-${index}`, startedAt: before(minutes + 3), firedAt: before(minutes) },
      title: { zh: `秤“scale-${index}”3 分钟无数据`, en: `Scale “scale-${index}”: no data for 3 minutes` },
    };
    return { alert, history: [], notifications: [] };
  });
