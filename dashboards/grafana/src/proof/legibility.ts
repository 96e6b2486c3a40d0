import type { DashboardFile, PanelFile } from "./dashboard-file.ts";

/** Grafana's grid at 1920 × 1080: 24 columns of the page's width, 30 px rows 8 px apart. */
const grid = { columns: 24, pageWidth: 1920, sidePadding: 32, rowPitch: 38, gap: 8 } as const;

/** Rows that fit on 1080 pixels under the page's own padding in kiosk mode. */
const rowsOnScreen = 27;

/** A panel's own head and padding, in pixels. */
const panelHead = 36;
const panelPadding = 16;

/** Least sizes, in pixels at 1920 × 1080, that a wall may use: numbers of 40 px and names of 24 px are read from 6 m. */
const least = { value: 40, name: 24 } as const;

/** Lines need air. */
const lineHeight = 1.2;

const han = /\p{Script=Han}|[（），：、；。]/u;

/** Width of a text in em: a Chinese character is as wide as high, others are about half of it. */
const widthEm = (words: string): number =>
  Array.from(words).reduce((sum, letter) => sum + (han.test(letter) ? 1 : 0.56), 0);

const pixels = ({ w, h }: PanelFile["gridPos"]) => ({
  width: (w * (grid.pageWidth - grid.sidePadding)) / grid.columns - grid.gap - panelPadding,
  height: h * grid.rowPitch - grid.gap - panelHead - panelPadding / 2,
});

/** The widest that a number of each unit gets in a city: counts in the millions, money in tens of millions. */
const widest: readonly (readonly [unit: RegExp, number: string])[] = [
  [/^time:/, "11-23 14:05"],
  [/^percent/, "100.0%"],
  [/^bytes$/, "1023.9 GiB"],
  [/./, "12,345,678"],
];

/** Names of the columns of a panel's queries, as the viewer reads them. */
export const columnNames = ({ targets = [] }: PanelFile): readonly string[] =>
  targets.flatMap(({ query }) =>
    [...outermost(query).matchAll(/ AS "((?:[^"\\]|\\.)*)"/g)].map(([, name = ""]) => name),
  );

/** A query without what stands in its FROM (…). */
const outermost = (query: string): string => query.split(" FROM ")[0] ?? query;

/** The widest text that stands beside a name: a number of its unit, or the longest wording that values are mapped to. */
const widestText = ({ fieldConfig }: PanelFile, name: string): string => {
  const properties = fieldConfig?.overrides.find(({ matcher }) => matcher.options === name)?.properties ?? [];
  const own = properties.find(({ id }) => id === "unit")?.value;
  const unit = typeof own === "string" ? own : (fieldConfig?.defaults.unit ?? "");
  const mapped = JSON.stringify(properties.find(({ id }) => id === "mappings")?.value ?? []);
  const wordings = [...mapped.matchAll(/"text":"([^"]*)"/g)].map(([, wording = ""]) => wording);
  const numbers = widest.filter(([matches]) => matches.test(unit)).slice(0, 1);
  return [...wordings, ...numbers.map(([, number]) => number)].sort((a, b) => widthEm(b) - widthEm(a))[0] ?? "";
};

const sizeFaults = ({ options }: PanelFile): readonly string[] => {
  const { valueSize = 0, titleSize = 0 } = options?.text ?? {};
  return [
    ...(valueSize >= least.value ? [] : [`numbers of ${valueSize} px cannot be read from 6 m`]),
    ...(titleSize >= least.name ? [] : [`names of ${titleSize} px cannot be read from 6 m`]),
  ];
};

const tileFaults = (panel: PanelFile): readonly string[] => {
  const { valueSize = 0, titleSize = 0 } = panel.options?.text ?? {};
  const { width, height } = pixels(panel.gridPos);
  const names = columnNames(panel);
  const need = names.length * Math.max(valueSize, titleSize) * lineHeight;
  return [
    ...(need <= height
      ? []
      : [`${names.length} rows need ${Math.ceil(need)} px of height, there are ${Math.floor(height)}`]),
    ...names.flatMap((name) => {
      const wide = widthEm(name) * titleSize + widthEm(widestText(panel, name)) * valueSize;
      return wide <= width
        ? []
        : [`“${name}” and its number need ${Math.ceil(wide)} px, there are ${Math.floor(width)}`];
    }),
  ];
};

/** A panel's title is set in 14 px, up to its menu. */
const titleFaults = ({ title, gridPos }: PanelFile): readonly string[] =>
  widthEm(title) * 14 + 40 <= pixels(gridPos).width ? [] : ["the title does not fit"];

/**
 * What cannot be read across a room. The first screen of every dashboard is made of tiles and bars, whose type is as large as
 * we say; Grafana's graphs and tables have small type and stand below it, for a desk.
 */
export const legibilityFaults = ({ panels }: DashboardFile): readonly string[] =>
  panels.flatMap((panel) => {
    const { type, gridPos, title, id } = panel;
    const isLarge = type === "stat" || type === "bargauge";
    const isOnFirstScreen = gridPos.y < 18;
    return [
      ...(isOnFirstScreen && !isLarge ? ["graphs and tables cannot be read from 6 m: they belong below row 18"] : []),
      ...(isLarge && gridPos.y + gridPos.h > rowsOnScreen ? ["it does not fit on the first screen"] : []),
      ...(isLarge ? sizeFaults(panel) : []),
      ...(type === "stat" ? tileFaults(panel) : []),
      ...titleFaults(panel),
    ].map((fault) => `panel ${id} “${title}”: ${fault}`);
  });
