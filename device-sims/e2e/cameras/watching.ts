import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { readClock } from "../../src/cameras/burnt-clock.ts";
import { repositoryRoot } from "../../src/harness/repository.ts";
import { until } from "../../src/harness/until.ts";
import { gw, type Kitchen } from "./kitchen.ts";

/** What a picture on the screen showed, and when the browser drew it (milliseconds since 1970). */
export interface SeenPicture {
  readonly number: number;
  readonly atMs: number;
  readonly widthPx: number;
}

/** A page that watches. */
export interface Watching {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Every picture that was drawn since the last call, by the clock that is burnt into it. */
  readonly seen: () => Promise<readonly SeenPicture[]>;
  /** State of the tile: `live`, `stale`, … */
  state(): Promise<string>;
}

/** Source for the page: notes each picture that the video really draws. */
export const noteClock = `
  const readClock = ${readClock.toString()};
  window.noteClock = (video) => {
    window.seen = [];
    const canvas = document.createElement("canvas");
    const context = canvas.getContext("2d", { willReadFrequently: true });
    const look = () => {
      const side = Math.max(1, Math.floor(video.videoWidth / 40));
      canvas.width = video.videoWidth;
      canvas.height = side;
      context.drawImage(video, 0, 0, video.videoWidth, side, 0, 0, video.videoWidth, side);
      const number = readClock(context.getImageData(0, 0, canvas.width, side).data, canvas.width);
      if (number !== null) {
        window.seen.push({ number, atMs: performance.timeOrigin + performance.now(), widthPx: video.videoWidth });
      }
      video.requestVideoFrameCallback(look);
    };
    video.requestVideoFrameCallback(look);
  };`;

/** Every picture that the noted video of a page has drawn since the last call. */
export const seenOn = (page: Page): Promise<readonly SeenPicture[]> => page.evaluate("window.seen.splice(0)");

/** Waits until more than so many different pictures were drawn; `detail`: what else to say when they do not come. */
export const seeDifferent = async (
  seen: () => Promise<readonly SeenPicture[]>,
  count: number,
  detail: () => string = () => "",
): Promise<void> => {
  const numbers: number[] = [];
  const enough = async (): Promise<boolean> => {
    numbers.push(...(await seen()).map(({ number }) => number));
    return new Set(numbers).size > count;
  };
  await until(enough, {
    ...{ what: `${count} pictures that differ`, withinMs: 30_000 },
    detail: () => `${numbers.join(" ")}\n${detail()}`,
  });
};

const watchedBy = (page: Page, context: BrowserContext): Watching => ({
  page,
  context,
  seen: () => seenOn(page),
  state: () => page.evaluate("window.state ?? document.querySelector('.camera')?.dataset.state ?? ''"),
});

const playerFile = (name: string): string => readFileSync(join(repositoryRoot, "dashboards/player/dist", name), "utf8");

/** Begins to watch through the centre, signed in as `login`; the page itself is a bare one with the product's player. */
export const watchThroughCentre = async (
  browser: Browser,
  kitchen: Kitchen,
  {
    channel,
    login,
  }: { readonly channel: string; readonly login: { readonly user: string; readonly password: string } },
): Promise<Watching> => {
  const { host, port } = kitchen.centre.addresses.https;
  const origin = `https://${host}:${port}`;
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const page = await context.newPage();
  await page.route(`${origin}/test/**`, (route) => {
    const name = new URL(route.request().url()).pathname.slice("/test/".length);
    return route.fulfill({ contentType: "text/javascript", body: playerFile(name) });
  });
  // A page that the centre itself serves, so that its own policy and the browser's are in force.
  await page.goto(`${origin}/api/v1/openapi.json`);
  await page.evaluate("document.body.innerHTML = '<video id=v muted></video>'");
  await page.evaluate(noteClock);
  await page.evaluate(`(async () => {
    const post = async (path, body) => {
      const answer = await fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
      if (!answer.ok) throw new Error(path + " " + answer.status + " " + (await answer.text()));
      return answer.json();
    };
    const { Player } = await import("/test/player.js");
    await post("/api/v1/login", ${JSON.stringify(login)});
    const ask = () => post("/api/v1/cameras/view-tokens", {
      gw: ${JSON.stringify(gw)}, channel: ${JSON.stringify(channel)}, quality: "main", why: "test" });
    window.clickedMs = performance.timeOrigin + performance.now();
    const first = await ask();
    const video = document.getElementById("v");
    window.noteClock(video);
    let kept = first.token;
    window.player = new Player("wss://" + location.hostname + ":" + first.port + "/media/watch");
    window.shown = window.player.show({
      video,
      token: async () => { const token = kept ?? (await ask()).token; kept = undefined; return token; },
      onState: ({ state, reason }) => { window.state = state; window.reason = reason; },
    });
  })()`);
  return watchedBy(page, context);
};

/** Begins to watch on the spot: the gateway's own page, opened with a set-up code. */
export const watchOnTheSpot = async (browser: Browser, kitchen: Kitchen, channel: string): Promise<Watching> => {
  const context = await browser.newContext({ locale: "en-GB" });
  const page = await context.newPage();
  const code = await kitchen.setupCode();
  const answer = await context.request.post(`${kitchen.webUrl}/setup/session`, { data: { code } });
  if (!answer.ok()) throw new Error(`the set-up page refused the code: ${answer.status()}`);
  await page.goto(kitchen.viewUrl);
  await page.evaluate(noteClock);
  const card = page.locator(`[data-channel="${channel}"]`);
  await card.waitFor();
  await page.evaluate(`window.noteClock(document.querySelector('[data-channel="${channel}"] video'))`);
  await card.locator("button.watch").click();
  return watchedBy(page, context);
};
