import type { Report } from "../api/reports.ts";
import { addDecimal, type Decimal, formatDecimal, parseDecimal, trimDecimal } from "../units/decimal.ts";
import { type ReportLanguage, type ReportWord, reportWords } from "./report-words.ts";

/** A cell: words, a count, or an exact figure with its digits. */
export type Cell = string | number | { readonly figure: string };

/** One table of a report: the same in every format. */
export interface ReportTable {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** From so many on a share means something. */
const leastSamples = 30;

const zero: Decimal = { digits: 0n, scale: 0 };

/** Grams as kilograms, exact. */
const kilograms = (grams: string): Cell => {
  const { digits, scale } = parseDecimal(grams) ?? zero;
  return { figure: formatDecimal(trimDecimal(addDecimal({ digits, scale: scale + 3 }, zero))) };
};

/** Fen as yuan with two decimals. */
const yuan = (fen: number): Cell => {
  const size = Math.abs(fen);
  const cents = String(size % 100).padStart(2, "0");
  return { figure: `${fen < 0 ? "-" : ""}${Math.floor(size / 100)}.${cents}` };
};

type Word = (word: ReportWord) => string;

const rate = (part: number, all: number, word: Word): string => {
  if (all < leastSamples) return `${word("fewSamples")} (${part}/${all})`;
  return `${((100 * part) / all).toFixed(1)}% (${part}/${all})`;
};

const testsTable = ({ tests }: Report, word: Word): ReportTable => {
  const verdicts = ["all", "positive", "suspect", "negative", "invalid", "none"] as const;
  const row = (counts: Report["tests"]["total"]): Cell[] => [
    ...verdicts.map((verdict) => counts[verdict]),
    rate(counts.negative, counts.all, word),
  ];
  return {
    title: word("tests"),
    head: [word("item"), word("assay"), ...verdicts.map(word), word("passRate")],
    rows: [
      ...tests.items.map(({ item, assay, counts }) => [item ?? word("unnamed"), assay, ...row(counts)]),
      [word("total"), "", ...row(tests.total)],
    ],
  };
};

const tradeTables = ({ weighings, sales }: Report, word: Word): ReportTable[] => [
  {
    title: word("trade"),
    head: (["weighings", "weight", "withoutWeight", "sales", "refunds", "voids", "amount", "mismatches"] as const).map(
      word,
    ),
    rows: [
      [
        ...[
          weighings.count,
          kilograms(weighings.grams),
          weighings.withoutGrams,
          sales.sales,
          sales.refunds,
          sales.voids,
        ],
        ...[yuan(sales.amountFen), sales.mismatches],
      ],
    ],
  },
  {
    title: word("sales"),
    head: (["item", "lines", "weight", "amount"] as const).map(word),
    rows: sales.items.map(({ item, name, lines, grams, amountFen }) => [
      ...[name ?? item ?? word("unnamed"), lines, kilograms(grams), yuan(amountFen)],
    ]),
  },
];

const devicesTable = ({ devices }: Report, word: Word): ReportTable => ({
  title: word("devices"),
  head: (["device", "stall", "weighings", "all", "faults", "faultMinutes"] as const).map(word),
  rows: devices.map(({ gw, dev, stall, weighings, tests, faults, faultMinutes }) => [
    ...[`${gw} / ${dev}`, stall ?? "", weighings, tests, faults, faultMinutes],
  ]),
});

const alertTables = ({ alerts }: Report, language: ReportLanguage, word: Word): ReportTable[] => {
  const steps = ["acknowledged", "handled", "ended"] as const;
  const minutes = (value: number | null): Cell => value ?? "–";
  return [
    {
      title: word("alerts"),
      head: [word("rule"), word("fired")],
      rows: [
        ...alerts.rules.map(({ title, fired }) => [title[language], fired]),
        [word("total"), alerts.fired],
        [word("stillOpen"), alerts.stillOpen],
      ],
    },
    {
      title: word("step"),
      head: (["step", "of", "median", "p90"] as const).map(word),
      rows: steps.map((step) => [word(step), alerts[step].of, minutes(alerts[step].median), minutes(alerts[step].p90)]),
    },
  ];
};

/** What a report says, as tables. Every share stands with what it is of; below thirty samples it is none. */
export const reportTables = (report: Report, language: ReportLanguage): readonly ReportTable[] => {
  const word: Word = (name) => reportWords[name][language];
  return [
    testsTable(report, word),
    ...tradeTables(report, word),
    devicesTable(report, word),
    ...alertTables(report, language, word),
  ];
};

/** Title and small print of a report; `timeText` tells an instant in a time zone. */
export const reportHead = (
  report: Report,
  language: ReportLanguage,
  timeText: (at: string, timezone: string) => string,
) => {
  const { site, period, cutOff } = report;
  const word: Word = (name) => reportWords[name][language];
  const days = period.first === period.last ? period.first : `${period.first} – ${period.last}`;
  return {
    title: `${site.name} ${word(period.type)} ${days}`,
    asOf: `${word("cutOff")} ${timeText(cutOff.at, period.timezone)} · ${word("ledger")} ${cutOff.lsn}`,
    warning: period.complete ? null : word("incomplete"),
    signature: word("signature"),
    nothing: word("nothing"),
  };
};
