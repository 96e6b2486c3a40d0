import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { repositoryRoot } from "../../src/harness/repository.ts";
import { needs } from "../../src/harness/requirements.ts";
import { until } from "../../src/harness/until.ts";
import { launchBrowser, openPage, type WatchedPage } from "../screens/browser.ts";
import { cameraPassword, type Kitchen, openKitchen, watcher } from "./kitchen.ts";
import { noteClock } from "./watching.ts";

const tools = needs("chromium", "ffmpeg");
const withinMs = 30_000;

/** Transcoders below a process. */
const transcodersOf = (pid: number): string[] =>
  readdirSync("/proc").filter((name) => {
    try {
      const parent = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${name}/status`, "utf8"))?.[1];
      return parent === `${pid}` && readFileSync(`/proc/${name}/cmdline`, "utf8").includes("mpeg1video");
    } catch {
      return false;
    }
  });

describe.skipIf(tools.skip)(tools.title("pages of cameras"), () => {
  let kitchen: Kitchen;
  let browser: Browser;
  let desk: WatchedPage;
  let page: Page;

  const tile = (channel: string) => page.locator(`[data-channel="${channel}"] [data-test=camera-tile]`);
  const shows = (channel: string, state: string, showing?: string): Promise<void> =>
    tile(channel)
      .and(page.locator(`[data-state="${state}"]${showing === undefined ? "" : `[data-showing="${showing}"]`}`))
      .waitFor({ timeout: withinMs });
  const isSeen = (channel: string): Promise<boolean> =>
    page.evaluate(
      `getComputedStyle(document.querySelector('[data-channel="${channel}"] video')).visibility === "visible"`,
    ) as Promise<boolean>;
  const watch = (channel: string): Promise<void> =>
    page.locator(`[data-channel="${channel}"] footer button`).first().click();

  beforeAll(async () => {
    expect(existsSync(join(repositoryRoot, "dashboards/screens/dist/kitchens.html")), "npm run build").toBe(true);
    kitchen = await openKitchen({
      gw: "kitchen-pages",
      cameras: {
        "kitchen-1": {},
        "kitchen-h265": { sees: "kitchen-h265-640x360" },
        old: { channel: { compatibility: "node-rtsp-stream" } },
      },
    });
    browser = await launchBrowser();
    const { host, port } = kitchen.centre.addresses.https;
    desk = await openPage(browser, { url: `https://${host}:${port}/cameras`, language: "en", size: "desk" });
    ({ page } = desk);
    await page.fill("input[autocomplete=username]", watcher.user);
    await page.fill("input[type=password]", watcher.password);
    await page.keyboard.press("Enter");
    await page.locator("[data-test=camera-card]").nth(2).waitFor({ timeout: withinMs });
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await kitchen?.close();
  }, 30_000);

  it("show what happens now, by the clock that is burnt into the picture, and say in which form", async () => {
    await watch("kitchen-1");
    await watch("kitchen-h265");
    await shows("kitchen-1", "live", "sub");
    await page.evaluate(noteClock);
    await page.evaluate(`window.noteClock(document.querySelector('[data-channel="kitchen-1"] video'))`);
    const numbers = new Set<number>();
    await until(
      async () => {
        const seen = (await page.evaluate("window.seen.splice(0)")) as { number: number }[];
        for (const { number } of seen) numbers.add(number);
        return numbers.size > 20;
      },
      { what: "pictures that differ", withinMs },
    );
    // Debian's Chromium has no H.265: pictures of key frames, and the tile says so.
    await shows("kitchen-h265", "live", "pictures");
    expect(await tile("kitchen-h265").textContent()).toContain("key-frame pictures (this browser cannot play");
    expect(await tile("kitchen-1").textContent()).toContain("main stream");
  }, 60_000);

  it("show no frozen picture as live, and come back", async () => {
    kitchen.camera("kitchen-1").fault("stall");
    await until(async () => !(await isSeen("kitchen-1")), { what: "the tile is blank", withinMs });
    expect(await tile("kitchen-1").getAttribute("data-state")).not.toBe("live");
    kitchen.camera("kitchen-1").fault("none");
    await shows("kitchen-1", "live");
    await until(() => isSeen("kitchen-1"), { what: "the picture is back", withinMs });
  }, 60_000);

  it("play MPEG-1 of a camera that is configured for it where nothing else plays, and leave no process", async () => {
    const old = await browser.newContext({ storageState: await desk.context.storageState(), ignoreHTTPSErrors: true });
    await old.addInitScript("delete globalThis.MediaSource; delete globalThis.ManagedMediaSource;");
    const other = await old.newPage();
    await other.goto(page.url());
    await other.locator('[data-channel="old"] footer button').first().click();
    await other
      .locator('[data-channel="old"] [data-test=camera-tile][data-state=live][data-showing=compatible]')
      .waitFor({ timeout: withinMs });
    const isDrawn = `(() => {
      const canvas = document.querySelector('[data-channel="old"] canvas');
      const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
      return canvas.width >= 640 && new Set(pixels).size > 20;
    })()`;
    await until(() => other.evaluate(isDrawn) as Promise<boolean>, { what: "a picture is drawn", withinMs });
    expect(kitchen.camera("old").sessions.most).toBe(1);
    expect(transcodersOf(kitchen.cameraPid())).toHaveLength(1);
    await old.close();
    await until(() => transcodersOf(kitchen.cameraPid()).length === 0, { what: "the transcoder is gone", withinMs });
  }, 60_000);

  it("shut everybody out from the page of the camera within a second", async () => {
    await page.locator('[data-channel="kitchen-1"] header a').click();
    await page.locator(".acts button.strong").click();
    await page.locator("[data-test=camera-tile][data-state=live]").waitFor({ timeout: withinMs });
    await page.locator("[data-test=viewing] input[value=off]").check();
    await Promise.all([
      page.locator("[data-test=viewing] button[type=submit]").click(),
      page.locator("[data-test=camera-tile][data-state=ended]").waitFor({ timeout: 1_500 }),
    ]);
    expect(await page.locator("[data-test=camera-tile]").textContent()).toContain("switched off");
    expect(desk.complaints).toEqual([]);
  }, 60_000);

  it("set a camera up at the gateway: what is wrong in plain words, then a picture, then the configuration", async () => {
    const context = await browser.newContext({ locale: "en-GB" });
    const setup = await context.newPage();
    const answer = await context.request.post(`${kitchen.webUrl}/setup/session`, {
      data: { code: await kitchen.setupCode() },
    });
    expect(answer.ok()).toBe(true);
    await setup.goto(`${kitchen.webUrl}/?lang=en`);
    const section = setup.locator("[data-test=cameras]");
    await section.getByText("Add by address").click();
    const try_ = async (address: string, password: string): Promise<string | null> => {
      await setup.fill("[name=camera-address]", address);
      await setup.fill("[name=camera-password]", password);
      await setup.locator("[data-test=test-camera]").click();
      const result = section.locator("[data-test=camera-result] .wrong, [data-test=camera-result] .right");
      await result.waitFor({ timeout: withinMs });
      const about = (await result.getAttribute("data-about")) ?? (await result.textContent());
      return about;
    };
    const { address } = kitchen.camera("old");
    expect(await try_(address, "wrong")).toBe("password");
    expect(await try_(address.replace("/live", "/nothing"), cameraPassword)).toBe("path");
    expect(await try_("rtsp://192.0.2.7/live", cameraPassword)).toBe("address");
    expect(await try_(address, cameraPassword)).toContain("A picture came: avc1");
    await setup.fill("[name=camera-id]", "kitchen-new");
    await setup.fill("[name=camera-password]", cameraPassword);
    await setup.locator("[data-test=save-camera]").click();
    await section.locator("[data-test=channel]", { hasText: "kitchen-new" }).waitFor({ timeout: withinMs });
    const text = await kitchen.gateway.command("camera", "test", "kitchen-new", "--config", kitchen.gateway.configFile);
    expect(text).toMatch(/avc1|有画面/);
    await context.close();
  }, 90_000);
});
