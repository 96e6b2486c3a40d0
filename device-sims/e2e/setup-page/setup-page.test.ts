import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { repositoryRoot } from "../../src/harness/repository.ts";
import { needs } from "../../src/harness/requirements.ts";
import { launchBrowser, openPage, type PageSetup, type WatchedPage } from "../screens/browser.ts";
import { type GatewayToSetUp, startGatewayToSetUp } from "./gateway-to-set-up.ts";

const needed = needs("chromium");
const built = existsSync(join(repositoryRoot, "gateway/dist/setup-page/assets"));

let browser: Browser;
let setUp: GatewayToSetUp;

beforeAll(async () => {
  if (needed.skip) return;
  expect(built, "npm run build").toBe(true);
  browser = await launchBrowser();
  setUp = await startGatewayToSetUp({
    gw: "market-songbai",
    scales: {
      // Speaks 7E1: the parity bit tells.
      found: { kind: "mt-continuous", settings: { parityBit: true } },
      // Configured as another family: the line is open, nothing is understood.
      mistaken: { kind: "mt-continuous" },
      heard: { kind: "yaohua-a9" },
    },
    configured: {
      heard: { protocol: "yaohua-a9", options: { unit: "kg" } },
      mistaken: { protocol: "yaohua-a9", options: { unit: "kg" } },
    },
  });
}, 60_000);
afterAll(async () => {
  if (needed.skip) return;
  await browser.close();
  await setUp.close();
});

const open = (setup: Partial<PageSetup> = {}): Promise<WatchedPage> =>
  openPage(browser, { url: setUp.url, language: "zh", size: "laptop", ...setup });

const enter = async (page: Page): Promise<void> => {
  await page.fill("input[name=code]", (await setUp.code()).code);
  await page.click("button[type=submit]");
  await page.waitForSelector("[data-test=feed-open]");
};
const detect = async (page: Page, scale: string) => {
  await page.fill("input[name=tcp]", setUp.port(scale));
  await page.click("form.more button[type=submit]");
  const finding = page.locator("[data-test=finding]", { hasText: `tty-${scale}` });
  await finding.waitFor({ timeout: 30_000 });
  return finding;
};
const device = (page: Page, id: string) => page.locator(`[data-test=device][data-id=${id}]`);
const fits = async (page: Page): Promise<boolean> =>
  (await page.evaluate("document.documentElement.scrollWidth <= innerWidth")) as boolean;

describe.skipIf(needed.skip)(needed.title("the set-up page, in a browser"), () => {
  it.each([
    ["zh", "laptop", "设置码不对"],
    ["en", "phone", "set-up code is wrong"],
  ] as const)(
    "opens for a code and for nothing else, in %s on a %s",
    async (language, size, words) => {
      const { page, context, complaints } = await open({ language, size });
      await page.fill("input[name=code]", "0000-0000-0000");
      await page.click("button[type=submit]");
      await page.locator("[role=alert]", { hasText: new RegExp(words, "i") }).waitFor();
      expect(await fits(page)).toBe(true);
      await enter(page);
      await device(page, "heard").locator("[data-test=live]", { hasText: "kg" }).waitFor();
      expect(await fits(page)).toBe(true);
      await page.click("[data-test=leave]");
      await page.waitForSelector("input[name=code]");
      expect(complaints).toEqual([]);
      await context.close();
    },
    60_000,
  );

  it("finds a scale's protocol and settings, takes it over without a restart, and shows what it weighs", async () => {
    const { page, context, complaints } = await open();
    await enter(page);
    const finding = await detect(page, "found");
    await finding.locator("[data-test=verdict]", { hasText: "mt-continuous (9600 7E1)" }).waitFor();
    expect(await finding.locator("[data-test=candidate]").first().textContent()).toMatch(/kg/);
    await finding.locator("summary").click();
    expect(await finding.locator("[data-test=configuration]").textContent()).toContain("parity: even");
    await finding.locator("input[name=id]").fill("scale-b02");
    const pid = setUp.gateway.program.pid;
    await finding.locator("[data-test=accept]").click();
    await finding.locator("[data-test=accepted]", { hasText: "scale-b02 已启用" }).waitFor();
    const live = device(page, "scale-b02").locator("[data-test=live]");
    await live.filter({ hasText: /0\.000\s*kg/ }).waitFor();
    const load = setUp.scale("found").weigh({ value: "2.40", rampMs: 200, holdMs: 3_000, restMs: 300 });
    await live.filter({ hasText: /2\.400?\s*kg/ }).waitFor();
    await load;
    await device(page, "scale-b02")
      .locator("[data-test=captured]", { hasText: /2\.400?\s*kg/ })
      .waitFor();
    expect(readFileSync(setUp.gateway.configFile, "utf8")).toContain("scale-b02");
    expect(setUp.gateway.program.pid).toBe(pid);
    expect(await setUp.gateway.command("check", "--config", setUp.gateway.configFile)).toContain("3");
    expect(complaints).toEqual([]);
    await context.close();
  }, 90_000);

  it("leaves a device alone that is heard, and mends one that was configured as something else", async () => {
    const { page, context } = await open({ language: "en" });
    await enter(page);
    await page.fill("input[name=tcp]", setUp.port("heard"));
    await page.click("form.more button[type=submit]");
    await page.getByText("heard is being heard and was left alone").waitFor();
    const finding = await detect(page, "mistaken");
    await finding.locator("[data-test=accept]", { hasText: "Update device mistaken" }).click();
    await finding.locator("[data-test=accepted]").waitFor();
    await device(page, "mistaken").getByText("Online", { exact: true }).waitFor();
    await context.close();
  }, 90_000);

  it("works with the centre gone, and says so in a report that is printed on one sheet", async () => {
    const { page, context, complaints } = await open();
    await enter(page);
    const check = async (verdict: string): Promise<void> => {
      await page.click("[data-test=check]");
      await page.locator("[data-test=report-verdict]", { hasText: verdict }).waitFor();
    };
    await setUp.scale("mistaken").weigh({ value: "1.00", rampMs: 100, holdMs: 1_500, restMs: 200 });
    await check("全部通过");
    await setUp.centre.stop();
    await page.locator("[data-test=tile-uplink]", { hasText: "未连接" }).waitFor();
    await check("有项目未通过");
    const row = page.locator("[data-test=check-row]", { hasText: "上行" });
    expect(await row.textContent()).toMatch(/未通过.*下一步/s);
    await device(page, "heard").locator("[data-test=live]").waitFor();
    await page.emulateMedia({ media: "print" });
    expect(await page.locator("[data-test=report] h1").isVisible()).toBe(true);
    expect(await page.locator("[data-test=port]").count()).toBeGreaterThan(0);
    expect(await page.locator("[data-test=port]").first().isVisible()).toBe(false);
    expect(complaints).toEqual([]);
    await context.close();
  }, 90_000);
});
