import { readFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import type { Figure } from "./bench.ts";
import { benches } from "./index.ts";

interface Baseline {
  readonly value: number;
  /** `atLeast` or `atMost`: which side of `value` is good. */
  readonly bound: "atLeast" | "atMost";
}

const baselines: Record<string, Baseline> = JSON.parse(
  readFileSync(new URL("../../bench/baselines.json", import.meta.url), "utf8"),
);

const verdictOf = (bench: string, { figure, value, variant }: Figure): string => {
  const baseline = baselines[[bench, figure, variant].filter(Boolean).join("/")] ?? baselines[`${bench}/${figure}`];
  if (baseline === undefined) return "";
  const good = baseline.bound === "atLeast" ? value >= baseline.value : value <= baseline.value;
  return `${good ? "ok" : "MISSED"} (${baseline.bound === "atLeast" ? "≥" : "≤"} ${baseline.value})`;
};

const main = async (): Promise<number> => {
  const { values, positionals, tokens } = parseArgs({
    allowPositionals: true,
    strict: false,
    tokens: true,
    options: { quick: { type: "boolean" }, json: { type: "boolean" }, help: { type: "boolean" } },
  });
  if (values["help"] === true) {
    console.log("npm run bench -- [name …] [--quick] [--json] [--<option> <value>]\n");
    for (const bench of benches) console.log(`  ${bench.name.padEnd(12)} ${bench.summary}`);
    return 0;
  }
  const args: Record<string, string> = {};
  const names: string[] = [];
  for (const [index, token] of tokens.entries()) {
    if (token.kind === "option" && !["quick", "json", "help"].includes(token.name)) {
      const next = tokens[index + 1];
      args[token.name] = token.value ?? (next?.kind === "positional" ? next.value : "true");
    } else if (token.kind === "positional") {
      const before = tokens[index - 1];
      const isValue =
        before?.kind === "option" && before.value === undefined && !["quick", "json"].includes(before.name);
      if (!isValue) names.push(token.value);
    }
  }
  const unknown = names.filter((name) => !benches.some((bench) => bench.name === name));
  if (unknown.length > 0) {
    console.error(
      `No benchmark named ${unknown.join(", ")}. There are: ${benches.map((bench) => bench.name).join(", ")}`,
    );
    return 2;
  }
  const json = values["json"] === true;
  if (!json) console.log(`${cpus().length} × ${cpus()[0]?.model ?? "CPU"}, Node ${process.versions.node}`);
  for (const bench of benches.filter(({ name }) => positionals.length === 0 || names.includes(name))) {
    if (!json) console.log(`\n${bench.name}: ${bench.summary}`);
    await bench.run({
      quick: values["quick"] === true,
      args,
      progress: (text) => {
        if (!json) console.error(`  … ${text}`);
      },
      report: (figure) => {
        const load = Number((loadavg()[0] ?? 0).toFixed(2));
        if (json) console.log(JSON.stringify({ bench: bench.name, ...figure, load }));
        else {
          const name = figure.variant === undefined ? figure.figure : `${figure.figure} (${figure.variant})`;
          const parts = figure.numerator === undefined ? "" : ` = ${figure.numerator} / ${figure.denominator}`;
          const value = Number(figure.value.toPrecision(4));
          console.log(`  ${name.padEnd(52)} ${value} ${figure.unit}${parts}  ${verdictOf(bench.name, figure)}`);
        }
      },
    });
  }
  return 0;
};

process.exitCode = await main();
