import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { repositoryRoot } from "../../src/harness/repository.ts";
import { needs } from "../../src/harness/requirements.ts";
import { launchBrowser, openPage, type PageSetup, type WatchedPage } from "./browser.ts";
import { errorOf } from "./errors-of.ts";
import { FixtureCentre } from "./fixture-centre.ts";
import { sampleAccount, sampleDay } from "./sample-day.ts";

const needed = needs("chromium");

let browser: Browser;
let centre: FixtureCentre;
let open: WatchedPage | undefined;

beforeAll(async () => {
  if (needed.skip) return;
  expect(existsSync(join(repositoryRoot, "dashboards/screens/dist/assets")), "npm run build").toBe(true);
  browser = await launchBrowser();
});
afterAll(() => (needed.skip ? undefined : browser.close()));

beforeEach(() => {
  centre = new FixtureCentre({ account: null, password: "one-time", today: sampleDay(), failure: null, dead: false });
});
afterEach(async () => {
  if (needed.skip) return;
  expect(open?.complaints ?? []).toEqual([]);
  await open?.context.close();
  open = undefined;
  await centre.stop();
});

const look = async (setup: Partial<PageSetup> = {}): Promise<Page> => {
  open = await openPage(browser, { url: await centre.start(), language: "zh", size: "laptop", ...setup });
  return open.page;
};
const enter = async (page: Page, fields: Readonly<Record<string, string>>): Promise<void> => {
  for (const [name, value] of Object.entries(fields)) await page.fill(`input[name=${name}]`, value);
  await page.click("button[type=submit]");
};
/** Waits until a part of the page says something. */
const says = (page: Page, selector: string, text: string | RegExp): Promise<void> =>
  page.locator(selector).filter({ hasText: text }).first().waitFor();

describe.skipIf(needed.skip)(needed.title("the doors of the screens, in a browser"), () => {
  it.each(["zh", "en"] as const)("lead from sign-in over a new password to the day, in %s", async (language) => {
    const page = await look({ language });
    await enter(page, { user: "admin", password: "wrong" });
    await says(page, "[role=alert]", language === "zh" ? "用户名或密码不对" : /user name or password is wrong/i);
    expect(await page.inputValue("input[name=password]")).toBe("");
    await enter(page, { user: "admin", password: "one-time" });
    await enter(page, { present: "one-time", next: "a good one 1", repeat: "a good one 2" });
    await says(page, "[role=alert]", language === "zh" ? "不一样" : "differ");
    await enter(page, { present: "wrong", next: "a good one 1", repeat: "a good one 1" });
    await says(page, "[role=alert]", language === "zh" ? "当前密码不对" : "not the present password");
    await enter(page, { present: "one-time", next: "a good one 1", repeat: "a good one 1" });
    await says(page, "h1", language === "zh" ? "今日市场" : "Market today");
    await page.click(`button:has-text("${language === "zh" ? "退出" : "Sign out"}")`);
    await page.waitForSelector("input[name=password]");
    expect(centre.state.account).toBeNull();
  });

  it("say that nobody answers, and open by themselves once somebody does", async () => {
    centre.state.account = structuredClone(sampleAccount);
    centre.state.dead = true;
    const page = await look({ language: "en" });
    await says(page, "[data-test=problem]", "The centre cannot be reached.");
    centre.state.dead = false;
    await says(page, "h1", "Market today");
  });

  it("tell in words what something in between answered, and how long to wait for the next attempt", async () => {
    const page = await look({ language: "en", size: "phone" });
    const login = "**/api/v1/login";
    await page.route(login, (route) => route.fulfill({ status: 502, body: "<html>Bad gateway</html>" }));
    await enter(page, { user: "admin", password: "one-time" });
    await says(page, "[role=alert]", /the centre did not answer properly.*CENTRE_FAULT/is);
    await page.unroute(login);
    const json = errorOf("LOGIN_LOCKED", { retryAfterMs: 180_000 });
    await page.route(login, (route) => route.fulfill({ status: 429, json }));
    await enter(page, { user: "admin", password: "one-time" });
    await says(page, "main", "Try again in 3 min.");
    await page.click("[data-test=language]");
    await says(page, "main", "请在 3 分钟后再试。");
  });
});
