import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { repositoryRoot } from "../../src/harness/repository.ts";
import { needs } from "../../src/harness/requirements.ts";
import { until } from "../../src/harness/until.ts";
import { launchBrowser, openPage, type PageSetup, type WatchedPage } from "./browser.ts";
import { errorOf } from "./errors-of.ts";
import { FixtureCentre } from "./fixture-centre.ts";
import { emptyDay, sampleAccount, sampleDay } from "./sample-day.ts";

const needed = needs("chromium");
const built = existsSync(join(repositoryRoot, "dashboards/screens/dist/assets"));

let browser: Browser;
let centre: FixtureCentre;
let url: string;
let open: WatchedPage | undefined;

beforeAll(async () => {
  if (needed.skip) return;
  expect(built, "npm run build").toBe(true);
  browser = await launchBrowser();
});
afterAll(() => (needed.skip ? undefined : browser.close()));

beforeEach(async () => {
  if (needed.skip) return;
  centre = new FixtureCentre({
    ...{
      account: structuredClone(sampleAccount),
      password: "one-time",
      today: sampleDay(),
      failure: null,
      dead: false,
    },
  });
  url = await centre.start();
});

afterEach(async () => {
  if (needed.skip) return;
  // Nothing on any page may break the policy, throw, or be refused.
  expect(open?.complaints ?? []).toEqual([]);
  await open?.context.close();
  open = undefined;
  await centre.stop();
});

const look = async (setup: Partial<PageSetup> = {}): Promise<Page> => {
  open = await openPage(browser, { url, language: "zh", size: "desk", ...setup });
  return open.page;
};

const textOf = async (page: Page, selector: string): Promise<string> =>
  (await page.locator(selector).first().textContent()) ?? "";

/** Waits until a part of the page says something. */
const says = (page: Page, selector: string, text: string | RegExp): Promise<void> =>
  page.locator(selector).filter({ hasText: text }).first().waitFor();

const widest = (page: Page): Promise<number> =>
  page.evaluate("document.documentElement.scrollWidth") as Promise<number>;

describe.skipIf(needed.skip)(needed.title("the screens, in a browser"), () => {
  it.each([
    ["zh", "desk"],
    ["en", "phone"],
  ] as const)(
    "show the day in %s on a %s, with denominators and time, and nothing sticks out",
    async (language, size) => {
      const page = await look({ language, size });
      await says(page, "[data-test=figure-devices]", /12\s*\/14/);
      const body = await textOf(page, "body");
      expect(body).toMatch(language === "zh" ? /截至 14:05/ : /as of 14:05/);
      expect(body).toMatch(language === "zh" ? /阳性率 2\.3\s%（1\/44）/ : /Positive 2\.3\s% \(1\/44\)/);
      expect(body).toContain(language === "zh" ? "阳性（待复检）" : "Positive (to be confirmed)");
      expect(body).toMatch(/1\s846\.28 kg/);
      expect(await textOf(page, "[data-test=gateways]")).toMatch(/1\s284/);
      // Every text of the page itself is in its own language; names of markets and goods are as they are.
      const own = await page.locator("h1, h2, th, button, label").allInnerTexts();
      const foreign = language === "zh" ? /[A-Za-z]{4,}/ : /\p{Script=Han}/u;
      expect(own.filter((text) => foreign.test(text)).sort()).toEqual(language === "zh" ? ["English"] : ["中文"]);
      expect(await widest(page)).toBeLessThanOrEqual(size === "desk" ? 1920 : 390);
      if (size === "phone") {
        const heights = (await page.evaluate(
          "[...document.querySelectorAll('button.button, select, input.field')].map((part) => part.getBoundingClientRect().height)",
        )) as number[];
        expect(Math.min(...heights)).toBeGreaterThanOrEqual(44);
      }
    },
  );

  it("keep to the centre's day and hours, wherever the reader is", async () => {
    // The browser stands in New York, where this is still 01:05.
    const page = await look();
    await says(page, "[data-test=tests]", "13:59");
    centre.state.today.tests = centre.state.today.tests.map((test) => ({ ...test, at: "2026-11-22T15:59:59.000Z" }));
    centre.send({ name: "changed", data: { at: new Date().toISOString(), parts: ["readings"] } });
    await says(page, "[data-test=tests]", "11-22 23:59");
  });

  it("name stalls and vendors, tell who sees nothing why, and the whole centre what stands nowhere", async () => {
    centre.state.account = { ...sampleAccount, scope: { whole: false, areas: [], sites: [] } };
    centre.state.today.totals.unattributed = { devices: 2, weighings: 31, tests: 0 };
    const page = await look();
    await says(page, "[data-test=devices]", /scale-a01\s*A01/);
    await says(page, "[data-test=weighings]", /scale-a03\s*A03/);
    await says(page, "[data-test=sees-nothing]", "请联系管理员");
    await says(page, "[data-test=unattributed]", /2 台设备、今日 31 次称重、0 次快检/);
    expect(await widest(page)).toBeLessThanOrEqual(1920);
  });

  it("update by themselves, and show a scale's unsettled value for a moment", async () => {
    const page = await look();
    await page.waitForSelector("[data-test=feed-open]");
    centre.state.today.totals.weighings = 1_285;
    const at = new Date().toISOString();
    const rest = {
      unit: "kg",
      mode: "net",
      stable: "reported-unstable",
      tare: null,
      overload: false,
      underload: false,
    } as const;
    centre.send({ name: "live", data: { gw: "market-songbai", dev: "scale-a01", at, value: "1.285", ...rest } });
    await says(page, "[data-test=live]", "1.285 kg");
    centre.send({ name: "records", data: { lsn: 4_712, records: [] } }, 4_712);
    await says(page, "[data-test=figure-weighings]", /1\s285/);
  });

  it("say so when they are cut off, keep the last good page, and catch up by themselves", async () => {
    const page = await look();
    await page.waitForSelector("[data-test=feed-open]");
    centre.state.dead = true;
    centre.breakStreams();
    await says(page, "[data-test=stale]", "以下是 14:05 的数据");
    await page.waitForSelector("[data-test=feed-broken]");
    expect(await textOf(page, "[data-test=figure-tests]")).toContain("47");
    centre.state.today.totals.tests.all = 48;
    centre.state.dead = false;
    await says(page, "[data-test=figure-tests]", "48");
    await page.locator("[data-test=stale]").waitFor({ state: "detached" });
    await page.waitForSelector("[data-test=feed-open]");
  });

  it("resume a broken stream where it was", async () => {
    const page = await look();
    await page.waitForSelector("[data-test=feed-open]");
    centre.state.today.totals.weighings = 1_300;
    centre.breakStreams();
    await until(() => centre.listeners === 1, { what: "the page listens again", withinMs: 10_000 });
    await says(page, "[data-test=figure-weighings]", /1\s300/);
  });

  it("explain an error with what is safe, what to do and a reference", async () => {
    const error = errorOf("CENTRE_FAULT", { reference: "7f3c" });
    centre.state.failure = { status: 500, error };
    const page = await look({ language: "en" });
    await says(page, "[data-test=problem]", /no data is lost/);
    const text = await textOf(page, "[data-test=problem]");
    expect(text).toContain("CENTRE_FAULT");
    expect(text).toContain("7f3c");
    centre.state.failure = null;
    await page.click("[data-test=problem] button");
    await says(page, "[data-test=figure-devices]", "12");
  });

  it("show that they are loading only when it takes a while, and say who may not look", async () => {
    let release: () => void = () => undefined;
    centre.state.hold = new Promise((resolve) => {
      release = resolve;
    });
    const page = await look();
    await page.waitForSelector("[data-test=loading]");
    centre.state.failure = { status: 403, error: errorOf("ACCESS_DENIED") };
    release();
    await says(page, "[data-test=problem]", /没有权限.*请管理员授予所需角色/s);
    expect(await page.locator("[data-test=loading]").count()).toBe(0);
  });

  it("lead back to sign-in when the session has ended", async () => {
    const page = await look();
    await page.waitForSelector("[data-test=feed-open]");
    centre.state.account = null;
    centre.send({ name: "signed-out", data: { at: new Date().toISOString() } });
    await says(page, "[role=status]", "登录已过期");
  });

  it("say why a list is empty and what fills it, and leave the page standing when a part is missing", async () => {
    centre.state.today = emptyDay();
    const page = await look();
    await says(page, "[data-test=devices]", "在网关配置中添加设备");
    for (const part of ["alerts", "tests", "weighings", "gateways"]) {
      expect((await textOf(page, `[data-test=${part}]`)).length, part).toBeGreaterThan(15);
    }
    expect(await textOf(page, "[data-test=figure-tests]")).not.toMatch(/%|NaN/);
    centre.state.today = { ...sampleDay(), alerts: null };
    centre.send({ name: "changed", data: { at: new Date().toISOString(), parts: ["alerts"] } });
    await says(page, "[data-test=partial]", "预警暂时读不到");
    await says(page, "[data-test=figure-tests]", "47");
  });

  it("give no rate a colour or a figure below thirty samples", async () => {
    const { tests } = centre.state.today.totals;
    Object.assign(tests, { all: 12, positive: 1, suspect: 0, negative: 11, invalid: 0, none: 0 });
    const page = await look();
    await says(page, "[data-test=figure-tests]", "样本不足（1/12）");
    expect(await textOf(page, "[data-test=figure-tests]")).not.toContain("%");
  });

  it("let an alert be taken over, once, and tell by whom; an auditor only looks", async () => {
    const page = await look();
    const first = page.locator("[data-test=alert]").first();
    expect(await first.textContent()).toContain("scale-b04");
    await first.locator("button").click();
    await says(page, "[data-test=alert]", /wang\.li 已签收/);
    await says(page, "[data-test=alerts]", "待签收 1 · 已签收 2");
    expect(centre.asked.filter((asked) => asked.includes("acknowledge"))).toEqual([
      "POST /api/v1/alerts/a2/acknowledge {}",
    ]);
    await open?.context.close();
    centre.state.account = { ...sampleAccount, role: "auditor" };
    const other = await look();
    await other.waitForSelector("[data-test=alert]");
    expect(await other.locator("[data-test=alert] button").count()).toBe(0);
  });

  it("take nothing that a device, a specimen or a market is called for part of the page", async () => {
    const evil = `<img src=x onerror="document.title='planted'"><script>document.title='planted'</script>`;
    const { today } = centre.state;
    const [device, test, gateway, alert] = [
      today.devices[0],
      today.tests[0],
      today.gateways[0],
      today.alerts?.alerts[0],
    ];
    if (device === undefined || test === undefined || gateway === undefined || alert === undefined)
      throw new Error("sample");
    Object.assign(device, { site: evil, reason: evil, state: "silent" });
    Object.assign(test, { item: evil, specimenId: evil.slice(0, 128), value: evil });
    Object.assign(gateway, { site: evil, alarms: [{ code: evil, since: "", detail: evil }] });
    Object.assign(alert, { title: { zh: evil, en: evil }, owner: `user:${evil}` });
    const page = await look();
    await says(page, "[data-test=tests]", "<script>");
    await says(page, "[data-test=gateways]", "onerror");
    expect(await page.locator("#app img, #app script").count()).toBe(0);
    expect(await page.title()).not.toContain("planted");
    expect(await widest(page)).toBeLessThanOrEqual(1920);
  });

  it("stay quick with ten thousand devices and very long names, and find one of them", async () => {
    const { today } = centre.state;
    const [sample] = today.devices;
    if (sample === undefined) throw new Error("sample");
    const long = "厦门市思明区松柏农贸市场二楼水产区东侧第三排档口".repeat(4);
    today.devices = Array.from({ length: 10_000 }, (_, index) => ({
      ...{ ...sample, site: long, dev: `scale-${index}-with-a-long-name-that-goes-on-and-on` },
    }));
    const page = await look();
    await page.waitForSelector("[data-test=device]");
    expect(await page.locator("[data-test=device]").count()).toBe(100);
    expect(await widest(page)).toBeLessThanOrEqual(1920);
    await page.fill("[data-test=devices] input", "scale-9876-");
    await until(async () => (await page.locator("[data-test=device]").count()) === 1, { what: "one", withinMs: 5_000 });
    expect(new URL(page.url()).searchParams.get("device")).toBe("scale-9876-");
    await page.reload();
    await page.waitForSelector("[data-test=device]");
    expect(await page.locator("[data-test=device]").count()).toBe(1);
  });

  it("show one market when asked, and keep the choice in the address", async () => {
    const page = await look();
    await page.selectOption("[data-test=market]", "market-ningbao");
    await until(() => centre.asked.includes("GET /api/v1/today?gateway=market-ningbao"), {
      what: "asked",
      withinMs: 5_000,
    });
    expect(new URL(page.url()).searchParams.get("gateway")).toBe("market-ningbao");
    await page.click("[data-test=language]");
    await says(page, "h1", "Market today");
    expect(await page.getAttribute("html", "lang")).toBe("en");
  });
});
