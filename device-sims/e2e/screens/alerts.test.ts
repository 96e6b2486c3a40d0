import type { ServerEvent } from "@mingcheng/protocols";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { needs } from "../../src/harness/requirements.ts";
import { until } from "../../src/harness/until.ts";
import { sizes } from "./browser.ts";
import { errorOf } from "./errors-of.ts";
import { manyAlerts } from "./sample-alerts.ts";
import { dutyAccount, sampleAccount } from "./sample-day.ts";
import {
  foreignTexts,
  type Looked,
  lowTargets,
  ScreensUnderTest,
  says,
  seriousFindings,
  sticksOutPx,
  textOf,
} from "./screens-under-test.ts";

const needed = needs("chromium");

const changed: ServerEvent = { name: "changed", data: { at: "2026-11-23T06:05:00.000Z", parts: ["alerts"] } };

/** What every page has to be, whatever it shows. */
const looksRight = async (page: Page, language: "zh" | "en", size: "desk" | "phone"): Promise<void> => {
  expect(await sticksOutPx(page)).toBeLessThanOrEqual(0);
  expect(await foreignTexts(page, language)).toEqual([]);
  expect(await seriousFindings(page)).toEqual([]);
  if (size === "phone") expect(await lowTargets(page)).toEqual([]);
};

describe.skipIf(needed.skip)(needed.title("the screens of alerts, in a browser"), () => {
  const screens = new ScreensUnderTest();
  const look = (setup: Looked): Promise<Page> => screens.look(setup);
  beforeAll(() => screens.launch());
  afterAll(() => screens.close());
  beforeEach(() => screens.start());
  afterEach(async () => expect(await screens.stop()).toEqual([]));

  const asked = (text: string): string[] => screens.centre.asked.filter((request) => request.includes(text));
  const detail = (id: string) => {
    const found = screens.centre.state.alerts?.details.find(({ alert }) => alert.id === id);
    if (found === undefined) throw new Error(id);
    return found;
  };

  it.each([
    ["zh", "desk"],
    ["en", "phone"],
  ] as const)("list what waits for somebody first, in %s on a %s", async (language, size) => {
    const page = await look({ language, size, path: "alerts?state=all" });
    await says(page, "[data-test=counts]", language === "zh" ? "待签收 3" : "3 to take over");
    const rows = await page.locator("[data-test=alert-row]").allInnerTexts();
    const words = language === "zh" ? ["待签收", "已签收", "已处置"] : ["To take over", "Taken over", "Handled"];
    const states = rows.map((row) => words.findIndex((word) => row.includes(word)));
    expect(states).toEqual([0, 0, 0, 1, 1, 2, -1, -1]);
    expect(rows[0]).toContain("A12");
    await looksRight(page, language, size);
  });

  it("keep filter and order in the address, and say when nothing fits", async () => {
    const page = await look({ path: "alerts" });
    await page.waitForSelector("[data-test=alert-row]");
    expect(await page.locator("[data-test=alert-row]").count()).toBe(6);
    await page.selectOption("[data-test=choose-severity]", "alarm");
    await says(page, "[data-test=counts]", "列出 1 条");
    await page.selectOption("[data-test=choose-severity]", "");
    await page.selectOption("[data-test=choose-owner]", "role:operator");
    await says(page, "[data-test=counts]", "列出 1 条");
    await page.fill("[data-test=choose-text]", "有机磷");
    await says(page, "main", "没有符合条件的预警");
    const { searchParams } = new URL(page.url());
    expect([searchParams.get("owner"), searchParams.get("text")]).toEqual(["role:operator", "有机磷"]);
    await page.reload();
    await says(page, "main", "没有符合条件的预警");
    await page.click("main button");
    await says(page, "[data-test=counts]", "列出 6 条");
    await page.click("th button:has-text('场所')");
    await page.click("th button:has-text('场所')");
    expect(new URL(page.url()).searchParams.get("order")).toBe("-site");
    expect(await page.locator("th[aria-sort=descending]").count()).toBe(1);
  });

  it("stay smooth with ten thousand: only what is seen is drawn, to the last one", async () => {
    const { alerts } = screens.centre.state;
    if (alerts === undefined) throw new Error("sample");
    alerts.details = manyAlerts(10_000);
    const page = await look({ path: "alerts" });
    await says(page, "[data-test=counts]", /列出 10\s000 条/);
    expect(await page.locator("[data-test=alert-row]").count()).toBeLessThan(60);
    await page.evaluate("document.querySelector('[data-test=alert-rows]').scrollTo(0, 1_000_000)");
    await page.locator("[aria-rowindex='10001']").waitFor();
    expect(await page.locator("[data-test=alert-row]").count()).toBeLessThan(60);
    await page.fill("[data-test=choose-text]", "scale-9876”");
    await says(page, "[data-test=counts]", "列出 1 条");
    await page.waitForSelector("[data-test=alert-row]:has-text('scale-9876')");
  });

  it("follow what happens elsewhere, take one over, and tell who was first", async () => {
    const page = await look({ path: "alerts" });
    await page.waitForSelector("[data-test=feed-open]");
    const first = page.locator("[data-test=alert-row]").first();
    await first.locator("button").click();
    await says(page, "[data-test=alert-row]", /A12.*已签收.*wang\.li/s);
    expect(asked("POST")).toEqual(["POST /api/v1/alerts/a4/acknowledge {}"]);
    const silent = detail("a2").alert;
    silent.acknowledged = { by: "zhao.min", at: "2026-11-23T06:05:00.000Z" };
    await page.locator("[data-test=alert-row]", { hasText: "scale-b04" }).locator("button").first().click();
    await says(page, "[data-test=alert-row]", "zhao.min 已先行签收");
    silent.state = "acknowledged";
    screens.centre.send(changed);
    await says(page, "[data-test=counts]", "待签收 1 · 已签收 4");
  });

  it.each([
    ["zh", "desk"],
    ["en", "phone"],
  ] as const)("tell everything about one, in %s on a %s", async (language, size) => {
    const page = await look({ language, size, path: "alerts/a4" });
    await says(page, "[data-test=timeline]", language === "zh" ? "仍无人签收，再次通知" : "Nobody has taken it over");
    await says(page, "[data-test=evidence]", language === "zh" ? "阳性（待复检）" : "Positive (to be confirmed)");
    expect(await textOf(page, "[data-test=evidence]")).toContain("R|1|^^^OPC|62.5|%||A||F||||20261123135900\\x0d");
    expect(await textOf(page, "[data-test=notifications]")).toContain("isv.MOBILE_NUMBER_ILLEGAL");
    await looksRight(page, language, size);
  });

  it("lead from taking over to handling, closing and opening again, each with its words", async () => {
    const page = await look({ path: "alerts/a1" });
    await page.click("[data-test=act-acknowledge]");
    await says(page, "[data-test=state]", "已签收");
    await page.click("[data-test=act-handle]");
    await page.fill("textarea[name=result]", "已暂停销售，第二份样品已送检");
    await page.click("form button[type=submit]");
    await says(page, "[data-test=state]", "已处置");
    await says(page, "[data-test=timeline]", "结果：已暂停销售，第二份样品已送检");
    await page.click("[data-test=act-close]");
    await page.fill("textarea[name=result]", "复检合格");
    await page.fill("textarea[name=evidence]", "FJ-07");
    await page.click("form button[type=submit]");
    await says(page, "[data-test=state]", "已关闭");
    await page.click("[data-test=act-reopen]");
    await page.fill("textarea[name=comment]", "报告编号有误");
    await page.click("form button[type=submit]");
    await says(page, "[data-test=state]", "待签收");
    expect(asked("POST")).toEqual([
      "POST /api/v1/alerts/a1/acknowledge {}",
      'POST /api/v1/alerts/a1/handle {"result":"已暂停销售，第二份样品已送检"}',
      'POST /api/v1/alerts/a1/close {"result":"复检合格","evidence":"FJ-07"}',
      'POST /api/v1/alerts/a1/reopen {"comment":"报告编号有误"}',
    ]);
  });

  it("offer only what a role may do, and keep what was written when it was refused", async () => {
    screens.centre.state.account = { ...sampleAccount, role: "operator" };
    const page = await look({ path: "alerts/a3" });
    await page.waitForSelector("[data-test=act-handle]");
    expect(await page.locator("[data-test=acts] button").count()).toBe(1);
    await page.click("[data-test=act-handle]");
    await page.fill("textarea[name=result]", "已复检");
    const json = errorOf("CENTRE_FAULT", { reference: "7f3c" });
    await page.route("**/handle", (route) => route.fulfill({ status: 500, json }));
    await page.click("form button[type=submit]");
    await says(page, "[data-test=acts]", "CENTRE_FAULT");
    expect(await page.inputValue("textarea[name=result]")).toBe("已复检");
    screens.centre.state.account = { ...sampleAccount, role: "auditor" };
    const other = await look({ path: "alerts/a3" });
    await other.waitForSelector("[data-test=timeline]");
    expect(await other.locator("[data-test=acts]").count()).toBe(0);
  });

  it("answer what is not there, or not the reader's, alike", async () => {
    const page = await look({ path: "alerts/zzz" });
    await says(page, "[data-test=no-alert]", "没有这条预警，或不在您的辖区内");
    const phone = await look({ size: "phone", language: "en", path: "a/zzz" });
    await says(phone, "[data-test=no-alert]", "There is no such alert, or it is not in your area.");
  });

  it("open a message's link after signing in, change nothing by that, and take over by a press", async () => {
    screens.centre.state.account = null;
    const page = await look({ size: "phone", path: "a/a4" });
    await page.fill("input[name=user]", "wang.li");
    await page.fill("input[name=password]", "one-time");
    screens.centre.state.alerts?.details.splice(0, 3);
    await page.click("button[type=submit]");
    await says(page, "h1", "设置新密码");
    screens.centre.state.account = { ...sampleAccount };
    await page.reload();
    await says(page, "[data-test=alert-head]", "A12 摊韭菜");
    expect(new URL(page.url()).pathname).toBe("/a/a4");
    expect(asked("acknowledge")).toEqual([]);
    await looksRight(page, "zh", "phone");
    // Within reach of the thumb at once, without scrolling.
    const box = await page.locator("[data-test=act-acknowledge]").boundingBox();
    expect(box === null ? 0 : box.y + box.height).toBeGreaterThan(844 / 2);
    expect(box === null ? 9_999 : box.y + box.height).toBeLessThanOrEqual(844);
    await page.click("[data-test=act-acknowledge]");
    await says(page, "[data-test=state]", "已签收");
    expect(asked("acknowledge")).toEqual(["POST /api/v1/alerts/a4/acknowledge {}"]);
    await page.click("header a");
    await says(page, "[data-test=card]", "A12 摊韭菜");
  });

  it("show on the phone what is mine, what is all, and that the centre is out of reach", async () => {
    const page = await look({ size: "phone", language: "en", path: "m" });
    await says(page, "[data-test=show-mine]", "Mine 2");
    expect(await page.locator("[data-test=card]").count()).toBe(2);
    await page.click("[data-test=show-all]");
    await until(async () => (await page.locator("[data-test=card]").count()) === 6, { what: "all", withinMs: 5_000 });
    await looksRight(page, "en", "phone");
    screens.centre.state.dead = true;
    screens.centre.breakStreams();
    await says(page, "[data-test=stale]", "This is how it was at 14:05");
    expect(await page.locator("[data-test=card]").count()).toBe(6);
  });

  it.each(["zh", "en"] as const)("make and end silences at the centre only, in %s", async (language) => {
    screens.centre.state.account = structuredClone(dutyAccount);
    const page = await look({ language, size: language === "zh" ? "desk" : "phone", path: "alerts/a2" });
    await page.click(`a:has-text("${language === "zh" ? "设置静默" : "Silence this"}")`);
    await page.waitForSelector("[data-test=silence]");
    await looksRight(page, language, language === "zh" ? "desk" : "phone");
    await page.setViewportSize(sizes.phone);
    await looksRight(page, language, "phone");
    // Its link is in sight among those that do not fit.
    const link = await page.locator("nav [aria-current]").boundingBox();
    if (language === "en")
      expect([link !== null && link.x >= 0, (link?.x ?? 0) < sizes.phone.width / 2]).toEqual([true, true]);
    expect(await page.inputValue("[name=value-0]")).toBe("device-silent");
    await page.fill("textarea[name=comment]", "校准期间不提醒");
    await page.selectOption("[name=hours]", "12");
    await page.click("[data-test=silence-form] button[type=submit]");
    await says(page, "[data-test=silence]", "校准期间不提醒");
    const [made] = asked("POST /api/v1/silences");
    expect(made).toContain('"matchers":{"rule":"device-silent","device":"scale-b04","gateway":"market-songbai"}');
    await page.locator("[data-test=end-silence]").first().click();
    await says(page, "[data-test=silence]", language === "zh" ? "已提前结束" : "Ended by hand");
    screens.centre.state.account = structuredClone(sampleAccount);
    const other = await look({ language, path: "silences" });
    await says(other, "[data-test=problem]", language === "zh" ? "没有权限" : /ACCESS_DENIED/);
    expect(await other.locator("nav a", { hasText: language === "zh" ? "静默" : "Silences" }).count()).toBe(0);
  });

  it("say that nothing waits, and that they cannot be read", async () => {
    const { state } = screens.centre;
    state.alerts = { details: [], silences: [], pictures: new Map() };
    const page = await look({ path: "alerts", language: "en" });
    await says(page, "main", "No alerts need attention.");
    state.failure = { status: 500, error: errorOf("CENTRE_FAULT", { reference: "7f3c" }) };
    screens.centre.send(changed);
    await says(page, "[data-test=problem], [data-test=stale]", /CENTRE_FAULT|This is how it was/);
  });
});
