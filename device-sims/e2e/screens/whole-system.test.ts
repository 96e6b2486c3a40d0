import type { AlertDetail, MarketView } from "@mingcheng/protocols";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { needs } from "../../src/harness/requirements.ts";
import { until } from "../../src/harness/until.ts";
import { launchBrowser, openPage, sizes, type WatchedPage } from "./browser.ts";
import { foreignTexts, says, seriousFindings, sticksOutPx, textOf } from "./screens-under-test.ts";
import { gw, openWholeMarket, people, specimen, type WholeMarket, writePlan } from "./whole-market.ts";

const needed = needs("chromium");
const withinMs = 30_000;

/** Names of places, goods and people are as they are in the register. */
const isName =
  /市场|食堂|中心|中学|小学|示例|所|局|快检|韭菜|上海青|scale|market|canteen|tester|kitchen|li\.|lin\.|zhang|Mingcheng|\.json/u;

/** Every page of the desk, what is on it once it is there, and what it says of the day. */
const deskPages = [
  ["", "[data-test=weighing]", /1\.25\s*kg/],
  ["alerts", "[data-test=alert-row]", /韭菜|阳性|positive/],
  ["alerts/:alert", "[data-test=evidence] dl", /SB-1/],
  ["cameras", "[data-test=camera-card]", /kitchen-1/],
  [`cameras/${gw}:kitchen-1`, "[data-test=viewing]", /./],
  ["records", "[data-test=record]", /韭菜|上海青|1\.25/],
  ["duty", "[data-test=duty-row]", /松柏农贸市场/],
  ["messages", "main", /./],
  ["silences", "[data-test=silence-form]", /./],
  ["reports", "[data-test=report]", /./],
  ["fleet", "[data-test=fleet-row]", /market-songbai/],
  ["register", "[data-test=register-row]", /canteen-binhai/],
  ["evidence", "[data-test=evidence-form]", /market-songbai/],
  ["quarantine", "[data-test=quarantined]", /canteen-binhai/],
  ["users", "[data-test=user-row]", /lin\.mei/],
  ["audit", "[data-test=audit-row]", /zhang\.wei/],
] as const;

/** What belongs to the first one's area, under any of its names. */
const songbai = /松柏|songbai|scale-a01|kitchen-1|SB-1|陈阿/u;

describe.skipIf(needed.skip)(needed.title("every screen, on a whole system with simulated devices"), () => {
  let whole: WholeMarket;
  let browser: Browser;
  const watched: WatchedPage[] = [];
  const sessions = new Map<string, Awaited<ReturnType<BrowserContext["storageState"]>>>();

  beforeAll(async () => {
    [whole, browser] = await Promise.all([openWholeMarket(), launchBrowser()]);
    for (const { user, password } of Object.values(people)) {
      const { page, context } = await openPage(browser, { url: `${whole.url}/`, language: "zh", size: "desk" });
      await page.fill("input[name=user]", user);
      await page.fill("input[name=password]", password);
      await page.click("button[type=submit]");
      await page.waitForSelector("[data-test=feed-open]");
      sessions.set(user, await context.storageState());
      await context.close();
    }
  }, 180_000);
  afterEach(async () => {
    const pages = watched.splice(0);
    for (const { context } of pages) await context.close();
    // Nothing may have broken the policy, thrown, or been refused.
    expect(pages.flatMap(({ complaints }) => complaints)).toEqual([]);
  });
  afterAll(async () => {
    await browser.close();
    await whole.close();
  }, 60_000);

  const sessionOf = (user: string) => {
    const session = sessions.get(user);
    if (session === undefined) throw new Error(`${user} has not signed in`);
    return session;
  };
  const as = async (user: string, language: "zh" | "en", size: keyof typeof sizes, path = ""): Promise<Page> => {
    const context = await browser.newContext({
      ...{ viewport: sizes[size], ignoreHTTPSErrors: true, locale: language === "zh" ? "zh-CN" : "en-GB" },
      ...{ reducedMotion: "reduce", acceptDownloads: true },
      storageState: sessionOf(user),
    });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
    page.on("console", (message) => {
      const text = message.text();
      // The certificate, which no authority of this browser has signed, keeps the phone's worker out.
      const isOfCertificate = /SSL certificate error|^Failed to load resource|fetching the script/.test(text);
      if (message.type() === "error" && !isOfCertificate) complaints.push(text);
    });
    watched.push({ page, context, complaints });
    await go(page, path, language);
    return page;
  };
  const go = async (page: Page, path: string, language: "zh" | "en"): Promise<void> => {
    const where = new URL(path.replace(":alert", whole.alert), `${whole.url}/`);
    where.searchParams.set("lang", language);
    await page.goto(where.href);
  };
  /** Nothing sticks out, nothing is in the other language, nobody is kept out who reads otherwise. */
  const looksRight = async (page: Page, language: "zh" | "en"): Promise<void> => {
    const where = page.url();
    expect(await sticksOutPx(page), where).toBeLessThanOrEqual(0);
    expect(
      (await foreignTexts(page, language)).filter((text) => !isName.test(text)),
      where,
    ).toEqual([]);
    expect(await seriousFindings(page), where).toEqual([]);
  };
  const { administrator, elsewhere } = people;

  it.each([
    ["zh", "desk"],
    ["en", "phone"],
  ] as const)(
    "shows every page of the desk, in %s on a %s",
    async (language, size) => {
      const page = await as(administrator.user, language, size);
      for (const [path, part, text] of deskPages) {
        const answer = await page.request.get(`${whole.url}/${path.replace(":alert", whole.alert)}`);
        expect([path, answer.status(), answer.headers()["content-type"]]).toEqual([
          path,
          200,
          "text/html; charset=utf-8",
        ]);
        const link = page.locator(`nav a[href="/${path}"]`);
        if ((await link.count()) > 0) await link.click();
        else await go(page, path, language);
        await page.locator(part).filter({ hasText: text }).first().waitFor({ timeout: withinMs });
        await looksRight(page, language);
      }
    },
    120_000,
  );

  it("shows a load by itself while it lies on the scale, and lets an alert be taken over", async () => {
    const page = await as(administrator.user, "zh", "desk");
    await page.waitForSelector("[data-test=feed-open]");
    await says(page, "[data-test=devices]", /scale-a01\s*A01 陈阿蔬菜/);
    await says(page, "[data-test=tests]", specimen);
    expect(await page.locator("#app img").count()).toBe(0);
    const running = whole.market.device("scale-a01");
    if (running.class !== "scale") throw new Error("no scale");
    const load = running.device.weigh({ value: "2.40", rampMs: 400, holdMs: 1_500, restMs: 300 });
    await page.locator("[data-test=live]", { hasText: /kg/ }).first().waitFor();
    await load;
    await says(page, "[data-test=weighings]", /scale-a01\s*A01 陈阿蔬菜\s*2\.40\s*kg/);
    await page.locator("[data-test=alert]", { hasText: "韭菜" }).locator("button").first().click();
    await says(page, "[data-test=alert]", /zhang\.wei 已签收/);
    const { alert } = await whole.api.get<AlertDetail>(`/api/v1/alerts/${whole.alert}`);
    expect(alert.state).toBe("acknowledged");
  }, 60_000);

  it("makes the report of the day, and evidence that everybody can verify", async () => {
    const page = await as(administrator.user, "zh", "desk", "reports");
    await page.selectOption("[name=site]", "songbai");
    const today = await page.inputValue("[name=date]");
    const asked = page.waitForResponse((answer) => answer.url().includes("/api/v1/reports?site=songbai"));
    await page.fill("[name=date]", new Date(Date.parse(`${today}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10));
    await asked;
    await says(page, "[data-test=report]", /韭菜/);
    const [workbook] = await Promise.all([page.waitForEvent("download"), page.click("[data-test=workbook]")]);
    expect(workbook.suggestedFilename()).toMatch(/songbai.*\.xlsx$/);
    await go(page, "evidence", "zh");
    await page.selectOption("[name=gateway]", gw);
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.click("[data-test=evidence-form] [type=submit]"),
    ]);
    const path = await file.path();
    await go(page, "verify", "zh");
    await page.click("[data-test=offer]");
    await page.locator("[data-test=offered]").waitFor();
    await page.setInputFiles("input[name=file]", path);
    await page.click("button[type=submit]");
    await says(page, "main", /核验通过/);
    await looksRight(page, "zh");
  }, 60_000);

  it.each([
    ["zh", "desk"],
    ["en", "wall4k"],
  ] as const)(
    "goes through the scenes of the wall, pictures included, in %s on a %s",
    async (language, size) => {
      const page = await as(administrator.user, language, size, `wall?name=hall-${language}`);
      await page.locator("[data-test=tile-weighings]").filter({ hasText: /[1-9]/ }).waitFor({ timeout: withinMs });
      await page.waitForSelector("[data-test=trend-tests] canvas");
      for (const [key, scene, part] of [
        ["1", "now", "[data-test=wall-alert]"],
        ["2", "tests", "[data-test=worst-item]"],
        ["3", "kitchens", "[data-test=camera] video"],
        ["4", "devices", "[data-test=plan] svg"],
      ] as const) {
        await page.keyboard.press(key);
        await page.locator(`[data-scene=${scene}] ${part}`).first().waitFor({ timeout: withinMs });
        await looksRight(page, language);
        expect(await page.evaluate("document.documentElement.scrollHeight - innerHeight"), scene).toBeLessThanOrEqual(
          0,
        );
      }
      await page.keyboard.press("3");
      await page.locator("[data-test=camera][data-state=live]").waitFor({ timeout: withinMs });
      const remote = await as(administrator.user, language, "phone", `wall/remote?name=hall-${language}`);
      await remote.locator("[data-test=remote-alert]").first().waitFor();
      await looksRight(remote, language);
      await remote.click("[data-test=remote-2]");
      await page.waitForSelector("[data-scene=tests]");
    },
    90_000,
  );

  it.each(["zh", "en"] as const)(
    "shows the inspector's telephone what is to be done and the site, in %s",
    async (language) => {
      const page = await as(administrator.user, language, "phone", "m");
      await page.click("[data-test=show-all]");
      await page.locator("[data-test=card]").first().waitFor({ timeout: withinMs });
      await looksRight(page, language);
      await go(page, "a/:alert", language);
      await says(page, "[data-test=alert-head]", /韭菜|Leek|leek/);
      await looksRight(page, language);
      await go(page, "m/site/songbai", language);
      await says(page, "[data-test=site-tests]", /SB-1/);
      await says(page, "[data-test=site-weighings]", /1\.25/);
      await looksRight(page, language);
      await page.click("[data-test=site-cameras] button");
      await page.locator("[data-test=camera][data-state=live]").waitFor({ timeout: withinMs });
    },
    60_000,
  );

  it.each([
    ["zh", "laptop"],
    ["en", "phone"],
  ] as const)(
    "sets the gateway up, to the report that is printed, in %s on a %s",
    async (language, size) => {
      const opened = await openPage(browser, { url: whole.setupUrl, language, size });
      watched.push(opened);
      const { page } = opened;
      await looksRight(page, language);
      await page.fill("input[name=code]", await whole.setupCode());
      await page.click("button[type=submit]");
      await page.locator("[data-test=device][data-id=scale-a01] [data-test=live]", { hasText: "kg" }).waitFor();
      await page.locator("[data-test=channel]", { hasText: "kitchen-1" }).waitFor();
      await looksRight(page, language);
      await page.click("[data-test=check]");
      await page.locator("[data-test=report]").waitFor({ timeout: withinMs });
      await looksRight(page, language);
    },
    60_000,
  );

  it("shows somebody of another district nothing of this one, on no page and by no address", async () => {
    const page = await as(elsewhere.user, "zh", "desk");
    const answered: Promise<string>[] = [];
    page.on("response", (answer) => {
      const { pathname } = new URL(answer.url());
      if (!pathname.startsWith("/api/") || pathname === "/api/v1/events") return;
      answered.push(
        answer.text().then(
          (text) => (answer.ok() ? text : `${answer.status()}`),
          () => "",
        ),
      );
    });
    const seesNothingOfIt = async (path: string): Promise<void> => {
      await go(page, path, "zh");
      await page.locator("main, [data-test=problem], [data-test=wall], [data-test=remote]").first().waitFor();
      await page.locator("[data-test=loading]").waitFor({ state: "detached" });
      expect(await textOf(page, "#app"), path).not.toMatch(songbai);
    };
    for (const [path] of deskPages) await seesNothingOfIt(path);
    for (const path of ["wall", "wall/remote", "m", "m/site/songbai", "a/:alert"]) await seesNothingOfIt(path);
    const answers = await Promise.all(answered);
    expect(answers.length).toBeGreaterThan(deskPages.length);
    expect(answers.filter((text) => songbai.test(text.replaceAll(whole.alert, "")))).toEqual([]);
    const refused = [
      ...["reports?site=songbai&date=2026-11-25&period=day", "sites/songbai", `alerts/${whole.alert}`],
      ...[`cameras/${gw}/kitchen-1/events?from=2026-01-01T00:00:00Z&until=2027-01-01T00:00:00Z`, "users", "audit"],
      ...["register/devices", "quarantine"],
    ];
    for (const path of refused) {
      const answer = await page.request.get(`${whole.url}/api/v1/${path}`);
      expect([path, answer.ok(), songbai.test((await answer.text()).replaceAll(whole.alert, ""))]).toEqual([
        path,
        false,
        false,
      ]);
    }
    const seen = await page.request.get(`${whole.url}/api/v1/gateways`);
    expect(await seen.text()).not.toMatch(songbai);
  }, 120_000);

  it("takes the market's plan and notices over from the centre, and shows no picture that the centre switched off", async () => {
    const state = async (): Promise<MarketView> =>
      (await fetch(`${whole.screenUrl}/market/state`)).json() as Promise<MarketView>;
    const { centre } = whole.market;
    await centre.command("gateway", "configure", gw, "--file", await writePlan(whole, "周六停电检修"), "--wait");
    const view = await until(
      async () => {
        const now = await state();
        return now.notices.length > 0 ? now : undefined;
      },
      { what: "the notice is shown", withinMs },
    );
    expect(view.stalls).toHaveLength(120);
    expect(view.stalls.find(({ label }) => label === "A01")?.scale).toBe("online");
    expect(view.cameras).toEqual(["kitchen-1"]);
    const opened = await Promise.all([
      openPage(browser, { url: whole.screenUrl, language: "zh", size: "desk" }),
      openPage(browser, { url: whole.screenUrl, language: "en", size: "portrait" }),
    ]);
    watched.push(...opened);
    for (const [index, { page }] of opened.entries()) {
      await says(page, "[data-test=market-item]", /韭菜/);
      await says(page, "[data-test=market-notices]", "周六停电检修");
      await page.locator("[data-test=market-picture][data-live=true]").waitFor({ timeout: withinMs });
      await looksRight(page, index === 0 ? "zh" : "en");
    }
    const gone = opened.map(({ page }) => page.locator("[data-test=market-picture][data-live=true]"));
    const decide = (viewing: "off" | "private") =>
      whole.api.post("/api/v1/cameras/viewing", { gw, channel: "kitchen-1", viewing, note: "test" });
    await decide("off");
    await Promise.all(gone.map((picture) => picture.waitFor({ state: "detached", timeout: withinMs })));
    const refused = await fetch(`${whole.screenUrl}/market/token?channel=kitchen-1`, { method: "POST" });
    expect([refused.status, (await state()).cameras]).toEqual([404, []]);
    // Without the centre and after a restart it stays off.
    for (const { page } of opened) await page.close();
    const [gateway] = whole.market.gateways;
    await centre.stop();
    await gateway?.kill();
    await gateway?.start();
    const after = await fetch(`${whole.screenNow()}/market/token?channel=kitchen-1`, { method: "POST" });
    expect(after.status).toBe(404);
  }, 120_000);
});
