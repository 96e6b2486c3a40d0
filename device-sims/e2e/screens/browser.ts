import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

/** Debian's own browser, quiet: it calls nobody and shares no state. */
export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: [
      ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
      ...["--disable-component-update", "--disable-sync", "--disable-default-apps", "--disable-extensions"],
    ],
  });

/** Sizes that screens are looked at in: a full desk screen, an installer's laptop, a phone. */
export const sizes = {
  desk: { width: 1920, height: 1080 },
  laptop: { width: 1280, height: 800 },
  wall4k: { width: 3840, height: 2160 },
  portrait: { width: 1080, height: 1920 },
  phone: { width: 390, height: 844 },
} as const;

/** What a page is opened with. */
export interface PageSetup {
  readonly url: string;
  readonly language: "zh" | "en";
  readonly size: keyof typeof sizes;
  /** Of somebody who has signed in before; left out: nobody has. */
  readonly state?: Awaited<ReturnType<BrowserContext["storageState"]>>;
}

/** A page and everything it complained about: errors, refused resources, broken policies. */
export interface WatchedPage {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly complaints: string[];
}

/** Opens a page in a context of its own. Answers of the API that are errors are not complaints: pages show them. */
export const openPage = async (browser: Browser, { url, language, size, state }: PageSetup): Promise<WatchedPage> => {
  const context = await browser.newContext({
    viewport: sizes[size],
    ignoreHTTPSErrors: true,
    locale: language === "zh" ? "zh-CN" : "en-GB",
    timezoneId: "America/New_York",
    reducedMotion: "reduce",
    ...(state === undefined ? {} : { storageState: state }),
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("console", (message) => {
    const text = message.text();
    if (message.type() === "error" && !text.startsWith("Failed to load resource")) complaints.push(text);
  });
  const where = new URL(url);
  where.searchParams.set("lang", language);
  await page.goto(where.href);
  return { page, context, complaints };
};
