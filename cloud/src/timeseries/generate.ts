import { type SeriesMeasurement, type SeriesMeasurementName, seriesLayout } from "@mingcheng/protocols";

const origins = {
  record: "one point per ledger record (of a sale's lines: per line)",
  alert: "one point per entry of an alert's history",
  sample: "a look at the present, every minute, or what those of ten minutes came to",
  rollup: "sums, written again whenever they change",
} as const satisfies Readonly<Record<SeriesMeasurement["origin"], string>>;

const spans = { "10m": "ten minutes", hour: "hour", day: "day" } as const;

const section = (name: SeriesMeasurementName): string => {
  const { zh, en, tags, fields, origin, retention, period }: SeriesMeasurement = seriesLayout[name];
  const span = period === undefined ? "" : ` A point stands at the first instant of its ${spans[period]}.`;
  const rows = Object.entries(fields).map(
    ([field, about]) => `| \`${field}\` | ${about.type} | ${about.unit} | ${about.zh} | ${about.en} |`,
  );
  return `## \`${name}\`

${zh} / ${en}. In \`"${retention}"\`: ${origins[origin]}.${span}

Tags: ${tags.length === 0 ? "none" : tags.map((tag) => `\`${tag}\``).join(", ")}.

| field | type | unit | 含义 | meaning |
|---|---|---|---|---|
${rows.join("\n")}
`;
};

/** The reference of the time series' layout, made from the layout itself. */
export const generated = (): { path: string; text: string }[] => {
  const names = Object.keys(seriesLayout) as SeriesMeasurementName[];
  const head = `# Time series: every measurement

Written by \`npm run gen\` from \`protocols/src/timeseries/layout.ts\`. What it all means, and how to read it without mistakes:
[timeseries.md](timeseries.md).

`;
  return [{ path: "docs/timeseries-layout.md", text: head + names.map(section).join("\n") }];
};
