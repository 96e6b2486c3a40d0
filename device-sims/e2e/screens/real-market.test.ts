import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type MarketUnderTest, openMarket } from "../../src/harness/market.ts";
import { needs } from "../../src/harness/requirements.ts";
import { instrumentTime, type RunningDevice } from "../../src/scenario/run-scenario.ts";
import { hastyTester } from "../system/busy-tester.ts";
import { launchBrowser, openPage, type WatchedPage } from "./browser.ts";

const needed = needs("chromium");
const password = "songbai 2026 wang-li";

let market: MarketUnderTest;

beforeAll(async () => {
  if (needed.skip) return;
  market = await openMarket([
    {
      gw: "market-songbai",
      devices: [
        { id: "scale-a01", kind: "yaohua-a9", rateHz: 20 },
        { id: "tester-1", ...hastyTester },
      ],
    },
  ]);
  await market.centre.command("register", "sample");
  await market.centre.addUser("li.wei", "inspector", password, ["--area", "songbai-st"]);
});
afterAll(() => (needed.skip ? undefined : market.close()));

const scale = (running: RunningDevice) => {
  if (running.class !== "scale") throw new Error("no scale");
  return running.device;
};
const tester = (running: RunningDevice) => {
  if (running.class !== "tester") throw new Error("no tester");
  return running.device;
};

const signIn = async ({ page }: WatchedPage): Promise<void> => {
  await page.fill("input[name=user]", "li.wei");
  await page.fill("input[name=password]", password);
  await page.click("button[type=submit]");
  await page.waitForSelector("[data-test=feed-open]");
};

describe.skipIf(needed.skip)(needed.title("the day on the screen, from real devices"), () => {
  it("shows a load and a positive test by itself, and lets the alert be taken over", async () => {
    const browser = await launchBrowser();
    try {
      const { host, port } = market.centre.addresses.https;
      const open = await openPage(browser, { url: `https://${host}:${port}/`, language: "zh", size: "desk" });
      const { page } = open;
      await signIn(open);
      const says = (part: string, text: string | RegExp) =>
        page.locator(`[data-test=${part}]`).filter({ hasText: text }).first().waitFor();
      // By name, as the register says: the stall and who sells there.
      await says("devices", /scale-a01\s*A01 陈阿蔬菜/);
      const load = scale(market.device("scale-a01")).weigh({ value: "1.25", rampMs: 400, holdMs: 1_500, restMs: 300 });
      await page.locator("[data-test=live]", { hasText: /kg/ }).first().waitFor();
      await load;
      await says("weighings", /scale-a01\s*A01 陈阿蔬菜\s*1\.25\s*kg/);
      await says("figure-weighings", /1\s*次/);
      // A specimen may be called anything an instrument can be made to send.
      const evil = "<img src=x onerror=alert(1)>";
      tester(market.device("tester-1")).report([
        {
          ...{ specimenId: evil, item: "韭菜", assay: "OP-CARB", value: "62.5", unit: "%", flags: "A" },
          completedAt: instrumentTime(Date.now()),
        },
      ]);
      await says("tests", "阳性（待复检）");
      expect(await page.locator("[data-test=tests]").textContent()).toContain(evil);
      expect(await page.locator("#app img").count()).toBe(0);
      await says("figure-tests", /样本不足（1\/1）/);
      await page.locator("[data-test=alert] button").first().click();
      await says("alert", /li\.wei 已签收/);
      const ledger = await (await market.api()).get<{ alerts: { state: string }[] }>("/api/v1/alerts");
      expect(ledger.alerts.map(({ state }) => state)).toContain("acknowledged");
      expect(open.complaints).toEqual([]);
    } finally {
      await browser.close();
    }
  }, 90_000);
});
