import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "../../src/harness/repository.ts";
import { launchBrowser, openPage, type PageSetup } from "./browser.ts";
import { FixtureCentre } from "./fixture-centre.ts";
import { sampleAccount, sampleDay } from "./sample-day.ts";

// Takes the pictures of docs/screens again: `node device-sims/dist/e2e/screens/pictures-entry.js [directory]`.
const directory = process.argv[2] ?? join(repositoryRoot, "docs/screens");
mkdirSync(directory, { recursive: true });

const centre = new FixtureCentre({
  ...{ account: sampleAccount, password: "pass", today: sampleDay(), failure: null, dead: false },
});
const url = await centre.start();
const browser = await launchBrowser();

const rest = { mode: "net", stable: "reported-unstable", tare: null, overload: false, underload: false } as const;
const showLive = (): void => {
  for (const [dev, value] of [
    ["scale-a01", "1.285"],
    ["scale-a04", "0.640"],
  ] as const) {
    const at = new Date().toISOString();
    centre.send({ name: "live", data: { gw: "market-songbai", dev, at, value, unit: "kg", ...rest } });
  }
};

const take = async (
  name: string,
  { path = "", ...setup }: Omit<PageSetup, "url"> & { path?: string },
  ready: string,
): Promise<void> => {
  const { page, context } = await openPage(browser, { ...setup, url: `${url}${path}` });
  await page.waitForSelector(ready);
  showLive();
  await page.waitForTimeout(400);
  await page.screenshot({ path: join(directory, `${name}.png`) });
  await context.close();
};

try {
  await take("today-desk", { language: "zh", size: "desk" }, "[data-test=feed-open]");
  await take("today-phone", { language: "en", size: "phone" }, "[data-test=feed-open]");
  centre.state.account = null;
  await take("verify", { language: "zh", size: "phone", path: "verify" }, "[data-test=drop]");
  await take("login", { language: "zh", size: "phone" }, "form");
} finally {
  await browser.close();
  await centre.stop();
}
