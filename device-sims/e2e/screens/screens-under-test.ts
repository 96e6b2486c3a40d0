import { existsSync } from "node:fs";
import { join } from "node:path";
import axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import { repositoryRoot } from "../../src/harness/repository.ts";
import { launchBrowser, openPage, type PageSetup, type WatchedPage } from "./browser.ts";
import { FixtureCentre, type FixtureState } from "./fixture-centre.ts";
import { sampleAlerts, sampleSilences } from "./sample-alerts.ts";
import { sampleAccount, sampleDay } from "./sample-day.ts";

/** What a page is opened with: its address under the centre's. */
export interface Looked extends Partial<Omit<PageSetup, "url">> {
  readonly path?: string;
}

/** An ordinary day, seen by an inspector. */
const ordinaryState = (): FixtureState => ({
  ...{ account: structuredClone(sampleAccount), password: "one-time", today: sampleDay(), failure: null, dead: false },
  alerts: { details: sampleAlerts(), silences: sampleSilences(), pictures: new Map() },
});

/** The built screens in a browser, on a centre made of answers that is new for every test. */
export class ScreensUnderTest {
  readonly #open: WatchedPage[] = [];
  #browser: Browser | undefined;
  #url = "";
  centre = new FixtureCentre(ordinaryState());

  /** Before all tests. @throws Error when the screens are not built */
  async launch(): Promise<void> {
    if (!existsSync(join(repositoryRoot, "dashboards/screens/dist/phone.html"))) throw new Error("npm run build");
    this.#browser = await launchBrowser();
  }

  /** After all tests. */
  async close(): Promise<void> {
    await this.#browser?.close();
  }

  /** Before each test. */
  async start(): Promise<void> {
    this.centre = new FixtureCentre(ordinaryState());
    this.#url = await this.centre.start();
  }

  /** Cuts the way to the centre for `body`, as a dead network does: nobody listens. */
  async cutOff(body: () => Promise<void>): Promise<void> {
    await this.centre.stop();
    await body();
    await this.centre.start(Number(new URL(this.#url).port));
  }

  /** After each test. Returns what pages complained about: nothing may have broken the policy, thrown, or been refused. */
  async stop(): Promise<string[]> {
    const pages = this.#open.splice(0);
    for (const { context } of pages) await context.close();
    await this.centre.stop();
    return pages.flatMap(({ complaints }) => complaints);
  }

  async look({ path = "", ...setup }: Looked = {}): Promise<Page> {
    if (this.#browser === undefined) throw new Error("not launched");
    const asked = { language: "zh", size: "desk", ...setup, url: `${this.#url}${path}` } as const;
    const watched = await openPage(this.#browser, asked);
    this.#open.push(watched);
    return watched.page;
  }
}

/** Waits until a part of the page says something. */
export const says = (page: Page, selector: string, text: string | RegExp): Promise<void> =>
  page.locator(selector).filter({ hasText: text }).first().waitFor();

/** What a part of the page says. */
export const textOf = async (page: Page, selector: string): Promise<string> =>
  (await page.locator(selector).first().textContent()) ?? "";

/** How far the page sticks out at the side, in pixels. */
export const sticksOutPx = (page: Page): Promise<number> =>
  page.evaluate("document.documentElement.scrollWidth - innerWidth") as Promise<number>;

/** Everything that is to be pressed and is lower than a thumb needs. */
export const lowTargets = (page: Page): Promise<string[]> =>
  page.evaluate(
    `[...document.querySelectorAll("button.button, select, input.field, textarea, .card")]
      .filter((part) => part.getBoundingClientRect().height < 44 && part.getClientRects().length > 0)
      .map((part) => part.outerHTML.slice(0, 80))`,
  ) as Promise<string[]>;

/** What keeps people out who read otherwise: findings of axe-core that are serious or worse. */
export const seriousFindings = async (page: Page): Promise<string[]> => {
  if ((await page.evaluate("typeof axe")) === "undefined") await page.evaluate(axe.source);
  const { violations } = (await page.evaluate("axe.run({ resultTypes: ['violations'] })")) as axe.AxeResults;
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary ?? ""}`));
};

/** Texts of the page itself that are in the other language; names of markets and goods are as they are. */
export const foreignTexts = async (page: Page, language: "zh" | "en"): Promise<string[]> => {
  const own = await page.locator("h1, h2, th, dt, button, label > span, nav a").allInnerTexts();
  const foreign = language === "zh" ? /[A-Za-z]{4,}/ : /\p{Script=Han}/u;
  const kept = ["English", "中文"];
  return own.filter((text) => foreign.test(text) && !kept.includes(text.trim())).sort();
};
