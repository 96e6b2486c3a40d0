import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { needs } from "../../src/harness/requirements.ts";
import { until } from "../../src/harness/until.ts";
import { manyAlerts } from "./sample-alerts.ts";
import { foreignTexts, ScreensUnderTest, says, seriousFindings, sticksOutPx, textOf } from "./screens-under-test.ts";

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

  it.each([
    ["zh", "desk", 1],
    ["en", "wall4k", 2],
  ] as const)(
    "shows what needs a person first, in %s on a %s, in six sizes none of which is small",
    async (language, size, scale) => {
      const page = await screens.look({ language, size, path: "wall" });
      await page.locator("[data-test=trend-tests] canvas").waitFor();
      const rows = await page.locator("[data-test=wall-alert]").allInnerTexts();
      expect(rows[0]).toContain("scale-b04");
      expect(rows).toHaveLength(3);
      expect(await textOf(page, "[data-test=tile-devices]")).toMatch(/12\s*\/14.*85\.7\s%/s);
      expect(await textOf(page, "[data-test=tile-tests]")).toContain(language === "zh" ? "截至 14:05" : "as of 14:05");
      expect(await sticksOutPx(page)).toBeLessThanOrEqual(0);
      expect(await page.evaluate("document.documentElement.scrollHeight - innerHeight")).toBeLessThanOrEqual(0);
      const sizes = await fontSizes(page);
      expect(sizes[0]).toBeGreaterThanOrEqual(18 * scale);
      expect(sizes.length).toBeLessThanOrEqual(6);
      expect(await foreignTexts(page, language)).toEqual([]);
      expect(await seriousFindings(page)).toEqual([]);
      await page.locator("[data-test=wall-alert] a").first().click();
      await says(page, "[data-test=alert-head]", "scale-b04");
    },
  );

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
});
