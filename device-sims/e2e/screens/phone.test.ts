import { gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { needs } from "../../src/harness/requirements.ts";
import { until } from "../../src/harness/until.ts";
import { errorOf } from "./errors-of.ts";
import { sampleAccount } from "./sample-day.ts";
import { ScreensUnderTest, says, seriousFindings, sticksOutPx, textOf } from "./screens-under-test.ts";

const needed = needs("chromium");

/** A picture of one pixel. */
const pixel = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==",
  "base64",
);
const picture = { name: "spot.png", mimeType: "image/png", buffer: pixel };

describe.skipIf(needed.skip)(needed.title("the inspector's phone, in a browser"), () => {
  const screens = new ScreensUnderTest();
  beforeAll(() => screens.launch());
  afterAll(() => screens.close());
  beforeEach(() => screens.start());
  afterEach(async () => expect(await screens.stop()).toEqual([]));

  const sent = (what: string): string[] =>
    screens.centre.asked.filter((request) => request.startsWith("POST") && request.includes(what));
  const isKept = (page: Page): Promise<unknown> =>
    until(
      () =>
        page.evaluate(
          "navigator.serviceWorker.controller !== null && caches.match('/m').then((kept) => kept !== undefined)",
        ) as Promise<boolean>,
      {
        what: "the program is kept",
        withinMs: 20_000,
      },
    );

  it("sends a picture of the spot, hashed where it was taken, and shows it in what happened", async () => {
    const page = await screens.look({ size: "phone", path: "a/a4" });
    await page.waitForSelector("[data-test=take-picture]");
    await page.setInputFiles("input[name=picture]", picture);
    await says(page, "[data-test=timeline]", "上传现场照片");
    await until(
      async () => (await page.evaluate("document.querySelector('[data-test=timeline] img')?.naturalWidth")) === 1,
      { what: "the picture is there", withinMs: 10_000 },
    );
    const [digest] = screens.centre.state.alerts?.pictures.keys() ?? [];
    expect(sent("pictures")).toEqual([expect.stringContaining(`sha256=${digest}`)]);
    expect(await textOf(page, "[data-test=timeline]")).toContain(digest);
    expect(await seriousFindings(page)).toEqual([]);
  });

  it("opens without the centre, keeps what is done there, and tells it once when the centre is back", async () => {
    const page = await screens.look({ size: "phone", path: "m" });
    await page.waitForSelector("[data-test=card]");
    await isKept(page);
    await page.click("[data-test=card]");
    await says(page, "[data-test=alert-head]", "A12 摊韭菜");
    await screens.cutOff(async () => {
      await page.reload();
      await says(page, "[data-test=alert-head]", "A12 摊韭菜");
      await says(page, "[data-test=stale]", "现在连接不上中心");
      await page.setInputFiles("input[name=picture]", picture);
      await page.click("[data-test=act-handle]");
      await page.fill("textarea[name=result]", "已停售并封存 5.4 kg");
      await page.click("form button[type=submit]");
      await says(page, "[data-test=act-note]", "已保存在手机中");
      await says(page, "[data-test=waiting]", "待提交 2 项");
      expect(await sticksOutPx(page)).toBeLessThanOrEqual(0);
      // Closed and opened again without the centre, it is all still there.
      await page.goto(new URL("/m", page.url()).href);
      await says(page, "[data-test=waiting]", "待提交 2 项");
      await says(page, "[data-test=card]", "A12 摊韭菜");
    });
    await page.evaluate("dispatchEvent(new Event('online'))");
    await page.locator("[data-test=waiting]").waitFor({ state: "detached" });
    expect(sent("pictures")).toHaveLength(1);
    expect(sent("/handle")).toEqual(['POST /api/v1/alerts/a4/handle {"result":"已停售并封存 5.4 kg"}']);
    await page.evaluate("dispatchEvent(new Event('online'))");
    await page.reload();
    await page.waitForSelector("[data-test=feed-open]");
    expect(sent("pictures")).toHaveLength(1);
    expect(sent("/handle")).toHaveLength(1);
  });

  it("sends a picture again whose answer was lost, and it is kept once; what is refused stays until it is removed", async () => {
    const page = await screens.look({ size: "phone", language: "en", path: "a/a4" });
    await page.waitForSelector("[data-test=take-picture]");
    let lost = 0;
    await page.route("**/pictures?**", async (route) => {
      await route.fetch();
      lost++;
      await route.abort();
    });
    await page.setInputFiles("input[name=picture]", picture);
    await until(() => lost === 1, { what: "its answer is lost", withinMs: 10_000 });
    await says(page, "[data-test=waiting]", "1 to be sent");
    await page.unroute("**/pictures?**");
    await page.evaluate("dispatchEvent(new Event('online'))");
    await page.locator("[data-test=waiting]").waitFor({ state: "detached" });
    expect(sent("pictures")).toHaveLength(2);
    expect(screens.centre.state.alerts?.pictures.size).toBe(1);
    const json = errorOf("INPUT_INVALID");
    await page.route("**/pictures?**", (route) => route.fulfill({ status: 400, json }));
    await page.setInputFiles("input[name=picture]", picture);
    await says(page, "[data-test=waiting]", "Not taken (INPUT_INVALID)");
    await page.click("[data-test=waiting] button");
    await page.locator("[data-test=waiting]").waitFor({ state: "detached" });
  });

  it("keeps nothing of the centre once somebody signed out", async () => {
    const page = await screens.look({ size: "phone", path: "m" });
    await page.waitForSelector("[data-test=card]");
    await isKept(page);
    await page.click("[data-test=leave]");
    await page.waitForSelector("input[name=password]");
    await screens.cutOff(async () => {
      await page.reload();
      await says(page, "[data-test=problem]", "连接不上中心");
      expect(await page.locator("[data-test=card]").count()).toBe(0);
    });
  });

  it("says who was first of two, where one had no network when pressing, until it is seen", async () => {
    const page = await screens.look({ size: "phone", path: "a/a4" });
    await page.waitForSelector("[data-test=act-acknowledge]");
    const detail = screens.centre.state.alerts?.details.find(({ alert }) => alert.id === "a4");
    if (detail === undefined) throw new Error("sample");
    await page.context().setOffline(true);
    await page.click("[data-test=act-acknowledge]");
    await says(page, "[data-test=waiting]", "待提交 1 项");
    await page.click("[data-test=act-handle]");
    await page.fill("textarea[name=result]", "已停售");
    await page.click("form button[type=submit]");
    await says(page, "[data-test=waiting]", "待提交 2 项");
    // Somebody takes it over, handles and closes it meanwhile.
    const by = { by: "zhao.min", name: "赵敏", at: "2026-11-23T06:05:00.000Z" };
    detail.alert.acknowledged = by;
    Object.assign(detail.alert, { state: "closed", endedAt: by.at });
    detail.people = { "zhao.min": "赵敏" };
    detail.history.push({
      ...{ at: by.at, from: "handled", to: "closed", reason: "closed", actor: by.by, lsn: null, detail: {} },
    });
    const json = errorOf("INPUT_INVALID");
    await page.route("**/handle", (route) => route.fulfill({ status: 400, json }));
    await page.context().setOffline(false);
    await page.evaluate("dispatchEvent(new Event('online'))");
    await says(page, "[data-test=outdone]", /“签收”没有生效：赵敏 已于 .*14:05 先行办理/);
    await says(page, "[data-test=outdone]", /“处置”没有生效：预警已于 .*14:05 由 赵敏 结束/);
    await page.goto(new URL("/m", page.url()).href);
    await says(page, "[data-test=outdone]", "赵敏");
    expect(await sticksOutPx(page)).toBeLessThanOrEqual(0);
    expect(await seriousFindings(page)).toEqual([]);
    for (let left = 2; left > 0; left--) await page.locator("[data-test=outdone] button").first().click();
    await page.locator("[data-test=outdone]").waitFor({ state: "detached" });
    await page.reload();
    await page.waitForSelector("[data-test=card]");
    expect(await page.locator("[data-test=outdone]").count()).toBe(0);
  });

  it("says so, too, where the officer said something else from another phone; what was only answered in vain is gone", async () => {
    const page = await screens.look({ size: "phone", path: "a/a4" });
    const detail = screens.centre.state.alerts?.details.find(({ alert }) => alert.id === "a4");
    if (detail === undefined) throw new Error("sample");
    await page.waitForSelector("[data-test=act-handle]");
    await page.context().setOffline(true);
    for (const result of ["已停售", "已封存 5.4 kg"]) {
      await page.click("[data-test=act-handle]");
      await page.fill("textarea[name=result]", result);
      await page.click("form button[type=submit]");
      await says(page, "[data-test=waiting]", result === "已停售" ? "待提交 1 项" : "待提交 2 项");
    }
    const at = "2026-11-23T06:05:00.000Z";
    const by = { by: sampleAccount.user, name: "王丽", at };
    detail.alert.acknowledged = by;
    detail.alert.state = "handled";
    detail.history.push({
      ...{ at, from: "firing", to: "handled", reason: "handled", actor: by.by, lsn: null },
      detail: { result: "已停售" },
    });
    await page.context().setOffline(false);
    await page.evaluate("dispatchEvent(new Event('online'))");
    await page.locator("[data-test=waiting]").waitFor({ state: "detached" });
    await says(page, "[data-test=outdone]", /“处置”没有生效：王丽 已于 .*14:05 先行办理/);
    expect(await page.locator("[data-test=outdone]").count()).toBe(1);
  });

  it("loads less than 150 KB on any of its pages, before video", async () => {
    const page = await screens.look({ size: "phone", path: "m" });
    await page.waitForSelector("[data-test=card]");
    await page.click("[data-test=card]");
    await page.waitForSelector("[data-test=alert-head]");
    await page.click("[data-test=to-site]");
    await page.waitForSelector("[data-test=site-devices]");
    const files = (await page.evaluate(
      "performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => name.includes('/assets/'))",
    )) as string[];
    expect(files.length).toBeGreaterThan(2);
    // Nothing of the player comes before somebody asks for a picture.
    expect(files.filter((file) => /player|CameraTile/.test(file))).toEqual([]);
    const sizes = await Promise.all(
      [page.url(), ...new Set(files)].map(
        async (file) => gzipSync(Buffer.from(await (await fetch(file)).arrayBuffer())).byteLength,
      ),
    );
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(150 * 1024);
    // The picture stands where it was asked for, and says why there is none.
    await page.click("[data-test=site-cameras] button");
    await says(page, "[data-test=camera]", "中心没有启用视频");
    expect(await sticksOutPx(page)).toBeLessThanOrEqual(0);
  });
});
