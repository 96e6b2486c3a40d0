import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type KeptReport, type Report, reportSchema } from "@mingcheng/protocols/api";
import { readSheet } from "read-excel-file/node";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { call } from "../../test/https-client.ts";
import { sampleRecord, trustedTime, weighingOf } from "../../test/memory-ledger.ts";
import type { TestedWeb } from "../../test/tested-web.ts";
import { changeRegister, signInAs, startTwoCounties } from "../../test/two-counties.ts";
import { answerReport } from "../reports/open-report.ts";
import { deliverReport } from "../reports/shelf/deliver-report.ts";
import { ReportRound } from "../reports/shelf/report-round.ts";
import { ReportShelf, shelfMigrations } from "../reports/shelf/report-shelf.ts";
import { openForWriting } from "../store/database.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const timezone = "Asia/Shanghai";
/** 2026-11-23 is a Monday; its midnight in Shanghai. */
const midnightMs = Date.parse("2026-11-22T16:00:00Z");

let web: TestedWeb;
let seq = 0;
beforeEach(async () => {
  web = await startTwoCounties();
  web.centre.gateway("market-a", "松柏", true, midnightMs);
  seq = 0;
});
afterEach(() => web.close());

/** Weighs at an hour after the Monday's midnight; it is heard of at another. */
const weigh = (hour: number, heardAtHour = hour): void => {
  seq++;
  const wallMs = midnightMs + hour * hourMs;
  const record = sampleRecord({
    ...{ seq, n: seq, dev: "scale-01", kind: "weighing", body: weighingOf("500") },
    t: trustedTime(wallMs, midnightMs - 30 * dayMs),
  });
  web.centre.commit(record, midnightMs + heardAtHour * hourMs);
  web.project();
};

const standing = (planted: { fault?: Error } = {}) => {
  const shelf = new ReportShelf(openForWriting({ path: ":memory:", migrations: shelfMigrations }));
  const made: KeptReport[] = [];
  const faults: string[] = [];
  const round = new ReportRound(
    { at: "06:30", settleDays: 3, keepDays: 400 },
    {
      ...{ shelf, register: web.centre.register, timezone, nowMs: () => web.nowMs },
      read: async (asked) => {
        if (planted.fault !== undefined && asked.site === "zhongpu") throw planted.fault;
        const done = answerReport({ dataDirectory: web.centre.directory, timezone, asked, nowMs: web.nowMs });
        if (!done.ok) throw new Error(done.message);
        return done.report;
      },
      onMade: (kept) => void made.push(kept),
      onFault: ({ site }, error) => void faults.push(`${site}: ${String(error)}`),
    },
  );
  /** Lets the clock stand at an hour after the Monday's midnight; what is made then. */
  const at = async (hour: number): Promise<string[]> => {
    web.nowMs = midnightMs + hour * hourMs;
    made.length = 0;
    await round.run();
    return made.map(({ site, period, first, revision, complete }) =>
      [site, period, first, `r${revision}`, ...(complete ? [] : ["incomplete"])].join(" "),
    );
  };
  return { at, shelf, faults, round };
};

describe("reports on schedule", () => {
  it("are made once a morning for every site, on Mondays the week, and again only when something came late", async () => {
    weigh(8);
    weigh(25);
    const { at, shelf } = standing();
    expect(await at(30.4)).toEqual([]);
    expect(await at(30.5)).toEqual([
      ...["songbai day 2026-11-23 r1", "songbai week 2026-11-16 r1"],
      ...["zhongpu day 2026-11-23 r1", "zhongpu week 2026-11-16 r1"],
    ]);
    expect(await at(30.6)).toEqual([]);
    expect(await at(53)).toEqual([]);
    // The gateway was away: what it weighed on Monday arrives on Tuesday night.
    weigh(9, 53);
    expect(await at(54.5)).toEqual([
      "songbai day 2026-11-24 r1",
      "songbai day 2026-11-23 r2",
      "zhongpu day 2026-11-24 r1",
    ]);
    const weighings = (revision: number) =>
      shelf.read({ site: "songbai", period: "day", first: "2026-11-23" }, revision)?.weighings.count;
    expect([weighings(1), weighings(2), weighings(3)]).toEqual([1, 2, undefined]);
    // A centre that was away for two days makes up for them; after three days a report has settled.
    const later = await at(30.5 + 4 * 24);
    expect(later.filter((name) => name.startsWith("songbai"))).toEqual([
      ...["songbai day 2026-11-27 r1", "songbai day 2026-11-26 r1", "songbai day 2026-11-25 r1"],
    ]);
    weigh(10, 130);
    expect((await at(30.5 + 5 * 24)).filter((name) => name.includes("2026-11-23"))).toEqual([]);
  });

  it("are made after a crash in between, tried again when they fail, and read again while they are incomplete", async () => {
    weigh(8);
    const planted: { fault?: Error } = { fault: new Error("the disk is away") };
    const { at, shelf, faults } = standing(planted);
    expect(await at(31)).toEqual(["songbai day 2026-11-23 r1", "songbai week 2026-11-16 r1"]);
    expect(faults).toEqual(["zhongpu: Error: the disk is away", "zhongpu: Error: the disk is away"]);
    delete planted.fault;
    expect(await at(31.1)).toEqual(["zhongpu day 2026-11-23 r1", "zhongpu week 2026-11-16 r1"]);
    // A record of the day that reached the centre in time is still on its way through it: the report says so.
    web.centre.commit(
      sampleRecord({
        seq: 2,
        n: 2,
        dev: "scale-01",
        kind: "weighing",
        body: weighingOf("500"),
        t: trustedTime(midnightMs + 40 * hourMs),
      }),
      midnightMs + 40 * hourMs,
    );
    expect(await at(55)).toContain("songbai day 2026-11-24 r1 incomplete");
    expect(await at(55.5)).toEqual([]);
    web.project();
    const again = await at(56.1);
    expect(again).toContain("songbai day 2026-11-24 r2");
    expect(again).not.toContain("songbai day 2026-11-23 r2");
    expect(shelf.list({ site: "songbai", period: "day", limit: 9 }).map(({ revision }) => revision)).toEqual([2, 1, 1]);
    expect(shelf.forget(midnightMs + 400 * dayMs)).toBe(8);
  });

  it("begin with the newest where a site is new, and end with the site", async () => {
    changeRegister(web, [
      ["sites", { code: "new", name: "新市场", type: "market", area: "songbai-grid" }, "2026-11-20"],
      ["sites", { code: "old", name: "旧市场", type: "market", area: "songbai-grid" }, "2026-01-01", "2026-06-01"],
    ]);
    const { at } = standing();
    const names = await at(31);
    expect(names.filter((name) => /^(?:new|old)/.test(name))).toEqual([
      "new day 2026-11-23 r1",
      "new week 2026-11-16 r1",
    ]);
  });

  it("are listed and handed out as they were made, to those who see the site, with the digest that the audit log has", async () => {
    weigh(8);
    web.nowMs = midnightMs + 31 * hourMs;
    await web.service.makeReports();
    weigh(9, 53);
    web.nowMs = midnightMs + 55 * hourMs;
    await web.service.makeReports();
    const cookie = await signInAs(web, "inspector", { sites: ["songbai"] });
    const get = (path: string) => call(web.target, `/api/v1/reports/kept${path}`, { cookie });
    const { json } = await get("?site=songbai");
    const list = json.reports as KeptReport[];
    expect(json.at).toBe("06:30");
    expect(list.map(({ first, revision }) => `${first} r${revision}`)).toEqual([
      ...["2026-11-24 r1", "2026-11-23 r2", "2026-11-23 r1"],
    ]);
    const file = (revision: number, format: string) =>
      get(`/file?site=songbai&period=day&first=2026-11-23&revision=${revision}&format=${format}`);
    const [late, first] = [await file(2, "json"), await file(1, "json")];
    expect(createHash("sha256").update(first.bytes).digest("hex")).toBe(list[2]?.sha256);
    const counts = [first, late].map(({ text }) => reportSchema.parse(JSON.parse(text)).weighings.count);
    expect(counts).toEqual([1, 2]);
    expect((await file(1, "html")).text).toContain("松柏市场 日报 2026-11-23");
    const workbook = await file(2, "xlsx");
    expect(workbook.headers["content-disposition"]).toContain("songbai-day-2026-11-23-r2.xlsx");
    expect((await readSheet(workbook.bytes, "称重与交易"))[3]?.[0]).toBe(2);
    const audited = web.centre.register
      .prepare("SELECT CAST(bytes AS TEXT) FROM audit_entry")
      .pluck()
      .all() as string[];
    expect(audited.filter((text) => text.includes("report.made") && text.includes(list[1]?.sha256 ?? ""))).toHaveLength(
      1,
    );
    expect((await file(3, "json")).status).toBe(404);
    for (const path of ["?site=zhongpu", "/file?site=zhongpu&period=day&first=2026-11-23&revision=1&format=json"]) {
      expect((await get(path)).status).toBe(404);
    }
  });

  it("are written where somebody picks them up, whole or not at all", async () => {
    weigh(8);
    const directory = mkdtempSync(join(tmpdir(), "mingcheng-reports-"));
    try {
      const { at, shelf } = standing();
      await at(31);
      const [kept] = shelf.list({ site: "songbai", period: "day", limit: 1 });
      const report = shelf.read({ site: "songbai", period: "day", first: "2026-11-23" }, 1) as Report;
      if (kept === undefined) throw new Error("nothing was made");
      for (let twice = 0; twice < 2; twice++) {
        await deliverReport(join(directory, "out"), ["zh", "en"], { kept: { ...kept, site: "../a b" }, report });
      }
      expect(readdirSync(join(directory, "out")).sort()).toEqual(
        ["en.html", "en.xlsx", "zh.html", "zh.xlsx"].map((end) => `.._a_b-day-2026-11-23-r1.${end}`),
      );
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
