import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "../../src/harness/repository.ts";
import { launchBrowser, openPage, type PageSetup, type WatchedPage } from "../screens/browser.ts";
import { startGatewayToSetUp } from "./gateway-to-set-up.ts";

// Takes the pictures of the set-up page in docs/screens again:
// `node device-sims/dist/e2e/setup-page/pictures-entry.js [directory]`.
const directory = process.argv[2] ?? join(repositoryRoot, "docs/screens");
mkdirSync(directory, { recursive: true });

const setUp = await startGatewayToSetUp({
  gw: "market-songbai",
  scales: {
    "scale-a01": { kind: "yaohua-a9" },
    found: { kind: "mt-continuous", settings: { parityBit: true } },
    other: { kind: "yaohua-a9" },
  },
  configured: { "scale-a01": { protocol: "yaohua-a9", options: { unit: "kg" } } },
});
const browser = await launchBrowser();

const enter = async (setup: Omit<PageSetup, "url">): Promise<WatchedPage> => {
  const opened = await openPage(browser, { ...setup, url: setUp.url });
  await opened.page.fill("input[name=code]", (await setUp.code()).code);
  await opened.page.click("button[type=submit]");
  await opened.page.waitForSelector("[data-test=feed-open]");
  return opened;
};

/** Ports and files under the names that they have on a real box, not those of this run. */
const asOnABox = `
  const named = (text) => text
    .replaceAll(/\\/\\S*\\/tty-(?:scale-)?(\\w+)/g, (_all, name) =>
      "/dev/ttyUSB" + ({ a01: 0, found: 1, other: 2 })[name])
    .replaceAll(/\\/\\S*\\/gateway\\.yaml/g, "/etc/mingcheng/gateway.yaml")
    .replaceAll(/\\/dev\\/pts\\/(\\d)/g, "/dev/ttyUSB$1");
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) walk.currentNode.data = named(walk.currentNode.data);
  for (const input of document.querySelectorAll("input")) {
    if (named(input.value) === input.value) continue;
    input.value = named(input.value);
    // What the page draws next keeps the name.
    input.dispatchEvent(new Event("input"));
  }
`;
const shot = async (page: WatchedPage["page"], name: string, fullPage = false): Promise<void> => {
  await page.evaluate(asOnABox);
  await page.screenshot({ path: join(directory, `${name}.png`), fullPage });
};

try {
  const door = await openPage(browser, { url: setUp.url, language: "zh", size: "phone" });
  await door.page.waitForSelector("input[name=code]");
  await shot(door.page, "setup-code");
  await door.context.close();

  await setUp.scale("scale-a01").weigh({ value: "1.25", rampMs: 200, holdMs: 1_500, restMs: 200 });
  const desk = await enter({ language: "zh", size: "laptop" });
  await shot(desk.page, "setup-desk");
  await desk.page.fill("input[name=tcp]", setUp.port("found"));
  await desk.page.click("form.more button[type=submit]");
  await desk.page.waitForSelector("[data-test=candidate]", { timeout: 30_000 });
  await shot(desk.page, "setup-detect", true);
  await desk.page.click("[data-test=accept]");
  await desk.page.waitForSelector("[data-test=accepted]");
  await setUp.scale("found").weigh({ value: "2.40", rampMs: 200, holdMs: 2_000, restMs: 200 });
  await desk.page.click("[data-test=check]");
  await desk.page.waitForSelector("[data-test=report]");
  await desk.page.locator("[data-test=report]").scrollIntoViewIfNeeded();
  await shot(desk.page, "setup-report", true);
  await desk.page.emulateMedia({ media: "print" });
  await shot(desk.page, "setup-print", true);

  const phone = await enter({ language: "en", size: "phone" });
  await phone.page.fill("input[name=tcp]", setUp.port("other"));
  await phone.page.click("form.more button[type=submit]");
  // What the other reader found is shown here, too.
  const finding = phone.page.locator("[data-test=finding]", { hasText: "tty-other" });
  await finding.locator("[data-test=candidate]").first().waitFor({ timeout: 30_000 });
  await phone.page.click("[data-test=check]");
  await phone.page.waitForSelector("[data-test=report]");
  await shot(phone.page, "setup-phone", true);
} finally {
  await browser.close();
  await setUp.close();
}
