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
  inTests(condition, "condition: body.item.startsWith('a')", "rules.0.condition", "ask body.item != null first"),
  inTests(condition, "condition: body.reagent.lot == 'L'", "rules.0.condition", "body.reagent may be null"),
  inTests(
    condition,
    "condition: body.reagent != null && body.reagent.lott == 'L'",
    "rules.0.condition",
    "reagent.lott",
  ),
  inTests(condition, "condition: body.reagent != null && body.reagent.expires < ''", "rules.0.condition", "ask has("),
  inTests(condition, "condition: body.item == null && body.item > ''", "rules.0.condition", "may be null"),
  inTests(condition, "condition: body.flags.matches('(a+)+')", "rules.0.condition", "for ever"),
  inTests(condition, "condition: body.flags.matches('(a')", "rules.0.condition", "not a pattern"),
  inTests(condition, "condition: body.flags.matches(body.unit)", "rules.0.condition", "in quotes"),
  inTests(condition, "condition: percentile(0.5) > 1.0", "rules.0.condition", "of a window only"),
  inTests(condition, "condition: within('lunch')", "rules.0.condition", "no such hours"),
  inTests("  - id: test-positive", "  - id: rule-broken", "rules.0.id", "the centre itself"),
  inTests("owner: role:inspector", "owner: role:inspecter", "rules.0.owner", "no role inspecter"),
  inTests("tier: station", "tier: !tier station", "", "tag"),
  inTests("group: { gateway: gw,", "group: { gateway: *no,", "", "nothing is called &no"),
  inTests("labels: {", "labels: { __proto__: gw,", "", "__proto__"),
  inTests("specimen {specimen}", "specimen {specimen", "rules.0.title.en", "belongs to no label"),
  inTests("specimen {specimen}", "see www.example.org", "rules.0.title.en", "cannot be sent"),
  inTests("specimen {specimen}", "call 0592-5551234", "rules.0.title.en", "cannot be sent"),
  inTests("specimen {specimen}", "【specimen】", "rules.0.title.en", "cannot be sent"),
  inTests("specimen {specimen}", "specimen\\n{specimen}", "rules.0.title.en", "one line"),
  inTests(
    "repeat: 4h",
    "inhibitedBy: [{ rule: test-positive, equal: [item] }]",
    "rules.0.inhibitedBy.0.rule",
    "itself",
  ),
  inDevices(
    'condition: body.status in ["silent", "offline", "parked"]',
    "absence: { each: device, types: [scales], for: 3h }",
    "rules.0.absence.types.0",
    "no such class",
  ),
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

  it("let an expression ask first for what a record may leave out", () => {
    const asked = [
      "body.item == null || body.item.startsWith('a')",
      "!(body.item == null) && body.item.startsWith('a')",
      "body.item in ['a', 'b'] && body.item.startsWith('a')",
      "body.item != null ? body.item.startsWith('a') : false",
      "num(body.number) > 1.0 && body.number.size() > 3",
      "body.reagent != null && has(body.reagent.expires) && body.reagent.expires < body.completedAt",
      "body.specimenId.matches('^[A-Z]+-[0-9]{4}(-[0-9]+)?$')",
    ];
    const refused = asked.filter(
      (one) =>
        "issues" in parseRules([{ file: "rules.yaml", text: tests.replace(condition, () => `condition: "${one}"`) }]),
    );
    expect(refused).toEqual([]);
  });

  it("name labels that an inhibition compares and one side lacks, and circles", () => {
    const inhibited = (equal: string) =>
      tests.replace("repeat: 4h", `inhibitedBy: [{ rule: device-silent, equal: [${equal}] }]`);
    const file = "devices.yaml";
    const back = devices.replace(
      "    title:",
      "    inhibitedBy: [{ rule: test-positive, equal: [gateway] }]\n    title:",
    );
    expect(
      parseRules([
        { file: "tests.yaml", text: inhibited("gateway, specimen") },
        { file, text: devices },
      ]),
    ).toMatchObject({
      issues: [{ field: "rules.0.inhibitedBy.0.equal.1", message: { en: "device-silent has no label specimen" } }],
    });
    expect(
      parseRules([
        { file: "tests.yaml", text: inhibited("gateway") },
        { file, text: devices },
      ]),
    ).toHaveProperty("rules");
    expect(
      parseRules([
        { file: "tests.yaml", text: inhibited("gateway") },
        { file, text: back },
      ]),
    ).toMatchObject({
      issues: [{ file: "tests.yaml" }, { file, message: { en: "device-silent would inhibit itself" } }],
    });
  });

  it("are refused where they are no text, too long, or stand for more than they say", () => {
    const latin = new TextDecoder().decode(
      Uint8Array.from(Buffer.from(tests.replace("Hold the goods", "Hält"), "latin1")),
    );
    const bomb = Array.from("bcdefghi").reduce(
      (text, name, at) => `${text}${name}: &${name} [${Array(9).fill(`*${"abcdefgh"[at]}`).join(", ")}]\n`,
      "version: 1\na: &a [0]\n",
    );
    const issues = [latin, `${tests}#${"x".repeat(1024 * 1024)}`, bomb].map((text) => {
      const read = parseRules([{ file: "rules.yaml", text }]);
      return "issues" in read ? read.issues[0] : undefined;
    });
    const line = tests.split("\n").findIndex((one) => /[\u0080-\uffff]/.test(one)) + 1;
    expect(issues).toMatchObject([
      { line, message: { en: "not UTF-8 text", zh: "不是 UTF-8 文本" } },
      { line: 1, message: { en: "longer than 1 MiB" } },
      { line: 3, message: { en: "aliases stand for too much" } },
    ]);
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
    const place = `${path}:${line}:32`;
    expect((refusal as Error).message).toBe(
      `${place}: body.verdict 不可能是 "positiv" / ${place}: "positiv" is no value of body.verdict`,
    );
    const missing = await loadRules(join(directory, "none.yaml")).catch((error: unknown) => error);
    expect(isCode(missing, "RULE_INVALID")).toBe(true);
    rmSync(directory, { recursive: true });
  });
});
