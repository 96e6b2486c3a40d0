import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { MarketView } from "@mingcheng/protocols";
import { repositoryRoot } from "../../src/harness/repository.ts";
import { launchBrowser, openPage, type PageSetup } from "../screens/browser.ts";
import { FixtureMarket, sampleMarket } from "./fixture-market.ts";

// Takes the pictures of the market's screen in docs/screens again:
// `node device-sims/dist/e2e/market/pictures-entry.js [directory]`.
const directory = process.argv[2] ?? join(repositoryRoot, "docs/screens");
mkdirSync(directory, { recursive: true });

const market = new FixtureMarket();
const url = await market.start();
const browser = await launchBrowser();

const take = async (
  name: string,
  setup: Omit<PageSetup, "url">,
  view: Partial<MarketView>,
  pass?: string,
): Promise<void> => {
  market.view = { ...sampleMarket(), ...view };
  const { page, context } = await openPage(browser, { ...setup, url });
  await page.waitForSelector("[data-test=market]");
  if (pass !== undefined) {
    market.view = null;
    await page.clock.install();
    await page.clock.fastForward(pass);
  }
  await page.waitForTimeout(300);
  await page.screenshot({ path: join(directory, `${name}.png`) });
  await context.close();
};

try {
  await take("market-landscape", { language: "zh", size: "desk" }, {});
  await take("market-portrait", { language: "zh", size: "portrait" }, { cameras: ["kitchen-1"] });
  await take("market-english", { language: "en", size: "portrait" }, {});
  await take(
    "market-clock",
    { language: "zh", size: "desk" },
    {
      ...{ at: "1970-01-01T08:03:00.000+08:00", day: "1970-01-01", clock: { trusted: false }, undated: 3 },
      ...{ items: [], stalls: [], totals: { tests: 0, positive: 0, suspect: 0, negative: 0, invalid: 0, none: 0 } },
    },
  );
} finally {
  await browser.close();
  await market.stop();
}
