import {
  type KeptReportList,
  keptReportListSchema,
  type Report,
  reportSchema,
  type SiteList,
  siteListSchema,
} from "@mingcheng/protocols/api";

const counts = (all: number, positive: number, suspect: number) => ({
  ...{ all, positive, suspect, negative: all - positive - suspect, invalid: 0, none: 0 },
});

/** Two markets, one with a long name. */
export const sampleSites = (): SiteList =>
  siteListSchema.parse({
    asOf: "2026-11-23T06:05:00.000Z",
    sites: [
      { code: "songbai", name: "松柏市场", type: "market" },
      { code: "lujiang", name: "鹭江街道中心农副产品综合批发零售市场（南区）", type: "market" },
    ],
  });

/** What the first of them hands in for the day before. */
export const sampleReport = (): Report =>
  reportSchema.parse({
    v: 1,
    site: { code: "songbai", name: "松柏市场" },
    period: {
      ...{ type: "day", first: "2026-11-22", last: "2026-11-22", timezone: "Asia/Shanghai", complete: false },
      ...{ from: "2026-11-21T16:00:00.000Z", to: "2026-11-22T16:00:00.000Z" },
    },
    cutOff: { lsn: 482_113, head: 482_113, at: "2026-11-23T06:05:00.000Z" },
    tests: {
      total: counts(42, 1, 1),
      items: [
        { item: "韭菜", assay: "有机磷和氨基甲酸酯类农药残留快速检测（酶抑制率法）", counts: counts(30, 1, 1) },
        { item: null, assay: "甲醛", counts: counts(12, 0, 0) },
      ],
    },
    weighings: { count: 18_204, grams: "9216400.5", withoutGrams: 3 },
    sales: {
      ...{ sales: 17_900, refunds: 12, voids: 4, amountFen: 31_204_550, mismatches: 2 },
      items: [{ item: "1", name: "本地韭菜（散装·当日采收·无公害）", lines: 640, grams: "320100", amountFen: 288_090 }],
    },
    devices: [
      {
        ...{ gw: "market-songbai", dev: "scale-a12", class: "scale", stall: "A12" },
        ...{ weighings: 310, tests: 0, faults: 1, faultMinutes: 12 },
      },
    ],
    alerts: {
      ...{ fired: 3, stillOpen: 1, bySeverity: { alarm: 1, attention: 2 } },
      rules: [{ rule: "device-silent", title: { zh: "设备失联", en: "Device silent" }, fired: 2 }],
      acknowledged: { of: 3, median: 4, p90: 11 },
      handled: { of: 2, median: 35, p90: 52 },
      ended: { of: 2, median: 61, p90: 90 },
    },
  });

/** Two revisions of it: what arrived late made the second. */
export const sampleKeptReports = (): KeptReportList =>
  keptReportListSchema.parse({
    at: "06:30",
    reports: [2, 1].map((revision) => ({
      ...{ site: "songbai", siteName: "松柏市场", period: "day", first: "2026-11-22", last: "2026-11-22", revision },
      ...{ madeAt: `2026-11-2${1 + revision}T22:30:00.000Z`, lsn: 470_000 + revision, complete: revision === 2 },
      sha256: String(revision).repeat(64),
    })),
  });
