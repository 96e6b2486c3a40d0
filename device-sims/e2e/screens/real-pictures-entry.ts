import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { repositoryRoot } from "../../src/harness/repository.ts";
import { launchBrowser, openPage, type PageSetup } from "./browser.ts";
import { gw, openWholeMarket, people } from "./whole-market.ts";

// Takes the pictures that need a camera again, from a whole system with a simulated one: `npm run screens`, or
// `node device-sims/dist/e2e/screens/real-pictures-entry.js [directory]`.
const directory = process.argv[2] ?? join(repositoryRoot, "docs/screens");
mkdirSync(directory, { recursive: true });

const [whole, browser] = await Promise.all([openWholeMarket(), launchBrowser()]);

const take = async (name: string, setup: PageSetup, act: (page: Page) => Promise<unknown>): Promise<void> => {
  const { page, context } = await openPage(browser, setup);
  await act(page);
  // The first picture has been drawn a moment after the stream is live.
  await page.waitForTimeout(1_500);
  await page.screenshot({ path: join(directory, `${name}.png`) });
  await context.close();
};

const signIn = async (page: Page): Promise<void> => {
  await page.fill("input[name=user]", people.administrator.user);
  await page.fill("input[name=password]", people.administrator.password);
  await page.click("button[type=submit]");
};

try {
  const desk = { language: "zh", size: "desk" } as const;
  await take("wall-kitchens", { ...desk, url: `${whole.url}/wall` }, async (page) => {
    await signIn(page);
    await page.waitForSelector("[data-test=tile-weighings]");
    await page.keyboard.press("3");
    await page.waitForSelector("[data-test=camera][data-state=live]");
  });
  await take("camera-desk", { ...desk, url: `${whole.url}/cameras/${gw}:kitchen-1` }, async (page) => {
    await signIn(page);
    await page.locator(".acts button.strong").click();
    await page.waitForSelector("[data-test=camera-tile][data-state=live]");
  });
  await take("market-picture", { ...desk, url: whole.screenUrl }, (page) =>
    page.waitForSelector("[data-test=market-picture][data-live=true]"),
  );
  await take("setup-camera", { language: "zh", size: "laptop", url: whole.setupUrl }, async (page) => {
    await page.fill("input[name=code]", await whole.setupCode());
    await page.click("button[type=submit]");
    const section = page.locator("[data-test=cameras]");
    await section.getByText("手动添加").click();
    await page.fill("[name=camera-id]", "kitchen-2");
    await page.fill("[name=camera-address]", whole.camera.address);
    await page.locator("[data-test=test-camera]").click();
    await page.locator("[data-test=camera-result] .right").waitFor();
    await section.scrollIntoViewIfNeeded();
  });
} finally {
  await browser.close();
  await whole.close();
}
