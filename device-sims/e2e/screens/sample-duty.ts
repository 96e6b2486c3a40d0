import type {
  AlertDuty,
  AlertMessage,
  AuditPage,
  DutyView,
  GatewayList,
  MessagePage,
  QuarantineList,
  RegisterEntry,
  UserView,
} from "@mingcheng/protocols";
import { sampleDay } from "./sample-day.ts";

const nowMs = Date.parse("2026-11-23T06:05:00.000Z");
const before = (minutes: number): string => new Date(nowMs - minutes * 60_000).toISOString();
const asOf = before(0);

const officer = { wu: { code: "o-wu", name: "吴国强" }, zheng: { code: "o-zheng", name: "郑雅琴" } } as const;

/** Who has an alert of the sample: it was moved up from the station to the district. */
export const sampleDutyOf = (arrived: AlertDuty["arrived"]): AlertDuty => ({
  ...{ route: "grave", level: { zh: "重大", en: "grave" }, tier: "district", stage: "receipt", arrived },
  ...{ officers: [officer.wu, officer.zheng], escalations: 1, group: "songbai test" },
});

const leg = { channel: "aliyun-sms", state: "delivered", attempts: 1, answersLost: 0, outcome: "OK" } as const;

/** What two officers were told of it. */
export const sampleTold: readonly AlertMessage[] = [
  {
    ...{ officer: officer.zheng, tier: "station", event: "firing", state: "delivered", reason: null, message: "m-1" },
    ...{ alerts: 1, madeAt: before(172), legs: [{ ...leg, sentAt: before(172), doneAt: before(171) }] },
  },
  {
    ...{
      officer: officer.wu,
      tier: "district",
      event: "escalated",
      state: "unconfirmed",
      reason: null,
      message: "m-2",
    },
    ...{ alerts: 1, madeAt: before(52) },
    legs: [
      {
        ...leg,
        state: "unconfirmed",
        attempts: 2,
        answersLost: 2,
        outcome: "timeout：时限内没有答复 / no answer in time",
        sentAt: before(52),
        doneAt: before(50),
      },
    ],
  },
];

/** Two sites: one well staffed with somebody standing in, one with a hole. */
export const sampleDutyView = (at: string | null): DutyView => ({
  at: at ?? asOf,
  sites: [
    {
      ...{ code: "songbai", name: "松柏市场", area: "松柏网格" },
      tiers: [
        {
          tier: "operator",
          found: "operator",
          officer: { code: "o-z", name: "赵敏" },
          phone: "138******01",
          reason: "first",
          insteadOf: null,
        },
        {
          tier: "station",
          found: "station",
          officer: officer.zheng,
          phone: "139******22",
          reason: "substitute",
          insteadOf: { code: "o-l", name: "林志远" },
        },
        {
          tier: "district",
          found: "district",
          officer: officer.wu,
          phone: "137******18",
          reason: "next-in-rank",
          insteadOf: null,
        },
        {
          tier: "city",
          found: "city",
          officer: { code: "o-c", name: "陈思明" },
          phone: "136******09",
          reason: "first",
          insteadOf: null,
        },
      ],
    },
    {
      ...{ code: "ningbao", name: "宁宝市场", area: "宁宝网格" },
      tiers: [
        {
          tier: "operator",
          found: "station",
          officer: officer.zheng,
          phone: "139******22",
          reason: "higher-tier",
          insteadOf: null,
        },
        {
          tier: "station",
          found: "station",
          officer: officer.zheng,
          phone: "139******22",
          reason: "first",
          insteadOf: null,
        },
        { tier: "district", found: "last-resort", officer: null, phone: "", reason: "nobody-on-duty", insteadOf: null },
        { tier: "city", found: "last-resort", officer: null, phone: "", reason: "nobody-on-duty", insteadOf: null },
      ],
    },
  ],
  lastResort: { officer: null, role: "centre" },
  lastResortAlerts: 2,
});

/** The log of messages, in several states. */
export const sampleMessages = (): MessagePage => ({
  ...{ asOf, next: null, waiting: 1, held: 3 },
  messages: [
    {
      ...{ id: "m-2", at: before(52), officer: officer.wu, phone: "137******18", template: "escalated", alerts: 1 },
      ...{
        text: "督办：您辖区预警单KJ26112300017超时未签收，已上报区局。请立即处理。",
        state: "unconfirmed",
        reason: null,
      },
      ...{ alertIds: ["a4"], legs: [...(sampleTold[1]?.legs ?? [])] },
    },
    {
      ...{ id: "m-1", at: before(172), officer: officer.zheng, phone: "139******22", template: "alert", alerts: 1 },
      ...{
        text: "红色预警：松柏市场A12摊韭菜快检阳性后仍有销售。请2小时内到场处置。",
        state: "delivered",
        reason: null,
      },
      ...{ alertIds: ["a4"], legs: [...(sampleTold[0]?.legs ?? [])] },
    },
    {
      ...{ id: "m-0", at: before(300), officer: officer.zheng, phone: "139******22", template: "group", alerts: 12 },
      ...{ text: "松柏市场12台秤无数据。请检查网关电源。", state: "withdrawn", reason: "over" },
      ...{ alertIds: ["a2", "a5", "a6", "a7"], legs: [] },
    },
  ],
});

const entry = (id: number, values: Readonly<Record<string, string>>, from: string | null = null): RegisterEntry => ({
  ...{ id, values: { ...values }, from, to: from === null ? null : before(-600), since: 1, until: null },
});
/** Officers and their leave. */
export const sampleRegister = (): Record<string, RegisterEntry[]> => ({
  officers: [entry(1, officer.wu), entry(2, officer.zheng), entry(3, { code: "o-l", name: "林志远" })],
  absences: [entry(4, { officer: "o-l", substitute: "o-zheng", reason: "leave" }, before(600))],
});

/** Gateways with what can be wrong with them. */
export const sampleGateways = (): GatewayList => ({
  ...{ asOf, restores: [] },
  gateways: sampleDay().gateways.map((gateway, index) => ({
    ...gateway,
    alarms: index === 0 ? [{ code: "CLOCK_UNSYNC", since: before(90), detail: "误差 4 200 ms" }] : [],
    software: { name: "mingcheng-gateway", version: index === 1 ? "0.0.9" : "0.1.0" },
    health:
      index === 1
        ? null
        : {
            ...{ outboxRecords: 812_004, pendingRecords: gateway.pending, outboxBytes: 401_118_208 },
            ...{ diskFreeBytes: index === 0 ? 412_000_000 : 24_100_000_000, rssBytes: 88_080_384, cpuPercent: 7 },
            ...{ clockErrorMs: index === 0 ? 4_200 : 18, aheadOfCentreMs: 3, reconnects: 2, receiptWaitMs: null },
            ...{ devices: 24, devicesOnline: 23 },
          },
    lines: { total: 3, newest: [] },
    openGaps: {
      ...{ total: gateway.gaps },
      newest:
        gateway.gaps === 0 ? [] : [{ ep: 3, eid: "0f".repeat(16), from: 811, to: 902, reason: "lost", at: before(35) }],
    },
  })),
});

/** Something of each kind that lies in quarantine. */
export const sampleQuarantine = (): QuarantineList => ({
  ...{ asOf, totals: { batch: 0, damaged: 1, record: 1 } },
  items: [
    {
      ...{ source: "record", id: "4711", gw: "market-songbai", ep: 3, eid: "0f".repeat(16), seq: 811, count: 1 },
      ...{ kind: "weighing", reason: "body.unit: unknown unit", receivedAt: before(12), size: 36 },
      bytes: Buffer.from('{"value":"1.25","unit":"catty-ish"}').toString("base64"),
    },
    {
      ...{ source: "damaged", id: "d-1", gw: "market-ningbao", ep: null, eid: null, seq: null, count: null },
      ...{ kind: null, reason: "not a batch", receivedAt: before(40), size: 18 },
      bytes: Buffer.from("\u0002ST,GS,+1.5kg\u0003\r\n").toString("base64"),
    },
  ],
});

/** Users of each standing. */
export const sampleUsers = (): UserView[] =>
  (
    [
      ["admin", "administrator", [], false, null],
      ["li.wei", "inspector", ["songbai-st"], false, null],
      ["zhao.min", "operator", [], true, null],
      ["chen.jie", "inspector", ["siming"], false, before(4_000)],
    ] as const
  ).map(([name, role, areas, mustChangePassword, disabledAt]) => ({
    ...{ name, role, areas: [...areas], sites: [], mustChangePassword, disabledAt },
    ...{ createdAt: before(90_000), passwordSetAt: before(80_000) },
    officer: name === "li.wei" ? { code: "songbai-st", name: "郑雅琴" } : null,
  }));

/** Some entries of the audit log, one of them erased. */
export const sampleAudit = (): AuditPage => ({
  next: null,
  entries: [
    ["alert.decided", "处置预警", "an alert was decided on", "wang.li", "alert:a4", "done"],
    ["access.refused", "越权访问被拒绝", "access was refused", "zhao.min", "GET /api/v1/users", "refused"],
  ].map(([action = "", zh = "", en = "", actor = "", subject = "", outcome], index) => ({
    ...{ n: 48 - index, h: "9f".repeat(32) },
    entry: {
      ...{ at: before(index * 7), actor, address: "10.2.0.17", action, title: { zh, en }, subject, detail: {} },
      outcome: outcome === "done" ? "done" : "refused",
    },
  })),
});
