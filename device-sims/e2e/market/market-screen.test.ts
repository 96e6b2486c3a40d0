import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { MarketView } from "@mingcheng/protocols";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type MarketUnderTest, openMarket } from "../../src/harness/market.ts";
import { needs } from "../../src/harness/requirements.ts";
import { until } from "../../src/harness/until.ts";
import { instrumentTime } from "../../src/scenario/run-scenario.ts";
import { launchBrowser, openPage, type PageSetup, type WatchedPage } from "../screens/browser.ts";
import { foreignTexts, says, seriousFindings, sticksOutPx } from "../screens/screens-under-test.ts";
import { hastyTester } from "../system/busy-tester.ts";
import { FixtureMarket, sampleMarket } from "./fixture-market.ts";

const needed = needs("chromium");
let browser: Browser;
beforeAll(async () => {
  if (!needed.skip) browser = await launchBrowser();
});
afterAll(() => (needed.skip ? undefined : browser.close()));

describe.skipIf(needed.skip)(needed.title("the market's public screen, in a browser"), () => {
  let market: FixtureMarket;
  let opened: WatchedPage | undefined;
  const look = async (setup: Partial<PageSetup>, view: Partial<MarketView> = {}): Promise<Page> => {
    market = new FixtureMarket();
    market.view = { ...sampleMarket(), ...view };
    opened = await openPage(browser, { url: await market.start(), language: "zh", size: "desk", ...setup });
    await opened.page.waitForSelector("[data-test=market]");
    return opened.page;
  };
  afterEach(async () => {
    expect(opened?.complaints ?? []).toEqual([]);
    await opened?.context.close();
    await market.stop();
  });

  it("shows what was tested today by item, with its result and time, in English on a portrait screen", async () => {
    const page = await look({ language: "en", size: "portrait" });
    await says(page, "[data-test=market-tests]", "Rapid tests today (11/25)");
    expect(await page.locator("[data-test=market-item]").first().textContent()).toMatch(/to confirm 1/);
    await says(page, "[data-test=market-asof]", "as of 14:05");
    expect(await page.locator("[data-test=market-stalls] rect").count()).toBe(120);
    expect(await sticksOutPx(page)).toBeLessThanOrEqual(0);
    expect(await page.evaluate("document.documentElement.scrollHeight - innerHeight")).toBeLessThanOrEqual(0);
    const isName = /[市场菜豆芹韭青瓜兰]/;
    expect((await foreignTexts(page, "en")).filter((text) => !isName.test(text))).toEqual([]);
    expect(await seriousFindings(page)).toEqual([]);
  });

  it("never takes yesterday's results for today's, and says since when nothing new came", async () => {
    const page = await look({ language: "zh" }, { at: "2026-11-25T23:58:30.000+08:00" });
    await page.clock.install();
    market.view = null;
    await page.clock.runFor(40_000);
    await says(page, "[data-test=market-stale]", "数据截至 23:58");
    expect(await page.locator("h2").first().textContent()).toContain("今日快检");
    await page.clock.runFor(90_000);
    await says(page, "[data-test=market-past]", "不是今天的");
    expect(await page.locator("h2").first().textContent()).toBe("11月25日快检（非今日数据）");
  });

  it("says that its clock is not set in place of a day that may be another", async () => {
    const page = await look(
      { language: "zh" },
      { at: "1970-01-01T08:03:00.000+08:00", day: "1970-01-01", clock: { trusted: false }, undated: 3 },
    );
    await says(page, "[data-test=market-clock]", "时钟未校准");
    await says(page, "[data-test=market-tests]", /快检（时钟未校准）.*另有 3 批次/s);
    expect(await page.textContent("body")).not.toContain("今日");
  });
});

describe.skipIf(needed.skip)(needed.title("the market's public screen, from real devices"), () => {
  let market: MarketUnderTest;
  let url = "";
  const gw = "market-songbai";
  beforeAll(async () => {
    const marketScreen = {
      ...{ port: 0, title: "松柏农贸市场" },
      stalls: [{ label: "A01", box: [0, 0, 3, 2], trade: "蔬菜", device: "scale-a01" }],
      notices: [
        { zh: "今日有效", until: "2999-01-01T00:00:00+08:00" },
        { zh: "早已过期", until: "2020-01-01T00:00:00+08:00" },
      ],
    };
    const devices = [
      { id: "scale-a01", kind: "yaohua-a9" },
      { id: "tester-1", ...hastyTester },
    ];
    market = await openMarket([{ gw, devices, setup: { config: { marketScreen } } }]);
  }, 60_000);
  afterAll(() => market.close());

  const urlNow = (): string =>
    (JSON.parse(readFileSync(join(market.dir, gw, "ready.json"), "utf8")) as { marketScreen: string }).marketScreen;
  const state = async (): Promise<MarketView> => (await fetch(`${url}/market/state`)).json() as Promise<MarketView>;
  const report = (specimenId: string, item: string, flags: "A" | "N"): void => {
    const running = market.device("tester-1");
    if (running.class !== "tester") throw new Error("no tester");
    const value = flags === "A" ? "62.5" : "8.1";
    running.device.report([
      { specimenId, item, assay: "OP-CARB", value, unit: "%", flags, completedAt: instrumentTime(Date.now()) },
    ]);
  };

  it("shows what is on disk, without the centre, after a kill, and nothing that anybody could change", async () => {
    url = urlNow();
    report("SB-1", "韭菜", "A");
    report("SB-2", "上海青", "N");
    const tested = (n: number) =>
      until(async () => (await state()).totals.tests === n, { what: `${n} results are shown`, withinMs: 30_000 });
    await tested(2);
    await market.centre.stop();
    report("SB-3", "上海青", "N");
    await tested(3);
    await market.gateways[0]?.kill();
    await market.gateways[0]?.start();
    url = urlNow();
    await tested(3);
    const view = await state();
    expect(view).toMatchObject({
      ...{ title: "松柏农贸市场", uplink: "down", testers: { all: 1 } },
      totals: { positive: 1, negative: 2 },
      stalls: [{ label: "A01", trade: "蔬菜" }],
      notices: [{ zh: "今日有效" }],
    });
    expect(view.items.map(({ item, tests }) => [item, tests])).toEqual([
      ["韭菜", 1],
      ["上海青", 2],
    ]);
    expect(JSON.stringify(view)).not.toMatch(/SB-\d|tester-1/);

    const opened = await openPage(browser, { url, language: "zh", size: "portrait" });
    await says(opened.page, "[data-test=market-item]", /韭菜.*阳性（待复检） 1/s);
    expect(opened.complaints).toEqual([]);
    await opened.context.close();

    expect((await fetch(`${url}/market/state`, { method: "POST" })).status).toBe(405);
    expect((await fetch(`${url}/market/token?channel=kitchen-1`, { method: "POST" })).status).toBe(404);
    expect((await fetch(`${url}/setup/state`)).status).toBe(404);
    const statuses = new Set<number>();
    for (let round = 0; round < 5; round++) {
      const answers = await Promise.all(Array.from({ length: 40 }, () => fetch(`${url}/market/state`)));
      for (const { status } of answers) statuses.add(status);
    }
    expect(statuses).toEqual(new Set([200, 429]));
  }, 90_000);
});
