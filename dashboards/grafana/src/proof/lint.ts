import type { DashboardFile, LinkFile, PanelFile } from "./dashboard-file.ts";
import { legibilityFaults } from "./legibility.ts";

/** Everything that one dashboard's lint has to know of the others. */
export interface LintContext {
  /** By uid: the variables of each dashboard that links may lead to. */
  readonly variablesOf: ReadonlyMap<string, ReadonlySet<string>>;
  readonly language: "zh" | "en";
}

/** A rule: what it finds wrong, in words that name the panel. */
type Rule = (dashboard: DashboardFile, context: LintContext) => readonly string[];

const columnsOfGrid = 24;
const han = /\p{Script=Han}/u;

const named = ({ title, id }: PanelFile): string => `panel ${id} “${title}”`;

const eachPanel =
  (check: (panel: PanelFile, dashboard: DashboardFile, context: LintContext) => readonly string[]): Rule =>
  (dashboard, context) =>
    dashboard.panels.flatMap((panel) => check(panel, dashboard, context).map((fault) => `${named(panel)}: ${fault}`));

const unless = (holds: boolean, fault: string): readonly string[] => (holds ? [] : [fault]);

const saysSomething = (words: string | undefined): boolean => (words ?? "").trim().length > 0;

const inLanguage = (words: string | undefined, language: "zh" | "en"): boolean =>
  han.test(words ?? "") === (language === "zh");

const overlaps = (a: PanelFile["gridPos"], b: PanelFile["gridPos"]): boolean =>
  a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

const head: Rule = ({ title, description, uid, editable, refresh, links }, { language }) => [
  ...unless(saysSomething(title), "the dashboard has no title"),
  ...unless(saysSomething(description), "the dashboard has no description"),
  ...unless(inLanguage(title, language) && inLanguage(description, language), `“${title}” is not in ${language}`),
  ...unless(/^mc-[a-z-]+$/.test(uid) && uid.length <= 40, `uid “${uid}” is none of ours`),
  ...unless(!editable, "people could change what the next start overwrites"),
  ...unless(saysSomething(refresh), "it does not refresh itself"),
  ...links.flatMap(({ title: link, includeVars, keepTime }) =>
    unless(includeVars === true && keepTime === true, `the link “${link}” loses variables or time`),
  ),
];

const words = eachPanel(({ title, description }, _, { language }) => [
  ...unless(saysSomething(title), "no title"),
  ...unless(saysSomething(description), "no description"),
  ...unless(inLanguage(title, language), `the title is not in ${language}`),
  ...unless(inLanguage(description, language), `the description is not in ${language}`),
]);

const builtIn = new Set(["stat", "bargauge", "timeseries", "table"]);

const numbers = eachPanel(({ type, fieldConfig }) => {
  const { unit, noValue, thresholds } = fieldConfig?.defaults ?? {};
  const steps = thresholds?.steps ?? [];
  const values = steps.slice(1).map(({ value }) => value ?? Number.NEGATIVE_INFINITY);
  return [
    ...unless(builtIn.has(type), `${type} is no built-in type that every county has`),
    ...unless(saysSomething(unit), "no unit"),
    ...unless(
      saysSomething(noValue) && !/^[\d\s.,-]+$/.test(noValue ?? ""),
      "where there are no data it does not say so",
    ),
    ...unless(steps[0]?.value === null, "thresholds do not begin with null"),
    ...unless(
      values.every((value, index) => index === 0 || value > (values[index - 1] ?? 0)),
      "thresholds do not ascend",
    ),
  ];
});

const place: Rule = ({ panels }) =>
  panels.flatMap((panel, index) => {
    const { x, y, w, h } = panel.gridPos;
    const over = panels.slice(index + 1).filter((other) => overlaps(panel.gridPos, other.gridPos));
    const twins = panels.slice(index + 1).filter(({ id }) => id === panel.id);
    return [
      ...unless(x >= 0 && y >= 0 && w > 0 && h > 0 && x + w <= columnsOfGrid, "it leaves the grid"),
      ...over.map((other) => `it lies over ${named(other)}`),
      ...twins.map((other) => `it has the id of ${named(other)}`),
    ].map((fault) => `${named(panel)}: ${fault}`);
  });

const sourceVariable = `$\{datasource}`;

const sources = eachPanel(({ datasource, targets = [] }, { templating }) => [
  ...unless(targets.length > 0, "no query"),
  ...unless(
    [datasource, ...targets.map((target) => target.datasource)].every(
      (source) => source?.type === "influxdb" && source.uid === sourceVariable,
    ),
    "a data source is named in place of the variable",
  ),
  ...unless(
    templating.list.some(
      ({ name, type, query }) => name === "datasource" && type === "datasource" && query === "influxdb",
    ),
    "the dashboard has no variable for the data source",
  ),
]);

const queries = eachPanel(({ targets = [] }, { templating }) => {
  const known = new Set(templating.list.map(({ name }) => name));
  const refIds = targets.map(({ refId }) => refId);
  return [
    ...unless(new Set(refIds).size === refIds.length, "two queries have the same refId"),
    ...targets.flatMap(({ refId, query }) => [
      ...unless(/\$timeFilter|time > now\(\) - \d/.test(query), `query ${refId} has no bound in time`),
      ...unless(!/fill\(0\)/.test(query), `query ${refId} shows 0 where nothing was measured`),
      ...unless(!/\bcount\(\*\)|SELECT \*/i.test(query), `query ${refId} asks for everything`),
      ...[...query.matchAll(/\^\$(\w+)\$/g)].flatMap(([, name = ""]) =>
        unless(known.has(name), `query ${refId} names the variable ${name}, which is none`),
      ),
    ]),
  ];
});

interface Column {
  readonly unit?: string | undefined;
  readonly isSample: boolean;
}

/** Units and marks of the columns that a panel shows: its own, and those that overrides give. */
const columnsOf = ({ fieldConfig }: PanelFile): readonly Column[] => {
  const overridden = (fieldConfig?.overrides ?? []).map(({ properties }) => ({
    unit: properties.find(({ id }) => id === "unit")?.value as string | undefined,
    isSample: properties.some(({ id }) => id === "mappings"),
  }));
  return [{ unit: fieldConfig?.defaults.unit, isSample: false }, ...overridden];
};

const rates = eachPanel((panel) => {
  const columns = columnsOf(panel);
  if (!columns.some(({ unit }) => unit === "percentunit")) return [];
  const hasCount = columns.some(({ unit, isSample }) => isSample || unit === "locale");
  const hasTime = panel.type === "timeseries" || columns.some(({ unit }) => unit?.startsWith("time:"));
  return [
    ...unless(hasCount, "a rate without the number it is of"),
    ...unless(hasTime, "a rate without the time that the data reach"),
  ];
});

const target = /^\/d\/([a-z-]+)(?:\?(.*))?$/;

const linkFaults = ({ title, url = "" }: LinkFile, { variablesOf }: LintContext): readonly string[] => {
  const [, uid = "", parameters = ""] = target.exec(url) ?? [];
  const variables = variablesOf.get(uid);
  if (variables === undefined) return [`the link “${title}” leads nowhere: ${url}`];
  return [...parameters.matchAll(/var-(\w+)=/g)].flatMap(([, name = ""]) =>
    unless(variables.has(name), `the link “${title}” sets ${name}, which ${uid} does not have`),
  );
};

const links: Rule = (dashboard, context) => [
  ...dashboard.links.flatMap((link) => linkFaults(link, context)),
  ...eachPanel(({ fieldConfig }) => (fieldConfig?.defaults.links ?? []).flatMap((link) => linkFaults(link, context)))(
    dashboard,
    context,
  ),
];

const rules: readonly Rule[] = [head, words, numbers, place, sources, queries, rates, links];

/** What our own rules find wrong with a dashboard that Grafana's schema accepts; empty when nothing is. */
export const lintFaults = (dashboard: DashboardFile, context: LintContext): readonly string[] => [
  ...rules.flatMap((rule) => rule(dashboard, context)),
  ...legibilityFaults(dashboard),
];
