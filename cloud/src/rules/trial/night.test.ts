import { describe, expect, it } from "vitest";
import { ownArena } from "../gathering/cells.ts";
import { presenceKind } from "../gathering/presence-book.ts";
import { loadRules } from "../load-rules.ts";
import type { AlertRule } from "../rule.ts";
import { caseFileSchema } from "./case-schema.ts";
import { runCase } from "./run-case.ts";

const rules = await loadRules(null);

/** No test by then, in a market that trades from eight in the evening to three in the morning. */
const byMinute = (minute: number): AlertRule => {
  const rule = rules.find(({ id }) => id === "test-missing");
  if (rule?.absence == null) throw new Error("test-missing comes with the centre");
  return { ...rule, inhibitedBy: [], absence: { ...rule.absence, types: ["wholesale-market"], byMinute: minute } };
};

const register = [
  { kind: "calendars", code: "night", name: "夜市" },
  { kind: "hours", calendar: "night", purpose: "open", days: "1234567", start: "20:00", end: "24:00" },
  { kind: "hours", calendar: "night", purpose: "open", days: "1234567", start: "00:00", end: "03:00" },
  { kind: "sites", code: "night-a", name: "夜市甲", type: "wholesale-market", area: "station", calendar: "night" },
  { kind: "devices", gw: "night-a", dev: "tester-n", class: "tester" },
  { kind: "placements", gw: "night-a", dev: "tester-n", site: "night-a" },
];

/** Faults of a night from seven in the evening on, with tests at these hours after it. */
const faults = (rule: AlertRule, testedAt: readonly string[], want: readonly unknown[]) => {
  const push = testedAt.map((at) => ({ at, kind: "test", gw: "night-a", dev: "tester-n" }));
  const one = { name: "night", start: "2026-11-23T19:00:00+08:00", register, push, until: "9h", want };
  const [played] = caseFileSchema.parse({ version: 1, rule: rule.id, cases: [one] }).cases;
  if (played === undefined) throw new Error("one case was given");
  return runCase([rule], rule, played).faults.map(({ en }) => en);
};

describe("a market that trades over midnight", () => {
  it("has one day from evening to morning: by one at night counts what was tested before midnight", () => {
    const fired = { state: "firing", between: ["6h", "6h"], labels: { site: "night-a" } };
    const over = { state: "resolved", between: ["8h", "8h"] };
    expect(faults(byMinute(60), ["4h"], [])).toEqual([]);
    expect(faults(byMinute(60), [], [fired, over])).toEqual([]);
  });

  it("asks in the evening for tests of this night, not of the one before", () => {
    const fired = { state: "firing", between: ["3h", "3h"] };
    const over = { state: "resolved", between: ["330m", "330m"] };
    expect(faults(byMinute(22 * 60), ["330m"], [fired, over])).toEqual([]);
    expect(faults(byMinute(22 * 60), ["2h"], [])).toEqual([]);
  });

  it("keeps the day to which a record counted when it is gone through again", () => {
    const kind = presenceKind(() => "2026-11-24");
    const part = kind.empty(ownArena());
    kind.replay(part, { atMs: 1, line: 0, value: "2026-11-23" });
    expect(part.toJSON()).toMatchObject({ day: "2026-11-23", count: 1 });
    kind.replay(part, { atMs: 2, line: 0, value: null });
    expect(part.toJSON()).toMatchObject({ day: "2026-11-24", count: 1 });
  });
});
