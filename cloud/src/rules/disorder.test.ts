import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JudgedLedger, minute } from "../../test/judged-ledger.ts";
import { sampleNowMs, weighingOf } from "../../test/memory-ledger.ts";
import { parseRules } from "./parse-rules.ts";
import type { AlertRule } from "./rule.ts";

const lateAfter = 30 * minute;
const over = 10 * minute;

const ruleOf = (id: string, ...lines: readonly string[]): string => `
  - id: ${id}
    severity: notice
    match: { kind: weighing }
    group: { device: dev }
    labels: { grams: body.grams }
    title: { zh: 题, en: title }
    next: { zh: 做, en: do }
    runbook: mine
${lines.map((line) => `    ${line}\n`).join("")}`;

const text = `version: 1\nrules:${ruleOf(
  "heavy",
  "condition: num(body.grams) >= 900.0",
  "lifecycle: { type: event, identity: record, lateAfter: 30m, late: ignore }",
)}${ruleOf(
  "busy",
  "window: { over: 10m, value: body.grams }",
  "condition: window.count >= 3 && window.sum > 1200.0 && percentile(0.5) > 300.0",
  "lifecycle: { type: event, identity: day, lateAfter: 24h, late: alert }",
)}`;
const read = parseRules([{ file: "mine.yaml", text }]);
const rules: readonly AlertRule[] = "rules" in read ? read.rules : [];

/** One weighing: when it was made, before or after it is received, which the gateway says by a clock that is right. */
interface Weighing {
  readonly dev: string;
  readonly grams: number;
  /** After the beginning. */
  readonly receivedMs: number;
  /** Before it is received; below 0: it claims to come from the future. */
  readonly agoMs: number;
}

const weighing: fc.Arbitrary<Weighing> = fc.record({
  dev: fc.constantFrom("scale-01", "scale-02"),
  grams: fc.constantFrom(100, 350, 500, 900, 1_200),
  receivedMs: fc.integer({ min: 0, max: 40 }).map((minutes) => minutes * minute),
  agoMs: fc.constantFrom(0, 0, 0, 1, 5, 12, 29, 31, 200).map((minutes) => minutes * minute),
});
const arrivals = fc
  .array(weighing, { minLength: 1, maxLength: 40 })
  .map((all) => all.toSorted((a, b) => a.receivedMs - b.receivedMs));

interface Found {
  readonly heavy: number;
  readonly busy: readonly string[];
}

/** What the engine finds. */
const judge = (all: readonly Weighing[], limit: number): Found => {
  const judged = new JudgedLedger(rules);
  for (const { dev, grams, receivedMs, agoMs } of all) {
    judged.nowMs = sampleNowMs + receivedMs;
    judged.append({ kind: "weighing", dev, body: weighingOf(String(grams)) }, agoMs);
    if (limit === 1) judged.follow(1);
  }
  judged.follow(limit);
  const heavy = Number(judged.database.prepare("SELECT count(*) FROM match WHERE rule = 'heavy'").pluck().get());
  const open = judged.database.prepare(
    "SELECT DISTINCT json_extract(labels, '$.device') FROM alert WHERE rule = 'busy'",
  );
  const busy = (open.pluck().all() as string[]).toSorted();
  judged.close();
  return { heavy, busy };
};

/** The same by hand, from the words of docs/rules.md: lists, filtered again for every record. */
const byHand = (all: readonly Weighing[]): Found => {
  const heavy = all.filter(({ grams, agoMs }) => grams >= 900 && agoMs <= lateAfter).length;
  const busy = new Set<string>();
  const heard = new Map<string, { readonly madeMs: number; readonly grams: number }[]>();
  for (const { dev, grams, receivedMs, agoMs } of all) {
    const madeMs = receivedMs - agoMs;
    const before = heard.get(dev) ?? [];
    const latestMs = Math.max(madeMs, ...before.map((one) => one.madeMs));
    const inTime = [...before, { madeMs, grams }].filter((one) => one.madeMs > latestMs - over);
    if (madeMs > latestMs - over) {
      const weights = inTime.map((one) => one.grams).toSorted((a, b) => a - b);
      const sum = weights.reduce((total, weight) => total + weight, 0);
      const median = weights[Math.ceil(weights.length / 2) - 1] ?? 0;
      if (weights.length >= 3 && sum > 1_200 && median > 300) busy.add(dev);
    }
    heard.set(dev, inTime);
  }
  return { heavy, busy: [...busy].toSorted() };
};

describe("records late, mixed and in bundles", () => {
  it("come to what is worked out by hand, however many are judged at once (property)", () => {
    expect(rules).toHaveLength(2);
    fc.assert(
      fc.property(arrivals, fc.constantFrom(1, 7, 100), (all, limit) => {
        expect(judge(all, limit)).toEqual(byHand(all));
      }),
      { numRuns: 150 },
    );
  });

  it("would not, if windows ended at the arrival", () => {
    const ended = (all: readonly Weighing[]) =>
      byHand(all.map((one) => ({ ...one, agoMs: Math.min(one.agoMs, minute) })));
    const differs = fc.property(arrivals, (all) => expect(ended(all)).toEqual(judge(all, 100)));
    expect(() => fc.assert(differs, { numRuns: 300 })).toThrow();
  });

  it("from the future count from their arrival at the latest, and the same record again counts once", () => {
    const judged = new JudgedLedger(rules);
    judged.append({ kind: "weighing", body: weighingOf("950") }, -20 * minute);
    judged.follow();
    const [alert] = judged.alerts();
    expect([alert?.rule, alert?.matches]).toEqual(["heavy", 1]);
    expect(alert?.startedMs).toBeLessThanOrEqual(judged.nowMs);
    // The ledger is gone through again from its beginning, as after a loss of the cursor.
    judged.database.transaction(() => judged.follower.reset())();
    judged.runner.rebuild();
    judged.follow();
    expect(judged.alerts().map(({ matches }) => matches)).toEqual([1]);
    judged.close();
  });
});
