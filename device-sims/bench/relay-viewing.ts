import { type Kitchen, openKitchen, watcher } from "../e2e/cameras/kitchen.ts";
import { type SeenPicture, type Watching, watchThroughCentre } from "../e2e/cameras/watching.ts";
import { launchBrowser } from "../e2e/screens/browser.ts";
import { systemClock } from "../src/clock.ts";
import { until } from "../src/harness/until.ts";
import { type BenchOptions, median, quantile } from "./bench.ts";

const withinMs = 30_000;

const firstPicture = async (watching: Watching): Promise<number> => {
  const pictures: SeenPicture[] = [];
  const first = await until(
    async () => {
      pictures.push(...(await watching.seen()));
      return pictures[0];
    },
    { what: "a first picture", withinMs },
  );
  return first.atMs - Number(await watching.page.evaluate("window.clickedMs"));
};

/** How long each picture took from the camera to the screen. */
const latencies = async (kitchen: Kitchen, channel: string, watching: Watching, seconds: number): Promise<number[]> => {
  await systemClock.sleep(3_000);
  await watching.seen();
  const found: number[] = [];
  const untilMs = performance.now() + seconds * 1_000;
  while (performance.now() < untilMs) {
    await systemClock.sleep(250);
    for (const { number, atMs } of await watching.seen()) {
      const sentMs = kitchen.camera(channel).sentMs(number);
      if (sentMs !== undefined && atMs >= sentMs) found.push(atMs - sentMs);
    }
  }
  return found;
};

/** From click to picture and from camera to screen, through the centre, in a real browser on this machine. */
export const measureViewing = async ({ quick, report, progress }: BenchOptions): Promise<void> => {
  const tries = quick ? 3 : 9;
  const names = Array.from({ length: tries }, (_, at) => `kitchen-${at + 1}`);
  progress(`watching ${tries} cameras through the centre`);
  const channel = { record: false };
  const plan = Object.fromEntries(names.map((name) => [name, { starts: "mid" as const, channel }]));
  const kitchen = await openKitchen(plan);
  const browser = await launchBrowser();
  const startedMs = performance.now();
  const elapsed = (): number => (performance.now() - startedMs) / 1_000;
  try {
    const cold: number[] = [];
    const warm: number[] = [];
    const late: number[] = [];
    for (const name of names) {
      const first = await watchThroughCentre(browser, kitchen, { channel: name, login: watcher });
      cold.push(await firstPicture(first));
      await systemClock.sleep(1_500);
      const second = await watchThroughCentre(browser, kitchen, { channel: name, login: watcher });
      warm.push(await firstPicture(second));
      await second.context.close();
      if (late.length < 200) late.push(...(await latencies(kitchen, name, first, quick ? 5 : 10)));
      await first.context.close();
    }
    const variant = "640x360, a key frame every second, joined in between";
    report({ figure: "firstPictureMs", value: median(cold), unit: "ms", n: cold.length, seconds: elapsed(), variant });
    report({
      figure: "warmFirstPictureMs",
      value: median(warm),
      unit: "ms",
      n: warm.length,
      seconds: elapsed(),
      variant,
    });
    report({ figure: "glassToGlassMs", value: median(late), unit: "ms", n: late.length, seconds: elapsed(), variant });
    report({
      ...{ figure: "glassToGlass95Ms", value: quantile(late, 0.95), unit: "ms" },
      ...{ n: late.length, seconds: elapsed(), variant },
    });
  } finally {
    await browser.close();
    await kitchen.close();
  }
};
