import { sampleSites, sampleStations } from "./sample-places.ts";
import type { SampleRows } from "./sample-rows.ts";

/** Calendars. */
export const sampleCalendars = (): SampleRows => [
  ["market", "农贸市场营业时间", "Market hours", "", ""],
  ["office", "机关工作时间", "Office hours", "", ""],
  ["school", "学校食堂供餐时间", "School canteen hours", "", ""],
];

/** Hours of the calendars. */
export const sampleHours = (): SampleRows => [
  ["market", "open", "1234567", "05:30", "19:00", "", ""],
  ["office", "duty", "12345", "08:00", "18:00", "", ""],
  ["school", "meal", "12345", "06:40", "07:40", "", ""],
  ["school", "meal", "12345", "11:00", "13:00", "", ""],
  ["school", "open", "12345", "05:30", "14:00", "", ""],
];

const day = (text: string): string => `${text}T00:00+08:00`;
const closed = (calendar: string, name: string, from: string, to: string): string[] => [
  ...[calendar, name, "closed", day(from), day(to)],
];
/** A Saturday or Sunday on which the hours of a working day count. */
const moved = (calendar: string, name: string, from: string, to: string): string[] => [
  ...[calendar, name, "1", day(from), day(to)],
];

/** Holidays of 2026 and the working days moved for them. */
export const sampleHolidays = (): SampleRows => [
  ...["office", "school"].flatMap((calendar) => [
    closed(calendar, "元旦", "2026-01-01", "2026-01-04"),
    moved(calendar, "元旦调休", "2026-01-04", "2026-01-05"),
    moved(calendar, "春节调休", "2026-02-14", "2026-02-15"),
    closed(calendar, "春节", "2026-02-15", "2026-02-24"),
    moved(calendar, "春节调休", "2026-02-28", "2026-03-01"),
    closed(calendar, "国庆节", "2026-10-01", "2026-10-08"),
    moved(calendar, "国庆节调休", "2026-10-10", "2026-10-11"),
  ]),
  closed("market", "春节", "2026-02-17", "2026-02-18"),
];

interface Post {
  readonly officer: string;
  readonly name: string;
  readonly department: string;
  readonly area: string;
  readonly site: string;
  readonly tier: string;
}

const names = Array.from("甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳");

/** One operator for each site, one for each station and district, one for the city, and a deputy at each station. */
const posts = (): (Post & { readonly rank: string })[] => {
  const list: Omit<Post, "name">[] = [
    ...sampleSites.map(({ code, name }) => ({
      ...{ officer: `op-${code}`, department: name, area: "", site: code, tier: "operator" },
    })),
    ...sampleStations.flatMap(({ code, name }) =>
      [code, `${code}-2`].map((officer) => ({ officer, department: name, area: code, site: "", tier: "station" })),
    ),
    { officer: "sinan-duty", department: "思南区局", area: "sinan", site: "", tier: "district" },
    { officer: "hubei-duty", department: "湖北区局", area: "hubei", site: "", tier: "district" },
    { officer: "lujiang-duty", department: "鹭江市局", area: "lujiang", site: "", tier: "city" },
  ];
  return list.map((post, index) => ({
    ...post,
    name: `示例${names[index] ?? index}`,
    rank: post.officer.endsWith("-2") ? "2" : "1",
  }));
};

/** Officers. Their telephone numbers cannot be called. */
export const sampleOfficers = (): SampleRows =>
  posts().map(({ officer, name, department }, index) => [
    ...[officer, name, `1000000${String(index + 1).padStart(4, "0")}`, "", department, "", ""],
  ]);

/** Who is on duty. */
export const sampleDuties = (): SampleRows =>
  posts().map(({ area, site, tier, rank, officer }) => [area, site, tier, rank, officer, "", "", ""]);

/** A leave with a substitute, and a post handed over for good. */
export const sampleAbsences = (): SampleRows => [
  ["ningbao-st", "songbai-st", "leave", "2026-05-18T00:00+08:00", "2026-05-25T00:00+08:00"],
  ["zhongpu-st", "zhongpu-st-2", "hand-over", "2026-06-01T09:00+08:00", ""],
];
