import type {
  Account,
  AlertView,
  DeviceView,
  GatewaySummary,
  PlaceView,
  TestView,
  Today,
  Trend,
  WeighingView,
} from "@mingcheng/protocols";

/** 2026-11-23 14:05 in Shanghai. */
const nowMs = Date.parse("2026-11-23T06:05:00.000Z");
const before = (minutes: number): string => new Date(nowMs - minutes * 60_000).toISOString();

/** Somebody who may do everything. */
export const sampleAccount: Account = {
  user: "wang.li",
  role: "inspector",
  mustChangePassword: false,
  scope: { whole: false, areas: ["siming"], sites: [] },
  centreName: "厦门市市场监管监测预警中心",
  timezone: "Asia/Shanghai",
  expiresAt: new Date(nowMs + 6 * 3_600_000).toISOString(),
};

/** Somebody at the centre, who sees all of it. */
export const dutyAccount: Account = {
  ...sampleAccount,
  ...{ user: "zhang.wei", role: "centre", scope: { whole: true, areas: [], sites: [] } },
};

/** Who sells at the stalls of the sample market. */
const vendors = ["陈记蔬菜", "林记蔬菜", "王记豆制品", "黄记水果", "吴记海鲜", "郑记肉铺"];

/** Where the devices of a market stand: the scale of a stall is named after it. */
const placeOf = (gw: string, dev: string): PlaceView => {
  const [code, name] = gw === "market-songbai" ? ["songbai", "松柏市场"] : ["ningbao", "宁宝市场"];
  const stall = /^scale-([a-z]\d\d)$/.exec(dev)?.[1];
  const vendor = vendors[Number(stall?.slice(1) ?? 0) % vendors.length] ?? "";
  return {
    site: { code, name },
    area: { code: `${code}-01`, name: `${name.slice(0, 2)}网格` },
    areas: ["xiamen", "siming", `${code}-st`, `${code}-01`],
    stall: stall === undefined ? null : { code: `${code}-${stall}`, label: stall.toUpperCase() },
    vendor: stall === undefined ? null : { code: `v-${stall}`, name: vendor },
  };
};

const gateways: readonly GatewaySummary[] = [
  {
    ...{
      gw: "market-songbai",
      site: "松柏市场",
      place: placeOf("market-songbai", ""),
      enrolledAt: before(60_000),
      disabledAt: null,
      online: true,
    },
    ...{ since: before(425), lastHeardAt: before(0), pending: 0, gaps: 0, disputedLines: 0, alarms: [] },
  },
  {
    ...{
      gw: "market-ningbao",
      site: "宁宝市场",
      place: placeOf("market-ningbao", ""),
      enrolledAt: before(60_000),
      disabledAt: null,
      online: false,
    },
    ...{ since: before(35), lastHeardAt: before(35), pending: 1_284, gaps: 1, disputedLines: 0, alarms: [] },
  },
];

const weighingOf = (lsn: number, dev: string, value: string, minutes: number, lateMinutes = 0): WeighingView => ({
  ...{ lsn, gw: "market-songbai", dev, at: before(minutes), receivedAt: before(minutes - lateMinutes) },
  place: placeOf("market-songbai", dev),
  ...{ lane: lateMinutes > 0 ? "backlog" : "live", value, unit: "kg", grams: "0" },
  ...{ mode: "net", stable: "reported-stable", tare: null },
});

const testOf = (
  lsn: number,
  item: string | null,
  verdict: TestView["verdict"],
  value: string,
  minutes: number,
): TestView => ({
  ...{ lsn, gw: "market-songbai", dev: "tester-1", at: before(minutes), receivedAt: before(minutes), lane: "live" },
  place: placeOf("market-songbai", "tester-1"),
  ...{ instrument: "NY-8", specimenId: `SB20261123${String(lsn).padStart(4, "0")}`, item },
  ...{ assay: { code: "OPC", name: "有机磷及氨基甲酸酯" }, value, number: null, unit: value === "" ? "" : "%" },
  ...{ verdict, verdictRule: "GB/T 5009.199-2003: positive >= 50", instrumentVerdict: verdict },
});

const scaleOf = (index: number, rest: Partial<DeviceView> = {}): DeviceView => {
  const dev = `scale-${String.fromCharCode(97 + Math.floor(index / 6))}${String((index % 6) + 1).padStart(2, "0")}`;
  return {
    place: placeOf("market-songbai", dev),
    ...{ gw: "market-songbai", site: "松柏市场", dev, class: "scale", driver: "yaohua-a9", state: "online" },
    ...{
      statedAs: "online",
      statedAt: before(425),
      reason: "connected",
      lastAt: before(index),
      lastReceivedAt: before(index),
    },
    lastWeighing: weighingOf(500 + index, dev, `${(index * 0.735 + 0.42).toFixed(3)}`, index),
    lastTest: null,
    today: { weighings: 96 - index * 3, grams: "148210", withoutGrams: 0, tests: 0, scaleEvents: 2 },
    ...rest,
  };
};

const tests: readonly TestView[] = [
  testOf(47, "韭菜", "positive", "62.5", 6),
  testOf(46, "上海青", "negative", "12.1", 18),
  testOf(45, "豇豆", "negative", "8.4", 31),
  testOf(44, "芹菜", "suspect", "46.0", 44),
  testOf(43, "小白菜", "negative", "3.3", 58),
  testOf(42, "空心菜", "invalid", "ERR", 63),
  testOf(41, "菠菜", "negative", "15.7", 77),
  testOf(40, null, "none", "21.0", 84),
  testOf(39, "生菜", "negative", "9.9", 95),
  testOf(38, "油麦菜", "negative", "11.4", 107),
  testOf(37, "茼蒿", "negative", "6.2", 118),
];

const alert: AlertView = {
  ...{ id: "a1", rule: "test-positive", severity: "attention", state: "firing", owner: "role:inspector" },
  ...{ gw: "market-songbai", site: "松柏市场", place: placeOf("market-songbai", "tester-1"), dev: "tester-1" },
  title: {
    zh: "韭菜 快检阳性（待复检）：有机磷及氨基甲酸酯 62.5 %",
    en: "Leek: rapid test positive, to be confirmed (62.5 %)",
  },
  next: { zh: "暂停销售该批次，取样复检", en: "Hold the batch back and take a second sample" },
  ...{ runbook: "test-positive", lsn: 47, matches: 1, late: false, startedAt: before(6), firedAt: before(6) },
  ...{ endedAt: null, acknowledged: null },
};

const alerts: readonly AlertView[] = [
  alert,
  {
    ...alert,
    ...{
      id: "a2",
      rule: "device-silent",
      owner: "role:operator",
      dev: "scale-b04",
      place: placeOf("market-songbai", "scale-b04"),
      startedAt: before(22),
      firedAt: before(19),
    },
    title: { zh: "秤“scale-b04”3 分钟无数据", en: "Scale “scale-b04”: no data for 3 minutes" },
    next: { zh: "数据未丢失。检查电源和串口线", en: "Nothing is lost. Check power and serial cable" },
  },
  {
    ...alert,
    ...{ id: "a3", state: "acknowledged", startedAt: before(44), firedAt: before(44), dev: "tester-1" },
    acknowledged: { by: "chen.jie", at: before(40) },
    title: { zh: "芹菜 快检可疑（待复检）", en: "Celery: rapid test suspect, to be confirmed" },
  },
];

const devices: readonly DeviceView[] = [
  ...Array.from({ length: 12 }, (_, index) => scaleOf(index)),
  scaleOf(9, {
    state: "silent",
    statedAs: "silent",
    reason: "3 分钟无数据",
    dev: "scale-b04",
    place: placeOf("market-songbai", "scale-b04"),
  }),
  scaleOf(14, {
    ...{ gw: "market-ningbao", site: "宁宝市场", dev: "scale-01", state: "unknown", statedAs: "online" },
    ...{ statedAt: before(300), place: placeOf("market-ningbao", "scale-01") },
  }),
  scaleOf(15, {
    place: placeOf("market-songbai", "tester-1"),
    ...{ dev: "tester-1", class: "tester", driver: "lis", lastWeighing: null, lastTest: tests[0] ?? null },
    today: { weighings: 0, grams: "0", withoutGrams: 0, tests: 47, scaleEvents: 0 },
  }),
].filter(({ dev, state }) => dev !== "scale-b04" || state === "silent");

const sold: Today["sales"] = {
  ...{ sales: 318, refunds: 2, voids: 1, amountFen: 612_480, mismatches: 1 },
  stalls: [
    { gw: "market-songbai", stall: "A12", sales: 41, lines: 66, grams: "58230", amountFen: 84_120 },
    { gw: "market-songbai", stall: "B04", sales: 37, lines: 52, grams: "40115", amountFen: 71_900 },
  ],
  items: [
    { item: "10086", name: "韭菜", lines: 58, grams: "36250", amountFen: 48_900 },
    { item: "20011", name: "鸡蛋", lines: 31, grams: "0", amountFen: 24_800 },
  ],
  newest: [],
};

/** An ordinary day with a positive test, a silent scale and a market that is cut off. */
export const sampleDay = (): Today => ({
  ...{ asOf: new Date(nowMs).toISOString(), day: "2026-11-23", timezone: "Asia/Shanghai" },
  ...{ from: "2026-11-22T16:00:00.000Z", to: "2026-11-23T16:00:00.000Z", lsn: 4_711, head: 4_711 },
  totals: {
    ...{ weighings: 1_284, grams: "1846275.5", withoutGrams: 0 },
    tests: { all: 47, positive: 1, suspect: 1, negative: 42, invalid: 2, none: 1 },
    devices: { all: 14, online: 12, silent: 1, offline: 0, parked: 0, unknown: 1 },
    gateways: { all: 2, online: 1 },
    unattributed: null,
  },
  devices: [...devices],
  sales: sold,
  weighings: [
    weighingOf(1_004, "scale-a03", "2.365", 0),
    weighingOf(1_003, "scale-a01", "0.420", 1),
    weighingOf(1_002, "scale-b02", "12.500", 1),
    weighingOf(1_001, "scale-a05", "3.360", 2),
    weighingOf(1_000, "scale-a02", "1.155", 3),
    weighingOf(999, "scale-b06", "0.080", 4),
    weighingOf(998, "scale-a04", "5.200", 55, 20),
    weighingOf(997, "scale-a06", "1 024.5".replace(" ", ""), 56, 20),
  ],
  tests: [...tests],
  alerts: { asOf: new Date(nowMs).toISOString(), firing: 2, acknowledged: 1, alerts: [...alerts] },
  gateways: [...gateways],
});

/** The same day by hours: markets open at five. */
export const sampleTrend = (isEmpty = false): Trend => ({
  ...{ asOf: new Date(nowMs).toISOString(), day: "2026-11-23", timezone: "Asia/Shanghai" },
  hours: [0, 0, 0, 0, 0, 46, 122, 187, 204, 171, 143, 118, 96, 90, 107].map((weighings, hour) => ({
    from: new Date(Date.parse("2026-11-22T16:00:00.000Z") + hour * 3_600_000).toISOString(),
    ...{
      weighings: isEmpty ? 0 : weighings,
      tests: isEmpty || hour < 6 ? 0 : ([4, 9, 8, 6, 5, 4, 3, 6, 2][hour - 6] ?? 0),
    },
  })),
});

/** The first morning: a gateway is registered, nothing has been said yet. */
export const emptyDay = (): Today => ({
  ...sampleDay(),
  totals: {
    ...{ weighings: 0, grams: "0", withoutGrams: 0 },
    tests: { all: 0, positive: 0, suspect: 0, negative: 0, invalid: 0, none: 0 },
    devices: { all: 0, online: 0, silent: 0, offline: 0, parked: 0, unknown: 0 },
    gateways: { all: 0, online: 0 },
    unattributed: null,
  },
  ...{ devices: [], weighings: [], tests: [], gateways: [] },
  alerts: { asOf: new Date(nowMs).toISOString(), firing: 0, acknowledged: 0, alerts: [] },
});
