/** One metric as a process shows it. */
export interface Metric {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  /** Label names and the values seen, in the order in which they came. */
  readonly labels: ReadonlyMap<string, ReadonlySet<string>>;
}

const suffixes = /_(?:bucket|sum|count)$/;

/** Reads Prometheus' text format 0.0.4. */
export const readExposition = (text: string): Metric[] => {
  const metrics = new Map<string, { type: string; help: string; labels: Map<string, Set<string>> }>();
  const of = (name: string) => {
    const found = metrics.get(name) ?? { type: "", help: "", labels: new Map<string, Set<string>>() };
    metrics.set(name, found);
    return found;
  };
  for (const line of text.split("\n")) {
    const [, keyword, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) ?(.*)$/.exec(line) ?? [];
    if (keyword === "HELP") of(name).help = rest;
    else if (keyword === "TYPE") of(name).type = rest;
    else if (line !== "" && !line.startsWith("#")) {
      const sample = /^[^{ ]+/.exec(line)?.[0] ?? "";
      const { labels } = of(metrics.has(sample) ? sample : sample.replace(suffixes, ""));
      for (const [, label = "", value = ""] of line.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
        if (label === "le") continue;
        labels.set(label, (labels.get(label) ?? new Set()).add(value));
      }
    }
  }
  return [...metrics].map(([name, { type, help, labels }]) => ({ name, type, help, labels }));
};

/** One row of the tables in `docs/health.md`. */
export interface DocumentedMetric {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
  readonly unit: string;
  readonly help: string;
}

/** Rows `| name | type | labels | unit | meaning |` of a page, names in backquotes. */
export const readTables = (page: string): DocumentedMetric[] =>
  [...page.matchAll(/^\| `(\w+)` \| (\w+) \| ([^|]*) \| ([^|]*) \| ([^|]*) \|$/gm)].map(
    ([, name = "", type = "", labels = "", unit = "", help = ""]) => ({
      ...{ name, type, unit: unit.trim(), help: help.trim() },
      labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label = ""]) => label),
    }),
  );

/** Metrics of the runtime itself: shown by the centre, explained where the runtime is. */
const isOfRuntime = (name: string): boolean => /^(?:nodejs|process)_/.test(name);

/** What a page says otherwise than the processes: names, types and labels. */
export const differences = (shown: readonly Metric[], documented: readonly DocumentedMetric[]): string[] => {
  const byName = new Map(documented.map((metric) => [metric.name, metric]));
  const found: string[] = [];
  for (const { name, type, labels } of shown) {
    const row = byName.get(name);
    byName.delete(name);
    if (row === undefined) {
      if (!isOfRuntime(name)) found.push(`${name}: not in the page`);
      continue;
    }
    if (row.type !== type) found.push(`${name}: is a ${type}`);
    for (const label of labels.keys()) if (!row.labels.includes(label)) found.push(`${name}: has the label ${label}`);
    if (labels.size > 0) {
      for (const label of row.labels) if (!labels.has(label)) found.push(`${name}: has no label ${label}`);
    }
  }
  return [...found, ...[...byName.keys()].map((name) => `${name}: not shown by anybody`)];
};
