import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { openPage, type WatchedPage } from "../screens/browser.ts";
import { type Kitchen, watcher } from "./kitchen.ts";

const withinMs = 30_000;

/** What a browser keeps of a user who has signed in. */
export type SignedIn = Awaited<ReturnType<BrowserContext["storageState"]>>;

/** The desk's page of cameras, as an officer has it open. */
export interface CameraDesk extends WatchedPage {
  readonly tile: (channel: string) => Locator;
  /** Waits until a tile is in a state; `showing`: and plays in that form. */
  readonly shows: (channel: string, state: string, showing?: string) => Promise<void>;
  /** Whether the moving picture itself is to be seen. */
  readonly isSeen: (channel: string) => Promise<boolean>;
  /** Begins to watch. */
  readonly watch: (channel: string) => Promise<void>;
}

/** Address of the page. */
export const deskUrl = ({ centre }: Kitchen): string => {
  const { host, port } = centre.addresses.https;
  return `https://${host}:${port}/cameras`;
};

/** Signs in at the desk as people do. */
export const signInAtDesk = async (browser: Browser, kitchen: Kitchen): Promise<SignedIn> => {
  const { page, context } = await openPage(browser, { url: deskUrl(kitchen), language: "en", size: "desk" });
  await page.fill("input[autocomplete=username]", watcher.user);
  await page.fill("input[type=password]", watcher.password);
  await page.keyboard.press("Enter");
  await page.locator("[data-test=camera-card]").first().waitFor({ timeout: withinMs });
  const state = await context.storageState();
  await context.close();
  return state;
};

/** Opens the page of cameras in English, in a context of its own, and waits for every camera of the kitchen. */
export const openCameraDesk = async (browser: Browser, kitchen: Kitchen, state: SignedIn): Promise<CameraDesk> => {
  const setup = { url: deskUrl(kitchen), language: "en", size: "desk", state } as const;
  const opened = await openPage(browser, setup);
  const page: Page = opened.page;
  await page.locator("[data-test=camera-card]").nth(4).waitFor({ timeout: withinMs });
  const tile = (channel: string): Locator => page.locator(`[data-channel="${channel}"] [data-test=camera-tile]`);
  return {
    ...opened,
    tile,
    shows: (channel, state, showing) =>
      tile(channel)
        .and(page.locator(`[data-state="${state}"]${showing === undefined ? "" : `[data-showing="${showing}"]`}`))
        .waitFor({ timeout: withinMs }),
    isSeen: (channel) =>
      page.evaluate(
        `getComputedStyle(document.querySelector('[data-channel="${channel}"] video')).visibility === "visible"`,
      ),
    watch: (channel) => page.locator(`[data-channel="${channel}"] footer button`).first().click(),
  };
};
