import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { repositoryRoot } from "../../src/harness/repository.ts";
import type { Metric } from "./exposition.ts";

/** Rule files of our own health, each with its cases beside it. */
export const ruleFiles = ["cloud/health-rules/centre", "gateway/health-rules/gateway"] as const;

const ruleFileSchema = z.strictObject({
  groups: z.array(
    z.strictObject({
      name: z.string(),
      rules: z.array(
        z.strictObject({
          alert: z.string().regex(/^[A-Z][A-Za-z]+$/),
          expr: z.string(),
          for: z.string().optional(),
          labels: z.strictObject({ severity: z.enum(["warning", "critical"]) }),
          annotations: z.strictObject({
            summary: z.string().regex(/[\u4e00-\u9fff].* \/ [A-Z{]/),
            runbook: z.string(),
          }),
        }),
      ),
    }),
  ),
});

const series = z.record(z.string(), z.union([z.string(), z.number()]).transform(String));
const casesSchema = z.strictObject({
  healthy: series,
  fires: z.record(z.string(), z.strictObject({ at: z.string(), series })),
});

/** One alert rule. */
export type AlertRule = z.output<typeof ruleFileSchema>["groups"][number]["rules"][number];

/** Its cases, and those of its neighbours. */
export type RuleCases = z.output<typeof casesSchema>;

const readYaml = (path: string): unknown => parse(readFileSync(join(repositoryRoot, path), "utf8"));

/** The rules of a file of {@link ruleFiles}. */
export const readRules = (file: string): AlertRule[] =>
  ruleFileSchema.parse(readYaml(`${file}.rules.yaml`)).groups.flatMap(({ rules }) => rules);

/** The cases beside it. */
export const readCases = (file: string): RuleCases => casesSchema.parse(readYaml(`${file}.cases.yaml`));

/** `CentreDown` → `docs/runbooks/centre-down.md`. */
export const runbookOf = (alert: string): string =>
  `docs/runbooks/${alert.replaceAll(/(?<!^)(?=[A-Z])/g, "-").toLowerCase()}.md`;

/** Labels that Prometheus itself gives to what it scrapes. */
const givenLabels: ReadonlySet<string> = new Set(["job", "instance"]);
/** Metrics that Prometheus itself makes. */
const givenMetrics: ReadonlySet<string> = new Set(["up"]);

interface Matcher {
  readonly label: string;
  readonly value: string;
  readonly isPattern: boolean;
}

const matchersOf = (text: string): Matcher[] =>
  [...text.matchAll(/(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"/g)].map(([, label = "", operator = "", value = ""]) => ({
    ...{ label, value, isPattern: operator.endsWith("~") },
  }));

const lacks = ({ label, value, isPattern }: Matcher, metric: Metric): boolean => {
  if (givenLabels.has(label)) return false;
  const seen = metric.labels.get(label);
  if (seen === undefined) return true;
  const wanted = isPattern ? value.split("|") : [value];
  return wanted.some((one) => !seen.has(one));
};

/** What an expression asks for that no process shows: metrics, labels and values of labels. */
export const unknownIn = (expr: string, shown: readonly Metric[]): string[] => {
  const byName = new Map(shown.map((metric) => [metric.name, metric]));
  const ours = /\b(up|(?:mingcheng|process|nodejs)_\w+)(?:\{([^}]*)\})?/g;
  return [...expr.matchAll(ours)].flatMap(([, name = "", selector = ""]) => {
    if (givenMetrics.has(name)) return [];
    const metric = byName.get(name) ?? byName.get(name.replace(/_bucket$/, ""));
    if (metric === undefined) return [name];
    return matchersOf(selector)
      .filter((matcher) => lacks(matcher, metric))
      .map(({ label, value }) => `${name}{${label}="${value}"}`);
  });
};

/** A file for `promtool test rules`: nothing fires until `wellUntil` while all is well; each alert fires in its case. */
export const promtoolTests = (rulesPath: string, { healthy, fires }: RuleCases, wellUntil: string): object => {
  // Hours of values only where they are looked at: promtool takes its time.
  const shortened = (at: string, value: string) => (at.endsWith("h") ? value : value.replace(/x300$/, "x120"));
  const inputOf = (values: Readonly<Record<string, string>>, at: string) =>
    Object.entries({ ...healthy, ...values }).map(([name, value]) => ({ series: name, values: shortened(at, value) }));
  const test = (values: Readonly<Record<string, string>>, at: string, alert: string, count: number) => ({
    ...{ name: `${alert} at ${at}`, interval: "1m", input_series: inputOf(values, at) },
    promql_expr_test: [
      {
        expr: `count(count by (alertname) (ALERTS{alertstate="firing",alertname=~"${alert}"}))`,
        eval_time: at,
        exp_samples: count === 0 ? [] : [{ labels: "{}", value: count }],
      },
    ],
  });
  return {
    rule_files: [rulesPath],
    evaluation_interval: "1m",
    tests: [
      test({}, wellUntil, ".+", 0),
      ...Object.entries(fires).map(([alert, { at, series: values }]) => test(values, at, alert, 1)),
    ],
  };
};
