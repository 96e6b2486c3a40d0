import { gzipSync } from "node:zlib";
import type { Browser, BrowserContext, CDPSession, Page } from "playwright-core";
import { startTestedCentre, type TestedCentre } from "../e2e/centre/tested-centre.ts";
import { launchBrowser, sizes } from "../e2e/screens/browser.ts";
import { systemClock } from "../src/clock.ts";
import { until } from "../src/harness/until.ts";
import { type Bench, type BenchOptions, median, quantile } from "./bench.ts";

const login = { user: "bench", password: "songbai-market-7531" } as const;
const gateways = ["market-songbai", "market-ningbao"] as const;
const recordsPerSecond = 200;
/** Records are captured in commits, as a gateway does that has a disk. */
const commitsPerSecond = 20;

interface Bed {
  readonly tested: TestedCentre;
  readonly url: string;
  readonly browser: Browser;
  /** Cookies of somebody who is signed in. */
  readonly session: Awaited<ReturnType<BrowserContext["storageState"]>>;
}

const openContext = ({ browser, session }: Pick<Bed, "browser" | "session">, size: keyof typeof sizes) =>
  browser.newContext({ viewport: sizes[size], ignoreHTTPSErrors: true, storageState: session });

const signIn = async (browser: Browser, url: string): Promise<Bed["session"]> => {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const page = await context.newPage();
  await page.goto(url);
  await page.fill("input[name=user]", login.user);
  await page.fill("input[name=password]", login.password);
  await page.click("button[type=submit]");
  await page.waitForSelector("[data-test=feed-open]");
  const session = await context.storageState();
  await context.close();
  return session;
};

/** Notes when the wall is there and has been painted. Runs in the page. */
const notePaint = `new MutationObserver((_changes, observer) => {
  if (document.querySelector("[data-test=tile-weighings]") === null) return;
  observer.disconnect();
  requestAnimationFrame(() => requestAnimationFrame(() => { window.paintedMs = performance.now(); }));
}).observe(document, { childList: true, subtree: true });`;

const measureFirstPaint = async (bed: Bed, { quick, report }: BenchOptions): Promise<void> => {
  const startedMs = performance.now();
  const samples: number[] = [];
  for (let round = 0; round < (quick ? 5 : 15); round++) {
    // Nothing is in the cache of a new context.
    const context = await openContext(bed, "desk");
    const page = await context.newPage();
    await page.addInitScript(notePaint);
    await page.goto(`${bed.url}wall`);
    const painted = () => page.evaluate("window.paintedMs") as Promise<number | undefined>;
    samples.push(await until(painted, { what: "the wall is painted", withinMs: 30_000, everyMs: 20 }));
    await context.close();
  }
  const seconds = (performance.now() - startedMs) / 1_000;
  report({ figure: "wallFirstPaintMs", value: median(samples), unit: "ms", n: samples.length, seconds });
};

interface Shown {
  readonly atMs: number;
  readonly count: number;
}

/** Notes every count that the wall shows, and when. Runs in the page. */
const noteCounts = `window.shown = [];
const note = () => {
  const text = document.querySelector("[data-test=tile-weighings] .value")?.textContent ?? "";
  const count = Number(text.replace(/[^0-9]/g, ""));
  if (window.shown.at(-1)?.count !== count) window.shown.push({ atMs: Date.now(), count });
};
new MutationObserver(note).observe(document.querySelector("#app"), { childList: true, characterData: true, subtree: true });`;

/** Captures records at an even pace until `signal` aborts; when each was captured. */
const feed = async ({ tested }: Bed, signal: AbortSignal): Promise<readonly number[]> => {
  const capturedAt: number[] = [];
  const perCommit = recordsPerSecond / commitsPerSecond;
  let dueMs = performance.now();
  for (let commit = 0; !signal.aborted; commit++) {
    const atMs = Date.now();
    tested.gateways[commit % tested.gateways.length]?.capture(perCommit);
    for (let each = 0; each < perCommit; each++) capturedAt.push(atMs);
    dueMs += 1_000 / commitsPerSecond;
    await systemClock.sleep(Math.max(0, dueMs - performance.now()), signal);
  }
  return capturedAt;
};

const countNow = (page: Page): Promise<number> =>
  page.evaluate(
    `Number(document.querySelector("[data-test=tile-weighings] .value").textContent.replace(/[^0-9]/g, ""))`,
  ) as Promise<number>;

const measureToPixel = async (bed: Bed, { quick, report, progress }: BenchOptions): Promise<void> => {
  const seconds = quick ? 15 : 60;
  const context = await openContext(bed, "desk");
  const page = await context.newPage();
  await page.goto(`${bed.url}wall`);
  await page.waitForSelector("[data-test=feed-open]");
  await page.evaluate(noteCounts);
  const before = await countNow(page);
  progress(`${recordsPerSecond} records/s for ${seconds} s`);
  const capturedAt = await feed(bed, AbortSignal.timeout(seconds * 1_000));
  await until(async () => (await countNow(page)) >= before + capturedAt.length, {
    what: "the wall shows every record",
    withinMs: 60_000,
    everyMs: 200,
  });
  const shown = (await page.evaluate("window.shown")) as Shown[];
  await context.close();
  let at = 0;
  const samples = capturedAt.map((capturedMs, index) => {
    while ((shown[at]?.count ?? Number.POSITIVE_INFINITY) < before + index + 1) at++;
    return (shown[at]?.atMs ?? Number.NaN) - capturedMs;
  });
  const of = { unit: "ms", n: samples.length, seconds };
  report({ figure: "recordToPixelP95Ms", value: quantile(samples, 0.95), ...of });
  report({ figure: "recordToPixelMedianMs", value: quantile(samples, 0.5), ...of });
};

const heapMb = async (session: CDPSession): Promise<number> => {
  await session.send("HeapProfiler.collectGarbage");
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  return usedSize / (1024 * 1024);
};

const speed = 50;
const lookEveryMs = 500;

/** Lets the page's timers and clocks run faster. Runs in the page, before anything else. */
const hurry = `{
  const { setTimeout: later, setInterval: often, Date: { now }, performance: watch } = window;
  const [startedMs, tick] = [now(), watch.now.bind(watch)];
  window.setTimeout = (task, ms = 0, ...rest) => later(task, ms / ${speed}, ...rest);
  window.setInterval = (task, ms = 0, ...rest) => often(task, ms / ${speed}, ...rest);
  Date.now = () => startedMs + (now() - startedMs) * ${speed};
  performance.now = () => tick() * ${speed};
}`;

/**
 * The page's clock runs fifty times as fast: its timers, its scenes, its readings. Records come all the time. After a twelfth of
 * the way everything has been shown once; the medians of the first and of the last quarter behind it are compared.
 */
const measureHeap = async (bed: Bed, { quick, args, report, progress }: BenchOptions): Promise<void> => {
  const hours = Number(args["hours"] ?? (quick ? 0.4 : 24));
  const realSeconds = (hours * 3_600) / speed;
  const context = await openContext(bed, "desk");
  const page = await context.newPage();
  await page.addInitScript(hurry);
  await page.goto(`${bed.url}wall?rotate=30`);
  await page.waitForSelector("[data-test=feed-open]");
  const session = await context.newCDPSession(page);
  progress(`${hours} h of the page's time in ${Math.round(realSeconds)} s`);
  const stopping = new AbortController();
  const feeding = feed(bed, stopping.signal);
  const startedMs = performance.now();
  const samples: { readonly part: number; readonly mb: number }[] = [];
  let nextSample = 1 / 12;
  for (let part = 0; part < 1; ) {
    await systemClock.sleep(lookEveryMs);
    part = (performance.now() - startedMs) / (realSeconds * 1_000);
    if (part < nextSample) continue;
    const mb = await heapMb(session);
    samples.push({ part, mb });
    progress(`${(part * hours).toFixed(2)} h: ${mb.toFixed(2)} MB`);
    nextSample += 1 / 48;
  }
  const scenes = await page.locator("[data-test=wall]").getAttribute("data-scene");
  if (scenes === null) throw new Error("the wall is gone");
  stopping.abort();
  await feeding;
  await context.close();
  const inQuarter = (from: number): number[] =>
    samples.filter(({ part }) => part >= from && part < from + 0.25).map(({ mb }) => mb);
  const [first, last] = [median(inQuarter(1 / 12)), median(inQuarter(0.75))];
  report({
    figure: "heapGrowthPercent",
    ...{ value: (100 * (last - first)) / first, unit: "%", numerator: last, denominator: first },
    ...{ n: samples.length, seconds: (performance.now() - startedMs) / 1_000, variant: `${hours} h at ${speed} times` },
  });
};

/** Everything that the telephone's pages load until they stand, packed as a proxy or the network does. */
const measurePhone = async (bed: Bed, { report }: BenchOptions): Promise<void> => {
  const startedMs = performance.now();
  const pages = ["m", "a/none"];
  const sums: number[] = [];
  for (const path of pages) {
    const context = await openContext(bed, "phone");
    const page = await context.newPage();
    let octets = 0;
    const reading: Promise<void>[] = [];
    page.on("response", (response) => {
      if (new URL(response.url()).pathname.startsWith("/api/")) return;
      reading.push(
        response.body().then(
          (body) => {
            octets += gzipSync(body).length;
          },
          () => undefined,
        ),
      );
    });
    await page.goto(`${bed.url}${path}`, { waitUntil: "load" });
    await page.waitForTimeout(2_000);
    await Promise.all(reading);
    sums.push(octets / 1024);
    await context.close();
  }
  const seconds = (performance.now() - startedMs) / 1_000;
  report({ figure: "phoneGzipKb", value: Math.max(...sums), unit: "KB", n: pages.length, seconds });
};

const parts: Readonly<Record<string, (bed: Bed, options: BenchOptions) => Promise<void>>> = {
  paint: measureFirstPaint,
  phone: measurePhone,
  pixel: measureToPixel,
  heap: measureHeap,
};

/** The screens on a real centre, in Debian's Chromium; `--part paint|phone|pixel|heap` measures one figure, `--hours` the day's length. */
export const screensBench: Bench = {
  name: "screens",
  summary:
    "the wall on a real centre: first paint, record to pixel at 200 records/s, heap over a day at 50 times; phone pages",
  run: async (options) => {
    const tested = await startTestedCentre();
    const browser = await launchBrowser();
    try {
      const { centre } = tested;
      await centre.command("register", "sample");
      await centre.addUser(login.user, "centre", login.password);
      const { host, port } = centre.addresses.https;
      const url = `https://${host}:${port}/`;
      await tested.addMany(gateways);
      await Promise.all(tested.gateways.map((gateway) => gateway.connect()));
      for (const gateway of tested.gateways) gateway.capture(10);
      const bed = { tested, url, browser, session: await signIn(browser, url) };
      const asked = options.args["part"];
      for (const [name, measure] of Object.entries(parts)) {
        if (asked === undefined || asked === name) await measure(bed, options);
      }
    } finally {
      await browser.close();
      await tested.dispose();
    }
  },
};
