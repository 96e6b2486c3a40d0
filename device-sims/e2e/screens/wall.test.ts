import type { WallAct } from "@mingcheng/protocols";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { needs } from "../../src/harness/requirements.ts";
import { until } from "../../src/harness/until.ts";
import { manyAlerts } from "./sample-alerts.ts";
import { emptyDay } from "./sample-day.ts";
import {
  foreignTexts,
  lowTargets,
  ScreensUnderTest,
  says,
  seriousFindings,
  sticksOutPx,
  textOf,
} from "./screens-under-test.ts";

const needed = needs("chromium");

/** Sizes of everything that is written on the page, in pixels, the smallest first. */
const fontSizes = (page: Page): Promise<number[]> =>
  page.evaluate(
    `[...new Set([...document.querySelectorAll("#app *")]
      .filter((part) => [...part.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== ""))
      .filter((part) => !part.closest(".for-readers"))
      .map((part) => Math.round(Number.parseFloat(getComputedStyle(part).fontSize))))].sort((a, b) => a - b)`,
  ) as Promise<number[]>;

describe.skipIf(needed.skip)(needed.title("the wall, in a browser"), () => {
  const screens = new ScreensUnderTest();
  beforeAll(() => screens.launch());
  afterAll(() => screens.close());
  beforeEach(() => screens.start());
  afterEach(async () => expect(await screens.stop()).toEqual([]));

  it("shows what needs a person first, in English at 4K, in six sizes none of which is small", async () => {
    const page = await screens.look({ language: "en", size: "wall4k", path: "wall" });
    await page.locator("[data-test=trend-tests] canvas").waitFor();
    const rows = await page.locator("[data-test=wall-alert]").allInnerTexts();
    expect(rows[0]).toContain("scale-b04");
    expect(rows).toHaveLength(3);
    expect(await textOf(page, "[data-test=tile-devices]")).toMatch(/12\s*\/14.*85\.7\s%/s);
    expect(await textOf(page, "[data-test=tile-tests]")).toContain("as of 14:05");
    expect(await sticksOutPx(page)).toBeLessThanOrEqual(0);
    expect(await page.evaluate("document.documentElement.scrollHeight - innerHeight")).toBeLessThanOrEqual(0);
    const sizes = await fontSizes(page);
    expect(sizes[0]).toBeGreaterThanOrEqual(2 * 18);
    expect(sizes.length).toBeLessThanOrEqual(6);
    const names = /市场|食堂|中心/;
    expect((await foreignTexts(page, "en")).filter((text) => !names.test(text))).toEqual([]);
    expect(await seriousFindings(page)).toEqual([]);
    await page.keyboard.press("ArrowDown");
    await page.waitForSelector("[data-test=camera]");
    await page.keyboard.press("Enter");
    await says(page, "[data-test=alert-head]", "scale-b04");
  });

  it("greys out and says since when, and comes back by itself", async () => {
    const page = await screens.look({ path: "wall" });
    await page.waitForSelector("[data-test=feed-open]");
    await screens.cutOff(async () => {
      await says(page, "[data-test=stale]", "数据截至 14:05");
      await page.waitForSelector("[data-test=feed-broken]");
      expect(await textOf(page, "[data-test=tile-devices]")).toContain("12");
    });
    await page.locator("[data-test=stale]").waitFor({ state: "detached", timeout: 60_000 });
  });

  it("goes on without a part that could not be loaded, and has it once the centre is back", async () => {
    let refused = 0;
    let isAway = true;
    const page = await screens.look({ path: "wall" });
    await page.waitForSelector("[data-test=trend-tests] canvas");
    await page.route("**/assets/HourChart*", async (route) => {
      if (!isAway) return route.continue();
      refused++;
      return route.abort();
    });
    await page.reload();
    await until(() => refused > 0, { what: "a part is refused", withinMs: 20_000 });
    await page.waitForSelector("[data-test=feed-open]");
    expect(await page.locator("[data-test=trend-tests] canvas").count()).toBe(0);
    expect(await textOf(page, "[data-test=tile-devices]")).toContain("12");
    isAway = false;
    screens.centre.breakStreams();
    await page.waitForSelector("[data-test=trend-tests] canvas");
  });

  it("loads the program that the centre has after an upgrade", async () => {
    const page = await screens.look({ path: "wall" });
    await page.waitForSelector("[data-test=feed-open]");
    let loaded = 0;
    page.on("load", () => loaded++);
    await page.route("**/wall", async (route) => {
      const answer = await route.fetch();
      if (loaded > 0) return route.fulfill({ response: answer });
      const body = (await answer.text()).replace(/wall-[\w-]+\.js/, "wall-upgraded.js");
      return route.fulfill({
        response: answer,
        body: loaded === 0 && route.request().isNavigationRequest() ? await answer.text() : body,
      });
    });
    screens.centre.breakStreams();
    await until(() => loaded === 1, { what: "the page is loaded again", withinMs: 20_000 });
    await page.waitForSelector("[data-test=feed-open]");
  });

  it("says that nothing needs anybody, and counts what does not fit", async () => {
    const { state } = screens.centre;
    state.today = { ...state.today, alerts: { asOf: state.today.asOf, firing: 0, acknowledged: 0, alerts: [] } };
    const page = await screens.look({ path: "wall", language: "en" });
    await says(page, "[data-test=wall-alerts]", "No alerts need attention.");
    const alerts = manyAlerts(100).map(({ alert }) => alert);
    state.today.alerts = { asOf: state.today.asOf, firing: 10_000, acknowledged: 0, alerts };
    screens.centre.send({ name: "changed", data: { at: state.today.asOf, parts: ["alerts"] } });
    await says(page, "[data-test=wall-alerts]", /9\s993 more/);
    expect(await page.locator("[data-test=wall-alert]").count()).toBe(7);
    expect(await page.evaluate("document.documentElement.scrollHeight - innerHeight")).toBeLessThanOrEqual(0);
  });

  it("goes through its scenes by keys and from afar, and into a site", async () => {
    const page = await screens.look({ path: "wall?name=hall" });
    await page.waitForSelector("[data-test=map-site]");
    await page.keyboard.press("2");
    await page.waitForSelector("[data-scene=tests]");
    const rows = await page.locator("[data-test=worst-item]").allInnerTexts();
    expect(rows[0]).toMatch(/豇豆\s+42\s+2\s+4\.8\s%/);
    expect(rows.find((row) => row.includes("韭菜"))).toMatch(/9\s+1\s+样本不足/);
    expect(await seriousFindings(page)).toEqual([]);
    await page.keyboard.press("ArrowRight");
    await page.waitForSelector("[data-scene=kitchens]");
    await says(page, "[data-test=camera]", "中心没有启用视频");
    const told = (act: WallAct) =>
      screens.centre.send({ name: "wall", data: { at: new Date(0).toISOString(), by: "wang.li", act } });
    told({ do: "scene", scene: 4 });
    await page.waitForSelector("[data-scene=devices] [data-test=plan] svg");
    expect(await seriousFindings(page)).toEqual([]);
    told({ do: "site", code: "songbai" });
    await says(page, "[data-scene=site] [data-test=site]", /松柏市场.*12\/13/s);
    await page.locator("[data-test=plan] .attention text", { hasText: "B04" }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollHeight - innerHeight")).toBeLessThanOrEqual(0);
    await page.keyboard.press("Escape");
    await page.waitForSelector("[data-scene=now] [data-test=turning-turning]");
    await page.keyboard.press(" ");
    await page.waitForSelector("[data-test=turning-held]");
    told({ do: "alert", id: "a1" });
    await page.locator("[data-test=wall-alert].chosen", { hasText: "韭菜" }).waitFor();
    expect(screens.centre.asked.some((asked) => asked.includes("/api/v1/events?records=none&wall=hall"))).toBe(true);
  });

  it("turns its scenes by itself, but stays with what is red", async () => {
    const { state } = screens.centre;
    const page = await screens.look({ path: "wall?rotate=5" });
    await page.waitForSelector("[data-test=feed-open]");
    await page.clock.install();
    await page.reload();
    await page.waitForSelector("[data-scene=now] [data-test=turning-turning]");
    await page.clock.runFor(6_000);
    await page.waitForSelector("[data-scene=tests]");
    const [red] = manyAlerts(1).map(({ alert }) => ({ ...alert, severity: "alarm" as const }));
    if (red === undefined || state.today.alerts === null) throw new Error("sample");
    state.today.alerts = { ...state.today.alerts, alerts: [red] };
    screens.centre.send({ name: "changed", data: { at: state.today.asOf, parts: ["alerts"] } });
    await page.waitForSelector("[data-scene=now] [data-test=turning-staying]");
  });

  it("says why it is empty: no map, no site, no camera, nothing tested", async () => {
    const { state, wall } = screens.centre;
    state.today = emptyDay();
    Object.assign(wall, { hasMap: false, cameras: false });
    const page = await screens.look({ path: "wall", language: "en" });
    await says(page, "[data-test=map]", "No map has been imported.");
    await says(page, "[data-test=wall]", "No site is registered in your area.");
    await page.keyboard.press("3");
    await says(page, "[data-test=scene-kitchens]", "No cameras connected");
    await page.keyboard.press("2");
    await says(page, "[data-test=scene-tests]", /No .*test.*today/);
    expect((await foreignTexts(page, "en")).filter((text) => !text.includes("中心"))).toEqual([]);
  });

  it("is told what to show from a telephone", async () => {
    const page = await screens.look({ path: "wall/remote", size: "phone" });
    await page.click("[data-test=remote-2]");
    await says(page, "[data-test=remote-told]", "已发送到 1 块大屏");
    await page.locator("[data-test=remote-alert]").first().click();
    await page.locator("[data-test=remote-site]").first().click();
    await until(() => screens.centre.wall.told.length === 3, { what: "all was sent", withinMs: 10_000 });
    expect(screens.centre.wall.told.map((text) => JSON.parse(text))).toMatchObject([
      { do: "scene", scene: 2 },
      { do: "alert", id: "a2" },
      { do: "site" },
    ]);
    expect(await lowTargets(page)).toEqual([]);
    expect(await sticksOutPx(page)).toBeLessThanOrEqual(0);
    expect(await seriousFindings(page)).toEqual([]);
  });
});
