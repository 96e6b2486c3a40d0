import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { repositoryRoot } from "../../src/harness/repository.ts";
import { needs } from "../../src/harness/requirements.ts";
import { promtoolTests, type RuleCases, readCases, readRules, ruleFiles, runbookOf } from "./rule-files.ts";

const promtool = needs("prometheus");

/** Runs the cases; undefined when all hold, else what promtool says. */
const fail = (file: string, cases: RuleCases, wellUntil: string): string | undefined => {
  const dir = mkdtempSync(join(tmpdir(), "mingcheng-rules-"));
  try {
    const tests = join(dir, "tests.json");
    writeFileSync(tests, JSON.stringify(promtoolTests(join(repositoryRoot, `${file}.rules.yaml`), cases, wellUntil)));
    const { status, stdout, stderr } = spawnSync("promtool", ["test", "rules", tests], { encoding: "utf8" });
    return status === 0 ? undefined : stdout + stderr;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
};

describe.each(ruleFiles)("the rules of %s", (file) => {
  const rules = readRules(file);

  it("have a case and a runbook of their own name each", () => {
    const { fires } = readCases(file);
    expect(Object.keys(fires)).toEqual(rules.map(({ alert }) => alert));
    const lacking = rules.filter(({ alert, annotations: { runbook } }) => {
      const page = join(repositoryRoot, runbook);
      return runbook !== runbookOf(alert) || !existsSync(page) || !readFileSync(page, "utf8").includes(`\`${alert}\``);
    });
    expect(lacking.map(({ alert }) => alert)).toEqual([]);
  });

  it.skipIf(promtool.skip)(
    promtool.title("are what Prometheus takes; none fires while all is well, each fires in its case"),
    () => {
      expect(fail(file, readCases(file), "4h")).toBeUndefined();
    },
  );

  it.skipIf(promtool.skip)(promtool.title("would be found out: one that never fires, and one that always does"), () => {
    const cases = readCases(file);
    const [first] = Object.entries(cases.fires);
    if (first === undefined) throw new Error("no case");
    const [alert, { at }] = first;
    expect(fail(file, { ...cases, fires: { [alert]: { at, series: {} } } }, "5m") ?? "").toContain(alert);
    const ill = Object.values(cases.fires)[0]?.series ?? {};
    expect(fail(file, { healthy: { ...cases.healthy, ...ill }, fires: {} }, "10m") ?? "").toContain("FAILED");
  });
});
