import type { Bilingual } from "./finding.ts";

/** What a column holds: checks a text that is not empty, and says what is expected of it. */
export interface ColumnType {
  accepts(text: string): boolean;
  readonly expected: Bilingual;
}

/** A column of a kind. Values are texts; an empty one means that there is none. */
export interface Column {
  /** Title in files and name in the database: `name_en`. */
  readonly name: string;
  /** Title in Chinese, accepted in files too. */
  readonly title: string;
  readonly type: ColumnType;
  readonly optional: boolean;
  readonly meaning: Bilingual;
}

const byPattern = (pattern: RegExp, zh: string, en: string): ColumnType => ({
  accepts: (text) => pattern.test(text),
  expected: { zh, en },
});

/** Letters, digits, dot, hyphen, underscore; at most 64. */
export const code: ColumnType = byPattern(
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
  "编号：字母、数字、. - _，最多 64 个字符，以字母或数字开头",
  "a code: letters, digits, . - _, at most 64, a letter or digit first",
);

const unwritable = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029\uFFFD]/u;

/** One line of text. What a spreadsheet would run as a formula when the register is exported is refused. */
export const text = (maxLength: number): ColumnType => ({
  accepts: (value) => value.length <= maxLength && !/^[=+\-@]/.test(value) && !unwritable.test(value),
  expected: {
    zh: `文字，最多 ${maxLength} 个字符，不含控制字符，不以 = + - @ 开头`,
    en: `text, at most ${maxLength} characters, no control characters, not beginning with = + - @`,
  },
});

/** One of a few words. */
export const oneOf = (...words: readonly string[]): ColumnType => ({
  accepts: (value) => words.includes(value),
  expected: { zh: `下列之一：${words.join("、")}`, en: `one of ${words.join(", ")}` },
});

/** A positive decimal number. */
export const decimal: ColumnType = byPattern(
  /^(?!0+(\.0+)?$)\d{1,9}(\.\d{1,9})?$/,
  "大于 0 的小数",
  "a positive number",
);

/** Time of day. `24:00` is the end of the day. */
export const timeOfDay: ColumnType = byPattern(
  /^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/,
  "时间，如 06:30",
  "a time, e.g. 06:30",
);

/** A calendar day. */
export const day: ColumnType = {
  accepts: (text) => {
    const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN;
    return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
  },
  expected: { zh: "日期，如 2026-11-30", en: "a day, e.g. 2026-11-30" },
};

/** Days of the week in ascending order, 1 = Monday: `12345`. */
export const weekdays: ColumnType = byPattern(
  /^(?=.)1?2?3?4?5?6?7?$/,
  "星期，1 为周一，按顺序，如 12345",
  "days of the week, 1 = Monday, in order, e.g. 12345",
);

/** A telephone number without a leading plus sign. */
export const phone: ColumnType = byPattern(/^\d[\d -]{2,23}$/, "电话号码", "a telephone number, digits only");

/** A gateway's id. */
export const gatewayId: ColumnType = byPattern(
  /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/,
  "网关编号：小写字母、数字、连字符",
  "a gateway's id: lower-case letters, digits, inner hyphens",
);
