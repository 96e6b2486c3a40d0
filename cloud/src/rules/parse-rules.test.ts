import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isCode } from "@mingcheng/protocols";
import { describe, expect, it } from "vitest";
import { builtInRules, loadRules } from "./load-rules.ts";
import { parseRules } from "./parse-rules.ts";

const builtIn = readdirSync(builtInRules).map((file) => ({
  file,
  text: readFileSync(join(builtInRules, file), "utf8"),
}));
const tests = builtIn.find(({ file }) => file === "rapid-tests.yaml")?.text ?? "";
const devices = builtIn.find(({ file }) => file === "devices.yaml")?.text ?? "";

interface Mistake {
  readonly good: string;
  /** What is replaced by what. */
  readonly from: string;
  readonly to: string;
  /** How the mistake must be named. */
  readonly field: string;
  readonly message: string;
  /** What stands in the line that must be named; left out: the replacement. */
  readonly at?: string;
}

const inTests = (from: string, to: string, field: string, message: string, at?: string): Mistake => ({
  ...{ good: tests, from, to, field, message },
  ...(at === undefined ? {} : { at }),
});
const inDevices = (...mistake: Parameters<typeof inTests>): Mistake => ({ ...inTests(...mistake), good: devices });

const mistakes: readonly Mistake[] = [
  inTests("version: 1", "version: 2", "version", "1"),
  inTests("severity: attention", "severity: urgent", "rules.0.severity", "notice"),
  inTests("severity: attention", "severty: attention", "rules.0.severty", "severty"),
  inTests("  - id: test-positive", "  - id: Test Positive", "rules.0.id", "lower case"),
  inTests("owner: role:inspector", "owner: inspector", "rules.0.owner", "role:<role>"),
  inTests("{ kind: test }", "{ kind: tset }", "rules.0.match.kind", "test"),
  inTests("{ kind: test }", "{ kind: test, gateway: a }", "rules.0.match.gateway", "gateway"),
  inTests("field: body.verdict, in", "field: body.verdikt, in", "rules.0.condition.0.field", "body.verdikt"),
  inTests("in: [positive]", "in: [positiv]", "rules.0.condition.0.in.0", '"positiv"'),
  inTests("in: [positive]", "in: []", "rules.0.condition.0.in", ">=1"),
  inTests("identity: result", "identity: serial", "rules.0.lifecycle.identity", "result"),
  inTests("lateAfterMs: 900000", "lateAfterMs: 15 min", "rules.0.lifecycle.lateAfterMs", "whole milliseconds"),
  inTests("late: alert", "late: wait", "rules.0.lifecycle.late", "ignore"),
  inTests("specimen: body.specimenId", "specimen: body.instrument", "rules.0.group.specimen", "not one value"),
  inTests("gateway: gw,", "gateway: gw, gateway: gw,", "", "unique"),
  inTests("item: body.item,", "item: body.artikel,", "rules.0.labels.item", "body.artikel"),
  inTests("item: body.item,", "specimen: body.item, item: body.item,", "rules.0.labels.specimen", "already"),
  inTests("specimen {specimen}", "specimen {sample}", "rules.0.title.en", "{sample}"),
  inTests("    runbook: test-positive\n", "", "rules.0.runbook", "string", "  - id: test-positive"),
  inTests("      zh: 先控制", "       zh: 先控制", "", "same column", "      en: Hold"),
  inDevices("type: state", "type: level", "rules.0.lifecycle.type", "state"),
  inDevices("forMs: 300000", "forMs: -1", "rules.0.lifecycle.forMs", "whole milliseconds"),
  inDevices("      forMs: 300000\n", "", "rules.0.lifecycle.forMs", "whole milliseconds", "    lifecycle:"),
  inDevices("group: { gateway: gw, device: dev }", "group: {}", "rules.0.group", "at least one"),
];

describe("rule files", () => {
  it("that come with the centre are valid, and each rule has a runbook and a place in the guide", async () => {
    const rules = await loadRules(null);
    expect(rules.map(({ id }) => id).toSorted()).toEqual(["device-silent", "test-positive"]);
    const docs = fileURLToPath(new URL("../../../docs/", import.meta.url));
    const guide = readFileSync(join(docs, "alerts.md"), "utf8");
    for (const { id, runbook } of rules) {
      expect(existsSync(join(docs, "runbooks", `${runbook}.md`))).toBe(true);
      expect(guide).toContain(`\`${id}\``);
    }
  });

  it.each(mistakes)("name line and field of a mistake: $to → $field", ({ good, from, to, field, message, at = to }) => {
    expect(good.split(from)).toHaveLength(2);
    const text = good.replace(from, to);
    const read = parseRules([{ file: "rules.yaml", text }]);
    const [first] = "issues" in read ? read.issues : [];
    expect(first).toMatchObject({
      file: "rules.yaml",
      field,
      line: text.slice(0, text.indexOf(at)).split("\n").length,
    });
    expect(first?.message).toContain(message);
  });

  it("name a rule that is there twice, in whatever files", () => {
    const read = parseRules([...builtIn, { file: "more.yaml", text: devices }]);
    expect(read).toMatchObject({ issues: [{ file: "more.yaml", field: "rules.0.id" }] });
  });

  it("are refused as a whole, with the place in the message", async () => {
    const directory = mkdtempSync(join(tmpdir(), "mc-rule-file-"));
    const path = join(directory, "mine.yaml");
    writeFileSync(path, tests.replace("in: [positive]", "in: [positiv]"));
    const line = tests.slice(0, tests.indexOf("in: [positive]")).split("\n").length;
    const refusal = await loadRules(path).catch((error: unknown) => error);
    expect(isCode(refusal, "RULE_INVALID")).toBe(true);
    expect((refusal as Error).message).toContain(`${path}:${line}: "positiv" is no value of body.verdict`);
    const missing = await loadRules(join(directory, "none.yaml")).catch((error: unknown) => error);
    expect(isCode(missing, "RULE_INVALID")).toBe(true);
    rmSync(directory, { recursive: true });
  });
});
