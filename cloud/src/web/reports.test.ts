import { type Report, reportSchema } from "@mingcheng/protocols/api";
import { readSheet } from "read-excel-file/node";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Answer, call } from "../../test/https-client.ts";
import { testOf, trustedTime, weighingOf } from "../../test/memory-ledger.ts";
import type { TestedWeb } from "../../test/tested-web.ts";
import { changeRegister, signInAs, startTwoCounties } from "../../test/two-counties.ts";

let web: TestedWeb;
let cookie: string | undefined;

/** 2026-11-23 is a Monday; its midnight in Shanghai. */
const midnightMs = Date.parse("2026-11-22T16:00:00Z");
const hourMs = 3_600_000;

const line = (item: string, grams: string, amountFen: number, mismatch = false) => ({
  ...{ item, name: item === "1" ? "韭菜" : "<b>豆角</b>", chosenBy: "vision", soldBy: "weight", weight: "1.25" },
  ...{ unit: "jin", unitSaid: "斤", grams, count: null, tare: null, unitPriceFen: 450, grossAmountFen: null },
  ...{ amountFen, mismatch, differenceFen: mismatch ? "12" : "0" },
});
const sale = (type: string, lines: readonly ReturnType<typeof line>[], amountFen: number) => ({
  ...{ protocol: "smart-scale", type, number: null, receipt: "R-1", at: null, department: null, store: null },
  ...{ scale: null, stall: "A01", lines: [...lines], amountFen },
  ...(type === "sale" ? {} : { refersTo: { receipt: "R-1", message: null } }),
});

/** Commits a record of the day at an hour, as said then. */
const at = (hour: number, sample: Parameters<TestedWeb["commit"]>[0]): void => {
  web.nowMs = midnightMs + hour * hourMs;
  web.commit({ t: trustedTime(web.nowMs, midnightMs - 30 * 24 * hourMs), ...sample });
};

beforeEach(async () => {
  web = await startTwoCounties();
  web.centre.gateway("market-a", "松柏", true, web.nowMs);
});
afterEach(() => web.close());

const read = async (query: string, as = cookie): Promise<Answer> =>
  call(web.target, `/api/v1/reports?site=songbai&date=2026-11-23${query}`, { cookie: as });
const report = async (query = ""): Promise<Report> => {
  web.project();
  cookie ??= await signInAs(web, "inspector", { sites: ["songbai"] });
  const { status, json, text } = await read(query);
  expect(status, text).toBe(200);
  return reportSchema.parse(json);
};

describe("a report", () => {
  beforeEach(() => {
    cookie = undefined;
  });

  it("has the ledger's numbers: counted by effective time, by where the device stood, to the minute", async () => {
    // Until noon the second scale stands in the other county, from noon on here; the first never moves.
    changeRegister(web, [
      ["devices", { gw: "market-a", dev: "scale-02", class: "scale" }],
      ["placements", { gw: "market-a", dev: "scale-02", site: "zhongpu" }, "2026-11-01", "2026-11-23T12:00+08:00"],
      ["placements", { gw: "market-a", dev: "scale-02", site: "songbai" }, "2026-11-23T12:00+08:00"],
    ]);
    at(-1, { dev: "scale-01", kind: "weighing", body: weighingOf("1") });
    for (const hour of [8, 11, 13]) at(hour, { dev: "scale-01", kind: "weighing", body: weighingOf("500.5") });
    for (const hour of [9, 13, 14]) at(hour, { dev: "scale-02", kind: "weighing", body: weighingOf("0.25") });
    for (const [hour, verdict] of [
      [7, "negative"],
      [8, "positive"],
      [9, "negative"],
    ] as const) {
      at(hour, { dev: "tester-1", kind: "test", body: testOf(`S-${hour}`, verdict) });
    }
    at(10, {
      dev: "scale-01",
      kind: "sale",
      body: sale("sale", [line("1", "625", 562), line("2", "0.5", 100, true)], 662),
    });
    at(11, { dev: "scale-01", kind: "sale", body: sale("refund", [line("1", "-625", -562)], -562) });
    at(12, { dev: "scale-01", kind: "sale", body: sale("void", [], -100) });
    at(24, { dev: "scale-01", kind: "weighing", body: weighingOf("9") });
    const day = await report();
    expect(day.period).toMatchObject({
      first: "2026-11-23",
      last: "2026-11-23",
      complete: true,
      timezone: "Asia/Shanghai",
    });
    expect(day.cutOff.lsn).toBe(day.cutOff.head);
    expect(day.weighings).toEqual({ count: 5, grams: "1502", withoutGrams: 0 });
    expect(day.devices.map(({ dev, weighings, tests }) => [dev, weighings, tests])).toEqual([
      ["scale-01", 3, 0],
      ["scale-02", 2, 0],
      ["tester-1", 0, 3],
    ]);
    expect(day.tests.total).toEqual({ all: 3, positive: 1, suspect: 0, negative: 2, invalid: 0, none: 0 });
    expect(day.sales).toEqual({
      ...{ sales: 1, refunds: 1, voids: 1, amountFen: 0, mismatches: 1 },
      items: [
        { item: "2", name: "<b>豆角</b>", lines: 1, grams: "0.5", amountFen: 100 },
        { item: "1", name: "韭菜", lines: 2, grams: "0", amountFen: 0 },
      ],
    });
    const week = await report("&period=week");
    expect(week.period).toMatchObject({ first: "2026-11-23", last: "2026-11-29", complete: false });
    expect(week.weighings).toEqual({ count: 6, grams: "1511", withoutGrams: 0 });
  });

  it("says how often and how long devices were away, and how soon people answered", async () => {
    const status = (hour: number, state: string) =>
      at(hour, { dev: "scale-01", kind: "device", body: { status: state, previous: null, reason: "test" } });
    status(-2, "silent");
    status(1, "online");
    status(10, "offline");
    status(10.5, "silent");
    status(11, "online");
    status(23, "silent");
    web.nowMs = midnightMs + 30 * hourMs;
    const alert = web.centre.alerts.prepare(
      `INSERT INTO alert (id, rule, group_key, labels, state, severity, title, next, runbook, owner, owner_reason, gw, dev, lsn,
         matches, late, started_ms, opened_ms, fired_ms, ended_ms, acknowledged_ms, handled_ms, site, dry)
       VALUES (?, 'test-positive', ?, '{}', ?, 'alarm', '{"zh":"快检阳性","en":"Positive"}', '{}', 'x', 'role:centre', 'rule',
         'market-a', 'tester-1', 1, 1, 0, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    const minute = 60_000;
    const fired = (id: string, hour: number, site: string, answered: readonly (number | null)[], dry = 0): void => {
      const firedMs = midnightMs + hour * hourMs;
      const [acknowledged, handled, ended] = answered.map((ms) => (ms === null ? null : firedMs + ms * minute));
      alert.run(
        id,
        id,
        ended === null ? "firing" : "closed",
        firedMs,
        firedMs,
        firedMs,
        ended,
        acknowledged,
        handled,
        site,
        dry,
      );
    };
    fired("a", 8, "songbai", [5, 30, 60]);
    fired("b", 9, "songbai", [15, null, null]);
    fired("c", 9, "songbai", [1, 1, 1], 1);
    fired("d", 9, "zhongpu", [1, 1, 1]);
    fired("e", 25, "songbai", [1, 1, 1]);
    const { devices, alerts } = await report();
    expect(devices.find(({ dev }) => dev === "scale-01")).toMatchObject({ faults: 2, faultMinutes: 60 + 60 + 60 });
    expect(alerts).toEqual({
      ...{ fired: 2, stillOpen: 1, bySeverity: { alarm: 2 } },
      rules: [{ rule: "test-positive", title: { zh: "快检阳性", en: "Positive" }, fired: 2 }],
      acknowledged: { of: 2, median: 5, p90: 15 },
      handled: { of: 1, median: 30, p90: 30 },
      ended: { of: 1, median: 60, p90: 60 },
    });
  });

  it("comes as a page that runs nothing and as a workbook, with the same figures", async () => {
    at(8, { dev: "scale-01", kind: "weighing", body: weighingOf("500.5") });
    at(9, { dev: "scale-01", kind: "sale", body: sale("sale", [line("2", "0.5", 123_456_789)], 123_456_789) });
    await report();
    const file = (format: string) =>
      call(web.target, `/api/v1/reports/file?site=songbai&date=2026-11-23&format=${format}`, { cookie });
    const page = await file("html");
    expect(page.headers["content-security-policy"]).toMatch(/^default-src 'none'; style-src 'sha256-[^']+';/);
    expect(page.text).toContain("&#60;b&#62;豆角&#60;/b&#62;");
    expect(page.text).not.toMatch(/<script|<b>|style="|https?:/);
    expect(page.text).toContain("1234567.89");
    const workbook = await file("xlsx");
    const rows = await readSheet(workbook.bytes, "交易");
    expect(rows[0]?.[0]).toContain("松柏市场 日报 2026-11-23");
    expect(rows.slice(2)).toEqual([
      ["品种", "笔数", "重量（千克）", "金额（元）"],
      ["<b>豆角</b>", 1, 0.0005, 1_234_567.89],
    ]);
    const audit = web.centre.register.prepare(
      "SELECT count(*) FROM audit_entry WHERE CAST(bytes AS TEXT) LIKE '%report.exported%'",
    );
    expect(audit.pluck().get()).toBe(2);
  });

  it("says what is wrong with a question, and nothing of a site of somebody else", async () => {
    await report();
    expect((await read("&period=month")).status).toBe(400);
    const other = await call(web.target, "/api/v1/reports?site=zhongpu&date=2026-11-23", { cookie });
    const nobodys = await call(web.target, "/api/v1/reports?site=nowhere&date=2026-11-23", { cookie });
    expect([other.status, other.json]).toEqual([404, { ...nobodys.json, reference: other.json.reference }]);
  });
});
