import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { needs } from "../../src/harness/requirements.ts";
import { until } from "../../src/harness/until.ts";
import { dutyAccount, sampleAccount } from "./sample-day.ts";
import {
  foreignTexts,
  type Looked,
  ScreensUnderTest,
  says,
  seriousFindings,
  sticksOutPx,
} from "./screens-under-test.ts";

const needed = needs("chromium");

describe.skipIf(needed.skip)(needed.title("duty, messages and the centre's own pages, in a browser"), () => {
  const screens = new ScreensUnderTest();
  const look = (setup: Looked): Promise<Page> => screens.look(setup);
  beforeAll(() => screens.launch());
  afterAll(() => screens.close());
  beforeEach(() => screens.start());
  afterEach(async () => expect(await screens.stop()).toEqual([]));

  const asked = (text: string): string[] => screens.centre.asked.filter((request) => request.includes(text));

  it.each([
    ["messages", "message", "zh", "phone"],
    ["reports", "kept-report", "en", "phone"],
  ] as const)("show %s in rows of %s, in %s on a %s, and nothing sticks out", async (path, row, language, size) => {
    screens.centre.state.account = { ...dutyAccount, role: "administrator" };
    const page = await look({ path, language, size });
    await page.locator(`[data-test=${row}]`).first().waitFor();
    expect(await sticksOutPx(page)).toBeLessThanOrEqual(0);
    expect(await foreignTexts(page, language)).toEqual([]);
    expect(await seriousFindings(page)).toEqual([]);
  });

  it("say who is on duty, who stands in, where nobody is, and look at another time of the centre's day", async () => {
    screens.centre.state.account = structuredClone(dutyAccount);
    const page = await look({ path: "duty" });
    await says(page, "[data-test=duty-row]", /松柏市场.*郑雅琴.*代 林志远/s);
    await says(page, "[data-test=duty-row]", /宁宝市场.*无人，由 郑雅琴 负责.*无人值班/s);
    await says(page, "[data-test=last-resort]", "现有 2 条预警");
    await page.fill("[name=at]", "2026-11-24T02:30");
    await page.locator("[name=at]").blur();
    await says(page, "h2", "11-24 02:30 的值班");
    expect(asked("/api/v1/duty?at=")).toEqual(["GET /api/v1/duty?at=2026-11-23T18%3A30%3A00.000Z"]);
    await page.selectOption("[name=officer]", "o-wu");
    await page.selectOption("[name=substitute]", "o-zheng");
    await page.fill("[name=from]", "2026-11-24T08:00");
    await page.fill("[name=to]", "2026-11-25T08:00");
    await page.click("[data-test=absences] button[type=submit]");
    await says(page, "[data-test=absences]", "已登记");
    expect(asked("POST /api/v1/register/changes")[0]).toContain(
      '"values":{"officer":"o-wu","substitute":"o-zheng","reason":"leave"},"from":"2026-11-24T00:00:00.000Z"',
    );
  });

  it("look an entry of the register up, tell what was said of it before, and check what is to be changed", async () => {
    screens.centre.state.account = structuredClone(dutyAccount);
    const page = await look({ path: "register" });
    await says(page, "h2", "设备");
    await page.fill("[name=value]", "market-songbai");
    await page.locator("[name=value]").blur();
    await page.locator("[data-test=register-row] button").first().click();
    await says(page, "[data-test=history]", /scale-a10.*chen\.jie.*更正或撤回.*scale-a01/s);
    expect(asked("GET /api/v1/register/devices?")).toContain(
      "GET /api/v1/register/devices?column=gw&value=market-songbai&after=0",
    );
    expect(await page.inputValue("[data-test=entry-form] [name=serial]")).toBe("SN-881231");
    await page.fill("[data-test=entry-form] [name=model]", "?");
    await page.click("[data-test=check]");
    await says(page, "[data-test=entry-form]", "型号不能是“?”");
    await page.fill("[data-test=entry-form] [name=model]", "TM-30H");
    expect(await page.inputValue("[name=valid-from]")).toBe("2026-03-01T08:00");
    await page.fill("[name=valid-from]", "2026-11-23T12:00");
    await page.click("[data-test=entry-form] button[type=submit]");
    await says(page, "[data-test=entry-form]", "已保存（第 12 次变更）");
    const [checked, saved] = asked("POST /api/v1/register/changes");
    expect(checked).toContain('"dryRun":true');
    expect(saved).toContain('"dryRun":false');
    expect(saved).toContain('"model":"TM-30H"');
    expect(saved).toContain('"from":"2026-11-23T04:00:00.000Z","to":null');
  });

  it("write evidence into a file, for whom it is for", async () => {
    const page = await look({ path: "evidence" });
    await page.selectOption("[name=site]", "songbai");
    await page.fill("[name=devices]", "scale-a01，scale-a02");
    const download = page.waitForEvent("download");
    await page.click("[data-test=evidence-form] button[type=submit]");
    expect((await download).suggestedFilename()).toBe("market-songbai.mcx");
    await says(page, "[data-test=evidence-written]", "已导出");
    expect(asked("POST /api/v1/exports")).toEqual([
      'POST /api/v1/exports {"gateway":"market-songbai","site":"songbai","devices":["scale-a01","scale-a02"]}',
    ]);
  });

  it("tell of each gateway what runs there, how full its disk is, how wrong its clock, and what stands out", async () => {
    const page = await look({ path: "fleet" });
    await says(page, "[data-test=fleet-row]", /0\.1\.0/);
    const rows = await page.locator("[data-test=fleet-row]").allInnerTexts();
    expect(rows[0]).toMatch(/812.004\s+393.MiB\s+± 4.200 ms\s+0\.1\.0/);
    const odd = page.locator("[data-test=fleet-row] td.attention");
    const marked = (await odd.allInnerTexts()).map((text) => text.trim().replaceAll("\u00a0", " "));
    expect(marked).toEqual(expect.arrayContaining(["393 MiB", "± 4 200 ms", "0.0.9"]));
    expect(rows.some((row) => /–\s+–\s+–/.test(row))).toBe(true);
  });

  it("ask for the report of another site and week, and link to its files and to each revision", async () => {
    const page = await look({ path: "reports" });
    await says(page, "[data-test=report]", /韭菜.*42.*18.204.*312.045\.50/s);
    const request = page.waitForRequest(/\/reports\?site=lujiang&period=week&date=2026-11-22$/);
    await page.selectOption("[name=site]", "lujiang");
    await page.selectOption("[name=period]", "week");
    await request;
    await page.locator("[data-test=workbook][href*='site=lujiang&period=week']").waitFor();
    const files = await page
      .locator("[data-test=kept-report] a")
      .evaluateAll((links: readonly { getAttribute(name: string): string | null }[]) =>
        links.map((link) => link.getAttribute("href")),
      );
    expect(files).toHaveLength(6);
    expect(files[1]).toBe(
      "/api/v1/reports/kept/file?site=songbai&period=day&first=2026-11-22&revision=2&format=xlsx&lang=zh",
    );
  });

  it("find messages by state, with their channels, and let nobody of a market change the roster", async () => {
    const page = await look({ path: "messages" });
    await says(page, "[data-test=message]", /吴国强.*137\*{6}18.*无法确认.*应答丢失 2 次/s);
    await page.selectOption("[name=state]", "delivered");
    await page.locator("[data-test=message]", { hasText: "无法确认" }).waitFor({ state: "detached" });
    expect(await page.locator("[data-test=message]").count()).toBe(1);
    const other = await look({ path: "duty" });
    await other.waitForSelector("[data-test=duty-row]");
    expect(await other.locator("[data-test=absences]").count()).toBe(0);
  });

  it("tell of an alert who has it until when, what each was told, and that somebody has arrived", async () => {
    const page = await look({ path: "alerts/a4" });
    await says(page, "[data-test=duty]", /重大 · 区局\s*1 次上报/);
    await says(page, "[data-test=due]", "签收已超时 52 分钟");
    await says(page, "[data-test=recipient]", /郑雅琴.*已送达/s);
    await says(page, "[data-test=timeline]", /上报.*超时未签收/s);
    await page.click("[data-test=act-acknowledge]");
    await says(page, "[data-test=due]", "到场还剩 8 分钟");
    await page.click("[data-test=act-arrive]");
    await says(page, "[data-test=due]", "处置还剩 1 小时 8 分");
    expect(await page.locator("[data-test=act-arrive]").count()).toBe(0);
  });

  it("show bytes beside what can be read of them, a new password once, and whether the log is whole", async () => {
    screens.centre.state.account = { ...dutyAccount, role: "administrator" };
    const page = await look({ path: "quarantine", language: "en" });
    await page.locator("[data-test=quarantined] summary").first().click();
    await says(page, "[data-test=quarantined] pre", "7b 22 76 61 6c 75 65");
    await page.click("nav a:has-text('Users')");
    await page.fill("[name=name]", "wu.g");
    await page.click("[data-test=user-form] button[type=submit]");
    await says(page, "[data-test=issued]", "koru-7281-fasi");
    const officer = page.getByLabel("Code of the officer who is li.wei");
    expect(await officer.inputValue()).toBe("songbai-st");
    await officer.fill("sinan-duty");
    await officer.blur();
    await until(() => asked("/users/li.wei/officer").length === 1, { what: "the officer is told", withinMs: 10_000 });
    expect(asked("/users/li.wei/officer")).toEqual(['POST /api/v1/users/li.wei/officer {"officer":"sinan-duty"}']);
    await page.click("nav a:has-text('Audit log')");
    await page.click("[data-test=verify-audit]");
    await says(page, "[data-test=audit-verified]", "The log is whole: 48 entries");
    screens.centre.state.account = structuredClone(sampleAccount);
    const other = await look({ path: "users", language: "en" });
    await says(other, "[data-test=problem]", /ACCESS_DENIED/);
  });
});
