import type { MarketCounts, MarketView } from "@mingcheng/protocols";
import type { MarketScreenConfig } from "../config/market-screen-config.ts";
import { drivers } from "../drivers/index.ts";
import type { BookedTest, DayBook } from "./day-book.ts";
import type { MarketScreenParts } from "./market-screen-parts.ts";

/** So many of the newest results are listed one by one; and so many items. */
const listedTests = 30;
const listedItems = 60;

/** An instant as a local time of the market, with its offset. */
type TimeText = (ms: number) => string;

type Counted = { -readonly [Name in keyof MarketCounts]: number };

const nothing = (): Counted => ({ tests: 0, positive: 0, suspect: 0, negative: 0, invalid: 0, none: 0 });

const countIn = (counted: Counted, { verdict }: BookedTest): void => {
  counted.tests++;
  counted[verdict]++;
};

const countItems = (tests: readonly BookedTest[], timeText: TimeText) => {
  const items = new Map<string, { item: string | null; latestAt: string } & Counted>();
  for (const test of tests) {
    const key = test.item ?? "";
    const counted = items.get(key) ?? { item: test.item, latestAt: timeText(test.atMs), ...nothing() };
    items.set(key, counted);
    countIn(counted, test);
  }
  // What waits for confirmation is never hidden behind many others.
  return [...items.values()]
    .sort(
      (one, other) =>
        other.positive + other.suspect - (one.positive + one.suspect) ||
        other.tests - one.tests ||
        (one.item ?? "").localeCompare(other.item ?? ""),
    )
    .slice(0, listedItems);
};

type Device = ReturnType<MarketScreenParts["status"]>["devices"][number];

const isTester = ({ protocol, captured }: Device): boolean =>
  drivers.find((driver) => driver.protocol === protocol)?.deviceClass === "tester" || Object.hasOwn(captured, "test");

/** A screen that was told a wrong day would tell it to everybody. */
const clockView = (clock: MarketScreenParts["clock"]) => {
  const { sync } = clock.status();
  return { trusted: sync !== "none" && !clock.isBehind() };
};

const stallViews = (config: MarketScreenConfig, devices: readonly Device[]): MarketView["stalls"] => {
  const states = new Map(devices.map(({ id, state }) => [id, state]));
  return config.stalls.map(({ label, box, trade = null, device }) => ({
    ...{ label, box, trade },
    scale: device === undefined ? null : states.get(device) === "online" ? "online" : "away",
  }));
};

/** What a view is made from. */
export interface MarketViewAsked {
  readonly config: MarketScreenConfig;
  /** Whether anybody may watch a channel now. */
  readonly isPublic: (channel: string) => boolean;
  readonly book: DayBook;
  readonly parts: MarketScreenParts;
  readonly timeText: TimeText;
  readonly build: string;
}

/** What the screen shows: nothing of any person, nothing that can be acted with. */
export const marketView = ({ config, isPublic, book, parts, timeText, build }: MarketViewAsked): MarketView => {
  const { clock } = parts;
  const { devices, site, uplink } = parts.status();
  const { day, tests, undated } = book.today();
  const totals = nothing();
  for (const test of tests) countIn(totals, test);
  const testers = devices.filter(isTester);
  const at = timeText(Date.parse(clock.wall()));
  return {
    ...{ build, at, day, clock: clockView(clock), title: config.title ?? site ?? "", undated },
    testers: { all: testers.length, online: testers.filter(({ state }) => state === "online").length },
    uplink: uplink.state === "ready" ? "up" : "down",
    totals,
    items: countItems(tests, timeText),
    latest: tests.slice(0, listedTests).map(({ atMs, ...test }) => ({ ...test, at: timeText(atMs) })),
    stalls: stallViews(config, devices),
    notices: config.notices
      .filter(({ until }) => Date.parse(until) > Date.parse(at))
      .map(({ zh, en = zh, until }) => ({ zh, en, until })),
    cameras: parts.view() === null ? [] : config.cameras.filter(isPublic),
  };
};
