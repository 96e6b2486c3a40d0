import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { needs } from "../../src/harness/requirements.ts";
import { until } from "../../src/harness/until.ts";
import { launchBrowser } from "../screens/browser.ts";
import { type Kitchen, openKitchen, watcher } from "./kitchen.ts";
import { watchOnTheSpot, watchThroughCentre } from "./watching.ts";

const tools = needs("chromium");
const withinMs = 20_000;

describe.skipIf(tools.skip)(tools.title("cameras"), () => {
  let kitchen: Kitchen;
  let browser: Browser;

  beforeAll(async () => {
    kitchen = await openKitchen({ gw: "kitchen-songbai", cameras: { "kitchen-1": { starts: "mid" } } });
    browser = await launchBrowser();
  }, 90_000);
  afterAll(async () => {
    await browser?.close();
    await kitchen?.close();
  }, 30_000);

  it("are watched through the centre", async () => {
    const watching = await watchThroughCentre(browser, kitchen, { channel: "kitchen-1", login: watcher });
    const pictures: number[] = [];
    await until(
      async () => {
        pictures.push(...(await watching.seen()).map(({ number }) => number));
        return new Set(pictures).size > 30;
      },
      {
        what: "thirty pictures",
        withinMs,
        detail: () => `${pictures.join(" ")}\n${kitchen.gateway.program.output().slice(-2000)}`,
      },
    );
    expect(await watching.state()).toBe("live");
    await watching.context.close();
  }, 40_000);

  it("are watched on the spot", async () => {
    const watching = await watchOnTheSpot(browser, kitchen, "kitchen-1");
    const pictures: number[] = [];
    await until(
      async () => {
        pictures.push(...(await watching.seen()).map(({ number }) => number));
        return new Set(pictures).size > 30;
      },
      { what: "thirty pictures", withinMs, detail: () => pictures.join(" ") },
    );
    await watching.context.close();
  }, 40_000);
});
