import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { repositoryRoot } from "../../src/harness/repository.ts";
import { launchBrowser, openPage, type PageSetup } from "./browser.ts";
import { errorOf } from "./errors-of.ts";
import { FixtureCentre } from "./fixture-centre.ts";
import { manyAlerts, sampleAlerts, sampleSilences } from "./sample-alerts.ts";
import { dutyAccount, emptyDay, sampleAccount, sampleDay } from "./sample-day.ts";

// Takes the pictures of docs/screens again: `npm run screens`, or
// `node device-sims/dist/e2e/screens/pictures-entry.js [directory] [name, or a part of it]`.
const directory = process.argv[2] ?? join(repositoryRoot, "docs/screens");
const only = process.argv[3] ?? "";
mkdirSync(directory, { recursive: true });

const centre = new FixtureCentre({
  ...{ account: sampleAccount, password: "pass", today: sampleDay(), failure: null, dead: false },
  alerts: { details: sampleAlerts(), silences: sampleSilences(), pictures: new Map() },
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

interface Picture extends Omit<PageSetup, "url"> {
  readonly path?: string;
  /** What has to be there before the picture is taken. */
  readonly ready: string;
  readonly act?: (page: Page) => Promise<void>;
}

const take = async (name: string, { path = "", ready, act, ...setup }: Picture): Promise<void> => {
  if (!name.includes(only)) return;
  const { page, context } = await openPage(browser, { ...setup, url: `${url}${path}` });
  await page.waitForSelector(ready);
  showLive();
  await act?.(page);
  await page.waitForTimeout(400);
  await page.screenshot({ path: join(directory, `${name}.png`) });
  await context.close();
};

const inside: Readonly<Record<string, Picture>> = {
  "today-desk": { language: "zh", size: "desk", ready: "[data-test=feed-open]" },
  "today-phone": { language: "en", size: "phone", ready: "[data-test=feed-open]" },
  "alerts-desk": { language: "zh", size: "desk", path: "alerts?state=all", ready: "[data-test=alert-row]" },
  "alerts-phone": { language: "en", size: "phone", path: "alerts?state=all", ready: "[data-test=alert-row]" },
  "alert-desk": { language: "zh", size: "desk", path: "alerts/a4", ready: "[data-test=evidence] dl" },
  "alert-link-phone": { language: "zh", size: "phone", path: "a/a4", ready: "[data-test=acts]" },
  "phone-offline": {
    ...{ language: "zh", size: "phone", path: "a/a4", ready: "[data-test=acts]" },
    act: async (page) => {
      centre.state.dead = true;
      centre.breakStreams();
      await page.setInputFiles("input[name=picture]", join(repositoryRoot, "docs/screens/login.png"));
      await page.click("[data-test=act-handle]");
      await page.waitForSelector("[data-test=stale]");
      await page.waitForSelector("[data-test=waiting]");
      await page.waitForSelector("[data-test=feed-broken]");
    },
  },
  "phone-home": { language: "zh", size: "phone", path: "m", ready: "[data-test=card]" },
  "phone-site": { language: "zh", size: "phone", path: "m/site/songbai", ready: "[data-test=site-devices]" },
};

const wall: Readonly<Record<string, Picture>> = {
  wall: { language: "zh", size: "desk", path: "wall", ready: "[data-test=trend-tests] canvas" },
  "wall-4k": { language: "en", size: "wall4k", path: "wall", ready: "[data-test=trend-tests] canvas" },
  "wall-video": {
    ...{ language: "zh", size: "desk", path: "wall", ready: "[data-test=map-site]" },
    act: async (page) => {
      await page.keyboard.press("ArrowDown");
      await page.waitForSelector("[data-test=camera]");
    },
  },
  "wall-tests": {
    ...{ language: "zh", size: "desk", path: "wall", ready: "[data-test=wall]" },
    act: async (page) => {
      await page.keyboard.press("2");
      await page.waitForSelector("[data-test=trend-tests] canvas");
    },
  },
  "wall-site": {
    ...{ language: "zh", size: "desk", path: "wall", ready: "[data-test=map-site]" },
    act: async (page) => {
      await page.locator("[data-test=map-site]", { hasText: "松柏市场" }).click();
      await page.waitForSelector("[data-test=plan] svg");
    },
  },
  "wall-devices": {
    ...{ language: "en", size: "desk", path: "wall", ready: "[data-test=wall]" },
    act: async (page) => {
      await page.keyboard.press("4");
      await page.waitForSelector("[data-test=plan] svg");
    },
  },
  "wall-remote": { language: "zh", size: "phone", path: "wall/remote?name=hall", ready: "[data-test=remote-alert]" },
};

const long = "厦门市思明区松柏农贸综合批发交易市场二期（原松柏菜市场）";

/** Has every site of the day called by a very long name from now on. */
const renameSites = async (page: Page): Promise<void> => {
  await page.route(/\/api\/v1\/(?:wall|today|map)(?:\?|$)/, async (route) => {
    const answer = await route.fetch();
    const body = (await answer.text()).replaceAll(/(?:松柏|宁宝)市场|中埔农贸市场|实验小学食堂|滨海中学食堂/g, long);
    await route.fulfill({ response: answer, body });
  });
  await page.reload();
};

/** Very long names, and a centre that answers with an error. */
const hardDays: Readonly<Record<string, Picture>> = {
  "wall-long": {
    ...{ language: "zh", size: "desk", path: "wall", ready: "[data-test=map-site]" },
    act: async (page) => {
      await renameSites(page);
      await page.locator("[data-test=map-site]", { hasText: "思明区" }).first().waitFor();
      await page.waitForSelector("[data-test=trend-tests] canvas");
    },
  },
  "today-long": {
    ...{ language: "en", size: "phone", path: "", ready: "[data-test=feed-open]" },
    act: async (page) => {
      await renameSites(page);
      await page.locator("[data-test=alert]", { hasText: "综合批发" }).first().waitFor();
    },
  },
  "today-error": {
    ...{ language: "zh", size: "desk", path: "", ready: "[data-test=feed-open]" },
    act: async (page) => {
      const failed = { status: 500, error: errorOf("CENTRE_FAULT", { reference: "7f3c" }) };
      centre.state.failure = failed;
      await page.reload();
      await page.waitForSelector("[data-test=problem]");
      centre.state.failure = null;
    },
  },
};

/** What a wall looks like when it is not an ordinary day. */
const badDays: Readonly<Record<string, () => void>> = {
  "wall-many": () => {
    const alerts = manyAlerts(100).map(({ alert }) => alert);
    centre.state.today = {
      ...sampleDay(),
      alerts: { ...sampleDay().alerts, asOf: sampleDay().asOf, firing: 10_000, acknowledged: 0, alerts },
    };
  },
  "wall-empty": () => {
    centre.state.today = emptyDay();
    centre.wall.hasMap = false;
  },
};

const atTheCentre: Readonly<Record<string, Picture>> = {
  "duty-desk": { language: "zh", size: "desk", path: "duty", ready: "[data-test=absence]" },
  "messages-desk": { language: "zh", size: "desk", path: "messages", ready: "[data-test=message]" },
  "messages-phone": { language: "en", size: "phone", path: "messages", ready: "[data-test=message]" },
  "register-desk": {
    ...{ language: "zh", size: "desk", path: "register", ready: "[data-test=register-row]" },
    act: async (page) => {
      await page.locator("[data-test=register-row] button").nth(1).click();
      await page.waitForSelector("[data-test=history]");
    },
  },
  "register-phone": { language: "en", size: "phone", path: "register", ready: "[data-test=register-row]" },
  "evidence-desk": { language: "zh", size: "desk", path: "evidence", ready: "[data-test=evidence-form]" },
  "reports-desk": { language: "zh", size: "desk", path: "reports", ready: "[data-test=kept-report]" },
  "reports-phone": { language: "en", size: "phone", path: "reports", ready: "[data-test=kept-report]" },
  "fleet-desk": { language: "zh", size: "desk", path: "fleet", ready: "[data-test=fleet-row]" },
  "quarantine-desk": { language: "en", size: "desk", path: "quarantine", ready: "[data-test=quarantined]" },
  "silences-desk": { language: "zh", size: "desk", path: "silences", ready: "[data-test=silence]" },
  "silences-phone": { language: "en", size: "phone", path: "silences", ready: "[data-test=silence]" },
};

try {
  for (const [name, picture] of Object.entries(inside)) {
    await take(name, picture);
    centre.state.dead = false;
  }
  for (const [name, picture] of Object.entries(hardDays)) await take(name, picture);
  for (const [name, picture] of Object.entries(wall)) await take(name, picture);
  for (const [name, prepare] of Object.entries(badDays)) {
    prepare();
    await take(name, { language: "zh", size: "desk", path: "wall", ready: "[data-test=trend-tests] canvas" });
    centre.state.today = sampleDay();
    centre.wall.hasMap = true;
  }
  await take("wall-stale", {
    ...{ language: "zh", size: "desk", path: "wall", ready: "[data-test=trend-tests] canvas" },
    act: async (page) => {
      centre.state.dead = true;
      centre.breakStreams();
      await page.waitForSelector("[data-test=stale]");
    },
  });
  centre.state.dead = false;
  centre.state.account = dutyAccount;
  await take("records-desk", { language: "zh", size: "desk", path: "records", ready: "[data-test=record]" });
  for (const [name, picture] of Object.entries(atTheCentre)) await take(name, picture);
  centre.state.account = { ...dutyAccount, role: "administrator" };
  await take("users-desk", { language: "zh", size: "desk", path: "users", ready: "[data-test=user-row]" });
  await take("audit-desk", { language: "en", size: "desk", path: "audit", ready: "[data-test=audit-row]" });
  centre.state.account = null;
  await take("verify", { language: "zh", size: "phone", path: "verify", ready: "[data-test=drop]" });
  await take("login", { language: "zh", size: "phone", ready: "form" });
} finally {
  await browser.close();
  await centre.stop();
}
