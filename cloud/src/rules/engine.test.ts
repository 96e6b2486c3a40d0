import { afterEach, describe, expect, it } from "vitest";
import { hour, JudgedLedger, minute, positive } from "../../test/judged-ledger.ts";
import { weighingOf } from "../../test/memory-ledger.ts";
import { addSilence, endSilence } from "../alerts/silences.ts";
import { loadRules } from "./load-rules.ts";
import { parseRules } from "./parse-rules.ts";
import type { AlertRule } from "./rule.ts";

const builtIn = await loadRules(null);
const only = (...ids: readonly string[]): readonly AlertRule[] => builtIn.filter(({ id }) => ids.includes(id));

const head = `version: 1
rules:
  - id: mine
    severity: notice
    match: { kind: weighing }
    group: { gateway: gw, device: dev }
    title: { zh: 题, en: title }
    next: { zh: 做, en: do }
    runbook: mine
`;

/** A rule of weighings with some further lines. */
const ruleOf = (...lines: readonly string[]): AlertRule => {
  const text = head + lines.map((line) => `    ${line}\n`).join("");
  const read = parseRules([{ file: "mine.yaml", text }]);
  const [rule] = "rules" in read ? read.rules : [];
  if (rule === undefined) throw new Error(JSON.stringify(read));
  return rule;
};
const event = "lifecycle: { type: event, identity: record, lateAfter: 1h, late: alert }";
const state = "lifecycle: { type: state, for: 0s, lateAfter: 1h, late: ignore }";

let judged: JudgedLedger;
afterEach(() => judged.close());

const weigh = (grams: string, agoMs = 0): void => {
  judged.append({ kind: "weighing", body: weighingOf(grams) }, agoMs);
  judged.follow();
};
const openRules = (): string[] =>
  judged
    .alerts()
    .filter(({ endedMs }) => endedMs === null)
    .map(({ rule }) => rule);

describe("a rule that fails", () => {
  it("is out of use alone, tells the administrator, and works again when its text has changed", () => {
    const bad = ruleOf("condition: int(body.protocol) > 1", event);
    const good = { ...ruleOf("condition: num(body.grams) > 100.0", event), id: "good" };
    judged = new JudgedLedger([bad, good]);
    weigh("500");
    weigh("600");
    expect(openRules().toSorted()).toEqual(["good", "rule-broken"]);
    expect(judged.alerts().find(({ rule }) => rule === "rule-broken")).toMatchObject({
      ...{ owner: "role:administrator", labels: { rule: "mine" }, matches: 0 },
    });
    judged.useRules([{ ...bad, condition: "body.item != null" }, good]);
    expect(openRules()).toEqual(["good"]);
    expect(judged.alerts().find(({ rule }) => rule === "rule-broken")?.state).toBe("resolved");
    weigh("700");
    expect(openRules()).toEqual(["good"]);
  });
});

describe("rules that change while the centre runs", () => {
  const three = "condition: window.count >= 3";

  it("keep what they gathered where they mean the same", () => {
    const rule = ruleOf("window: { over: 1h }", three, state);
    judged = new JudgedLedger([rule]);
    weigh("1");
    weigh("2");
    judged.useRules([{ ...rule, severity: "alarm", title: { zh: "新", en: "new" } }]);
    weigh("3");
    expect(judged.alerts()).toMatchObject([{ state: "firing", severity: "alarm", title: { en: "new" } }]);
  });

  it("start anew where they mean something else, and resolve what stood on the old meaning", () => {
    const rule = ruleOf("window: { over: 1h }", three, state);
    judged = new JudgedLedger([rule]);
    for (const grams of ["1", "2", "3"]) weigh(grams);
    judged.useRules([{ ...rule, window: { overMs: 2 * hour, value: null } }]);
    expect(judged.reasons().at(-1)).toBe("rule-changed");
    weigh("4");
    expect(openRules()).toEqual([]);
  });

  it("ask for other kinds from then on", () => {
    judged = new JudgedLedger(only("test-positive"));
    weigh("1");
    judged.useRules([ruleOf("condition: num(body.grams) > 0.0", event)]);
    weigh("2");
    judged.append(positive());
    judged.follow();
    expect(judged.alerts()).toMatchObject([{ rule: "mine", matches: 1 }]);
  });
});

describe("what is gathered", () => {
  it("is gathered anew and judged once when the ledger is gone through again", () => {
    judged = new JudgedLedger([ruleOf("window: { over: 1h }", "condition: window.count >= 3", state)]);
    for (const grams of ["1", "2", "3"]) weigh(grams);
    judged.wait(2 * hour);
    expect(judged.alerts()).toMatchObject([{ state: "resolved" }]);
    const before = judged.database.prepare("SELECT * FROM history").all();
    judged.runner.rebuild();
    judged.follow();
    expect(judged.database.prepare("SELECT * FROM history").all()).toEqual(before);
  });

  it("of a line that becomes disputed is taken back", () => {
    judged = new JudgedLedger([ruleOf("window: { over: 1h }", "condition: window.count >= 3", state)]);
    weigh("1");
    weigh("2");
    judged.reconcile("disputed");
    judged.append({ kind: "weighing", body: weighingOf("3") }, 0, { lineStatus: "disputed" });
    judged.follow();
    expect(judged.alerts()).toEqual([]);
  });

  it("survives a restart", () => {
    const rules = [ruleOf("window: { over: 1h }", "condition: window.count >= 3", state)];
    judged = new JudgedLedger(rules);
    weigh("1");
    weigh("2");
    judged.restart(rules);
    weigh("3");
    expect(openRules()).toEqual(["mine"]);
  });
});

describe("who is told", () => {
  it("nobody of a rule that is tried out, whose alerts are kept", () => {
    judged = new JudgedLedger(only("test-positive").map((rule) => ({ ...rule, mode: "dry-run" as const })));
    judged.append(positive());
    judged.follow();
    expect(judged.alerts()).toEqual([]);
    expect(judged.states()).toEqual(["test-positive firing"]);
    expect(judged.notified()).toEqual([]);
  });

  it("what holds of a rule that goes live, with all that it gathered, and nothing new once it is tried out again", () => {
    const tried = {
      ...ruleOf("window: { over: 1h }", "condition: window.count >= 3", state),
      mode: "dry-run",
    } as const;
    judged = new JudgedLedger([tried]);
    for (const grams of ["1", "2", "3"]) weigh(grams);
    judged.append({ kind: "weighing", dev: "scale-2", body: weighingOf("1") });
    judged.append({ kind: "weighing", dev: "scale-2", body: weighingOf("2") });
    judged.follow();
    expect([judged.alerts(), judged.notified()]).toEqual([[], []]);
    judged.useRules([{ ...tried, mode: "live" }]);
    expect(judged.alerts()).toMatchObject([{ state: "firing", dry: false }]);
    expect(judged.reasons()).toContain("released");
    expect(judged.notified()).toEqual(["firing"]);
    judged.append({ kind: "weighing", dev: "scale-2", body: weighingOf("3") });
    judged.follow();
    expect(judged.notified()).toEqual(["firing", "firing"]);
    judged.useRules([tried]);
    expect(judged.alerts()).toHaveLength(2);
    for (const grams of ["1", "2", "3"]) judged.append({ kind: "weighing", dev: "scale-3", body: weighingOf(grams) });
    judged.follow();
    expect(judged.alerts()).toHaveLength(2);
    expect(judged.notified()).toEqual(["firing", "firing"]);
  });

  it("a new fact of a rule that went live, though one of the same group was tried out before", () => {
    const tried = { ...ruleOf("condition: num(body.grams) > 100.0", event), mode: "dry-run" } as const;
    judged = new JudgedLedger([tried]);
    weigh("500");
    judged.useRules([{ ...tried, mode: "live" }]);
    expect(judged.notified()).toEqual([]);
    weigh("600");
    expect(judged.alerts()).toMatchObject([{ state: "firing", matches: 1 }]);
    expect(judged.notified()).toEqual(["firing"]);
    judged.useRules([tried]);
    expect(judged.alerts()).toMatchObject([{ state: "firing" }]);
  });

  it("nobody of what was pending when its rule was tried out again, and of all when it went live while pending", () => {
    const pending = "lifecycle: { type: state, for: 5m, lateAfter: 1h, late: ignore }";
    const rule = ruleOf("condition: num(body.grams) > 100.0", pending);
    judged = new JudgedLedger([rule]);
    weigh("500");
    judged.useRules([{ ...rule, mode: "dry-run" }]);
    judged.wait(6 * minute);
    expect(judged.states()).toEqual(["mine firing"]);
    expect(judged.notified()).toEqual([]);
    judged.useRules([rule]);
    expect(judged.notified()).toEqual(["firing"]);
  });

  it("nobody while another alert covers it, and then once", () => {
    const source = { ...ruleOf("condition: body.grams != null && body.grams.startsWith('999')", state), id: "source" };
    const target = {
      ...ruleOf("condition: num(body.grams) > 1000.0", event),
      inhibitedBy: [{ rule: "source", equal: ["device"] }],
    };
    judged = new JudgedLedger([source, target]);
    weigh("999");
    weigh("9990");
    expect(judged.notified()).toEqual(["firing"]);
    const covered = judged.alerts().find(({ rule }) => rule === "mine");
    expect(covered?.untold).toBe("inhibited");
    weigh("1");
    judged.wait(minute);
    expect(judged.reasons(covered?.id)).toEqual(["condition-met", "inhibited", "released"]);
    expect(judged.notified()).toEqual(["firing", "resolved", "firing"]);
  });

  it("nobody while it is silenced, and then if it still fires", () => {
    judged = new JudgedLedger(only("test-positive"));
    const silence = { matchers: { rule: "test-positive", gateway: "market-a" }, by: "li", comment: "training" };
    const { nowMs } = judged;
    const id = addSilence(judged.database, { ...silence, fromMs: nowMs, toMs: nowMs + hour, nowMs });
    judged.append(positive());
    judged.append({ ...positive("s2"), gw: "market-b" });
    judged.follow();
    expect(judged.notified()).toEqual(["firing"]);
    expect(endSilence(judged.database, { id, by: "li", nowMs: judged.nowMs })).toBe(true);
    judged.wait(minute);
    expect(judged.notified()).toEqual(["firing", "firing"]);
    judged.wait(2 * hour);
    expect(judged.notified()).toHaveLength(2);
  });

  it("again while nobody takes it over", () => {
    judged = new JudgedLedger(only("test-positive"));
    judged.append(positive());
    judged.follow();
    judged.wait(4 * hour);
    expect(judged.reasons()).toEqual(["condition-met", "repeated"]);
    expect(judged.notified()).toEqual(["firing", "firing"]);
    judged.database.prepare("UPDATE alert SET state = 'acknowledged'").run();
    judged.wait(8 * hour);
    expect(judged.notified()).toHaveLength(2);
  });
});
