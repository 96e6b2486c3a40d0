/** Date formats that are tried in order unless configured: year first, as Chinese instruments write it. */
export const usualDateFormats: readonly string[] = [
  "yyyy-M-d H:m:s",
  "yyyy-M-d H:m",
  "yyyy-M-d",
  "yyyy/M/d H:m:s",
  "yyyy/M/d H:m",
  "yyyy/M/d",
  "yyyy.M.d H:m:s",
  "yyyy.M.d H:m",
  "yyyy.M.d",
  "yyyy-M-dTH:m:s",
  "yyyy年M月d日 H:m:s",
  "yyyy年M月d日 H:m",
  "yyyy年M月d日 H时m分s秒",
  "yyyy年M月d日",
  "yyyyMMddHHmmss",
  "yyyyMMdd HHmmss",
  "yyyyMMdd",
];

type Part = "year" | "month" | "day" | "hour" | "minute" | "second";

/** What a run of one letter stands for: the part, and how many digits it has. */
const letters: Readonly<Record<string, { readonly part: Part; readonly digits: string }>> = {
  yyyy: { part: "year", digits: "\\d{4}" },
  yy: { part: "year", digits: "\\d{2}" },
  MM: { part: "month", digits: "\\d{2}" },
  M: { part: "month", digits: "\\d{1,2}" },
  dd: { part: "day", digits: "\\d{2}" },
  d: { part: "day", digits: "\\d{1,2}" },
  HH: { part: "hour", digits: "\\d{2}" },
  H: { part: "hour", digits: "\\d{1,2}" },
  mm: { part: "minute", digits: "\\d{2}" },
  m: { part: "minute", digits: "\\d{1,2}" },
  ss: { part: "second", digits: "\\d{2}" },
  s: { part: "second", digits: "\\d{1,2}" },
};

const isLetter = (char: string): boolean => "yMdHms".includes(char);

/** A format as runs of one letter and single other characters. */
const runsOf = (format: string): string[] => format.match(/y+|M+|d+|H+|m+|s+|[\s\S]/g) ?? [];

/** True when a date format names year, month and day, and nothing twice. */
export const isDateFormat = (format: string): boolean => {
  const runs = runsOf(format).filter((run) => isLetter(run.charAt(0)));
  const parts = runs.map((run) => letters[run]?.part);
  const whole = ["year", "month", "day"].every((part) => parts.some((one) => one === part));
  return whole && !parts.includes(undefined) && new Set(parts).size === parts.length;
};

const escaped = (char: string): string => (char === " " ? "\\s+" : char.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"));

const two = (text: string | undefined): string => (text ?? "0").padStart(2, "0");

const daysIn = (year: number, month: number): number => {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
};

interface Compiled {
  readonly expression: RegExp;
  readonly parts: readonly Part[];
}

const compile = (format: string): Compiled => {
  const parts: Part[] = [];
  const source = runsOf(format).map((run) => {
    const letter = letters[run];
    if (letter === undefined) return escaped(run);
    parts.push(letter.part);
    return `(${letter.digits})`;
  });
  return { expression: new RegExp(`^${source.join("")}(?:\\.\\d{1,7})?$`), parts };
};

const momentOf = ({ expression, parts }: Compiled, text: string): string | null => {
  const match = expression.exec(text);
  if (match === null) return null;
  const said = new Map(parts.map((part, index) => [part, match[index + 1] ?? ""]));
  const yearText = said.get("year") ?? "";
  const year = yearText.length === 2 ? `20${yearText}` : yearText;
  const [month, day] = [Number(said.get("month")), Number(said.get("day"))];
  if (year < "2000" || year > "2099" || month < 1 || month > 12 || day < 1 || day > daysIn(Number(year), month)) {
    return null;
  }
  const date = `${year}-${two(said.get("month"))}-${two(said.get("day"))}`;
  const hour = said.get("hour");
  if (hour === undefined) return date;
  const [minute, second] = [said.get("minute"), said.get("second")];
  if (Number(hour) > 23 || Number(minute ?? 0) > 59 || Number(second ?? 0) > 59) return null;
  return `${date}T${two(hour)}:${two(minute)}${second === undefined ? "" : `:${two(second)}`}`;
};

/**
 * Reads times in the first of `formats` that fits, as `2024-05-17T09:30:15` (without seconds or time of day where the
 * format has none); `null` when none fits or there is no such day.
 */
export const createDateReader = (formats: readonly string[]): ((text: string) => string | null) => {
  const compiled = formats.map(compile);
  return (text) => {
    for (const one of compiled) {
      const moment = momentOf(one, text.trim());
      if (moment !== null) return moment;
    }
    return null;
  };
};
