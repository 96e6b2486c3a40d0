import type { Gathered } from "../channel.ts";
import { beijing, colours, framed, levels, plain, type WecomStyle } from "./wecom-message.ts";

const urgency = ["notice", "attention", "alarm"] as const;
/** So many sites are named; of more it says how many. Together they are one value that is not cut. */
const mostNamed = 4;
const mostNameChars = 14;

const isFiring = ({ body }: Gathered): boolean => body.status === "firing";

const siteOf = ({ body: { alert }, site = "" }: Gathered): string =>
  site === "" ? (alert.labels["site"] ?? alert.gw) : site;

const tally = (words: readonly string[]): readonly (readonly [word: string, count: number])[] => {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a);
};

/** How many there are of what, the most urgent first, e.g. `紧急1条、关注12条、解除3条`. */
const numbersOf = (told: readonly Gathered[]): string => {
  const firing = told.filter(isFiring);
  const counts = urgency.toReversed().map((severity) => {
    const count = firing.filter(({ body }) => body.alert.severity === severity).length;
    return count === 0 ? "" : `${levels[severity]}${count}条`;
  });
  const over = told.length - firing.length;
  return [...counts, over === 0 ? "" : `解除${over}条`].filter((text) => text !== "").join("、");
};

/** Sites are cut short here, and not what they are counted with. */
const placesOf = (told: readonly Gathered[]): string => {
  const places = tally(told.map(siteOf));
  const named = places
    .slice(0, mostNamed)
    .map(([site, count]) => `${Array.from(site).slice(0, mostNameChars).join("")}${count}条`);
  return named.join("、") + (places.length > mostNamed ? `等${places.length}处` : "");
};

/** One message to a group about many alerts: the most urgent and first of them, how many of what, where, since when. */
export const wecomGroupMessage = (told: readonly Gathered[], style: WecomStyle): unknown => {
  const rank = (one: Gathered): number => (isFiring(one) ? urgency.indexOf(one.body.alert.severity) : -1);
  const [first] = told.toSorted((a, b) => rank(b) - rank(a) || (a.body.at < b.body.at ? -1 : 1));
  if (first === undefined) throw new TypeError("a message about nothing");
  const fires = isFiring(first);
  const [since = first.body.at] = told.map(({ body }) => body.at).toSorted();
  const { severity, title } = first.body.alert;
  return framed(style, {
    ...{ level: fires ? `${levels[severity]}预警` : "预警解除", title: `${plain(title.zh)} 等${told.length}条` },
    lines: [
      ["条数", numbersOf(told)],
      ["地点", placesOf(told)],
      ["时间", `${beijing(since)} 起`],
    ],
    ...{ path: "/alerts", colour: fires ? colours[severity] : "info", isFiring: fires },
  });
};
