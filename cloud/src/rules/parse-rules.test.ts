import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isCode } from "@mingcheng/protocols";
import { describe, expect, it } from "vitest";
import { builtInRules, loadRules } from "./load-rules.ts";
import { parseRules } from "./parse-rules.ts";

const builtIn = readdirSync(builtInRules)
  .filter((file) => file.endsWith(".yaml"))
  .map((file) => ({ file, text: readFileSync(join(builtInRules, file), "utf8") }));
/** A file with one rule of those that come with the centre. */
const only = (rule: string, from: string): string => {
  const text = builtIn.find(({ file }) => file === from)?.text ?? "";
  const [head = "", ...rules] = text.split(/^(?= {2}- id: )/m);
  return head.replace(/^ {2}#.*\n/gm, "") + (rules.find((one) => one.startsWith(`  - id: ${rule}\n`)) ?? "");
};
const tests = only("test-positive", "rapid-tests.yaml");
const devices = only("device-silent", "devices.yaml").replace(/^ *inhibitedBy:.*\n/m, "");

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

const condition = 'condition: body.verdict == "positive"';
const mistakes: readonly Mistake[] = [
  inTests("version: 1", "version: 2", "version", "1"),
  inTests("severity: attention", "severity: urgent", "rules.0.severity", "notice"),
  inTests("severity: attention", "severty: attention", "rules.0.severty", "severty"),
  inTests("  - id: test-positive", "  - id: Test Positive", "rules.0.id", "lower case"),
  inTests("owner: role:inspector", "owner: inspector", "rules.0.owner", "role:<role>"),
  inTests("tier: station", "tier: province", "rules.0.tier", "district"),
  inTests("{ kind: test }", "{ kind: tset }", "rules.0.match.kind", "test"),
  inTests("{ kind: test }", "{ kind: test, gateway: a }", "rules.0.match.gateway", "gateway"),
  inTests("{ kind: test }", "{ kind: test, each: body.lines }", "rules.0.match.each", "no list body.lines"),
  inTests("{ kind: test }", "{ kind: test, where: body.item }", "rules.0.match.where", "true or false"),
  inTests(condition, "condition: body.verdikt == 'positive'", "rules.0.condition", "no body.verdikt"),
  inTests(condition, "condition: body.verdict == 'positiv'", "rules.0.condition", '"positiv" is no value'),
  inTests(condition, "condition: body.verdict in ['none', 'nil']", "rules.0.condition", '"nil" is no value'),
  inTests(condition, "condition: body.verdict == 3", "rules.0.condition", "string == int"),
  inTests(condition, "condition: body.verdict ==", "rules.0.condition", "EOF"),
  inTests(condition, "condition: body.verdict", "rules.0.condition", "true or false is wanted"),
  inTests(condition, "condition: window.count > 3", "rules.0.condition", "window"),
  inTests(condition, "condition: hours() > 3", "rules.0.condition", "hours"),
  inTests(condition, `window: { over: 1h }`, "rules.0.condition", "needs a condition", "  - id: test-positive"),
  inTests(condition, "absence: { each: site, by: 25:00 }", "rules.0.absence.by", "time of day"),
  inTests(condition, "absence: { each: site }", "rules.0.absence", "either `by` or `for`"),
  inTests("identity: result", "identity: serial", "rules.0.lifecycle.identity", "result"),
  inTests("lateAfter: 15m", "lateAfter: 15 min", "rules.0.lifecycle.lateAfter", "a time like"),
  inTests("late: alert", "late: wait", "rules.0.lifecycle.late", "ignore"),
  inTests("specimen: body.specimenId", "specimen: body.instrument", "rules.0.group.specimen", "not one value"),
  inTests("gateway: gw,", "gateway: gw, gateway: gw,", "", "unique"),
  inTests("item: body.item,", "item: body.artikel,", "rules.0.labels.item", "body.artikel"),
  inTests("item: body.item,", "specimen: body.item, item: body.item,", "rules.0.labels.specimen", "already"),
  inTests("specimen {specimen}", "specimen {sample}", "rules.0.title.en", "{sample}"),
  inTests("    runbook: test-positive\n", "", "rules.0.runbook", "string", "  - id: test-positive"),
  inTests("      zh: 先控制", "       zh: 先控制", "", "same column", "      en: Hold"),
  inTests("repeat: 4h", "inhibitedBy: [{ rule: nobody, equal: [gateway] }]", "rules.0.inhibitedBy.0.rule", "no rule"),
  inDevices("type: state", "type: level", "rules.0.lifecycle.type", "state"),
  inDevices("for: 5m", "for: -1m", "rules.0.lifecycle.for", "a time like"),
  inDevices("      for: 5m\n", "", "rules.0.lifecycle.for", "string", "    lifecycle:"),
  inDevices("group: { gateway: gw, device: dev }", "group: {}", "rules.0.group", "at least one"),
  inDevices("during: open", "during: night", "rules.0.during", "meal"),
];

describe("rule files", () => {
  it("that come with the centre are valid, and each rule has a runbook and a place in the guide", async () => {
    const rules = await loadRules(null);
    const docs = fileURLToPath(new URL("../../../docs/", import.meta.url));
    const guide = readFileSync(join(docs, "rules.md"), "utf8");
    const lacking = rules.flatMap(({ id, runbook }) => [
      ...(existsSync(join(docs, "runbooks", `${runbook}.md`)) ? [] : [`${id}: no runbook ${runbook}`]),
      ...(existsSync(join(builtInRules, "cases", `${id}.yaml`)) ? [] : [`${id}: no acceptance cases`]),
      ...(guide.includes(`\`${id}\``) ? [] : [`${id}: not in the guide`]),
    ]);
    expect(lacking).toEqual([]);
  });

  it("name the column within an expression", () => {
    const text = tests.replace(condition, "condition: \"body.item == null || body.verdict == 'positiv'\"");
    const read = parseRules([{ file: "rules.yaml", text }]);
    const lines = text.split("\n");
    const line = lines.findIndex((one) => one.includes("positiv'")) + 1;
    const column = (lines[line - 1]?.indexOf("'positiv'") ?? 0) + 1;
    expect("issues" in read ? read.issues : []).toMatchObject([{ line, column, field: "rules.0.condition" }]);
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
    expect(first?.message.en).toContain(message);
    // Of every mistake in Chinese as well, in its own words.
    expect(first?.message.zh).toMatch(/^(?!表达式有误).*\p{Script=Han}/u);
  });

  it("name a rule that is there twice, in whatever files", () => {
    const read = parseRules([...builtIn, { file: "more.yaml", text: devices }]);
    expect(read).toMatchObject({ issues: [{ file: "more.yaml", field: "rules.0.id" }] });
  });

  it("are refused as a whole, with the place in the message", async () => {
    const directory = mkdtempSync(join(tmpdir(), "mc-rule-file-"));
    const path = join(directory, "mine.yaml");
    writeFileSync(path, tests.replace(condition, "condition: body.verdict == 'positiv'"));
    const line = tests.slice(0, tests.indexOf(condition)).split("\n").length;
    const refusal = await loadRules(path).catch((error: unknown) => error);
    expect(isCode(refusal, "RULE_INVALID")).toBe(true);
    expect((refusal as Error).message).toBe(
      `${path}:${line}:32: body.verdict 不可能是 "positiv" / "positiv" is no value of body.verdict`,
    );
    const missing = await loadRules(join(directory, "none.yaml")).catch((error: unknown) => error);
    expect(isCode(missing, "RULE_INVALID")).toBe(true);
    rmSync(directory, { recursive: true });
  });
});
