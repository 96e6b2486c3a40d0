import type { Browser, Locator, Page } from "playwright-core";
import { type Kitchen, onvifName } from "./kitchen.ts";

/** The set-up page's section about cameras, as an installer uses it. */
export interface SettingUp {
  readonly page: Page;
  readonly section: Locator;
  /** Looks for cameras and opens the one that answers by ONVIF. */
  find(): Promise<void>;
  /** Asks it for its streams. */
  askStreams(password: string): Promise<void>;
  /** Tries an address; what is wrong with it, or what came. */
  try(address: string, password: string): Promise<string | null>;
  close(): Promise<void>;
}

const withinMs = 30_000;

/** Opens it with a set-up code. */
export const openSettingUp = async (browser: Browser, kitchen: Kitchen): Promise<SettingUp> => {
  const context = await browser.newContext({ locale: "en-GB" });
  const page = await context.newPage();
  const code = await kitchen.setupCode();
  const answer = await context.request.post(`${kitchen.webUrl}/setup/session`, { data: { code } });
  if (!answer.ok()) throw new Error(`the set-up page refused the code: ${answer.status()}`);
  await page.goto(`${kitchen.webUrl}/?lang=en`);
  const section = page.locator("[data-test=cameras]");
  return {
    ...{ page, section },
    find: async () => {
      await section.locator("[data-test=find-cameras]").click();
      const found = section.locator("[data-test=found-camera]", { hasText: onvifName });
      await found.getByRole("button").click({ timeout: withinMs });
    },
    askStreams: async (password) => {
      await page.fill("[name=camera-password]", password);
      await page.locator("[data-test=ask-streams]").click();
    },
    try: async (address, password) => {
      await page.fill("[name=camera-address]", address);
      await page.fill("[name=camera-password]", password);
      await page.locator("[data-test=test-camera]").click();
      const result = section.locator("[data-test=camera-result] .wrong, [data-test=camera-result] .right");
      await result.waitFor({ timeout: withinMs });
      return (await result.getAttribute("data-about")) ?? (await result.textContent());
    },
    close: () => context.close(),
  };
};
