import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { basicRules, hour, JudgedLedger, positive } from "../../test/judged-ledger.ts";
import { testOf, unknownTime, weighingOf } from "../../test/memory-ledger.ts";
import { acknowledgeAlert, closeAlert } from "../alerts/alert-actions.ts";

const rules = await basicRules();
let judged: JudgedLedger;

beforeEach(() => {
  judged = new JudgedLedger(rules);
});

afterEach(() => judged.close());

describe("a positive test", () => {
  it("raises one alert with labels, text, owner and a notification", () => {
    judged.append({ kind: "weighing", body: weighingOf("100") });
    judged.append(positive());
    judged.append({ kind: "test", dev: "tester-1", body: testOf("s2", "negative") });
    judged.append({ kind: "test", dev: "tester-1", body: testOf("s3", "none", { instrumentVerdict: "positive" }) });
    judged.follow();
    const [alert, ...others] = judged.alerts();
    expect(others).toEqual([]);
    expect(alert).toMatchObject({
      ...{ rule: "test-positive", state: "firing", severity: "attention", owner: "role:inspector", lsn: 2 },
      ...{ gw: "market-a", dev: "tester-1", late: false, matches: 1, startedMs: judged.nowMs, firedMs: judged.nowMs },
      group: { gateway: "market-a", device: "tester-1", specimen: "s1" },
    });
    expect(alert?.title.zh).toBe("快检阳性（待确认）：韭菜，有机磷 62.5%，样品 s1");
    expect(alert?.id).toMatch(/^[0-9a-f]{32}$/);
    expect(judged.notified()).toEqual(["firing"]);
  });

  it("is the same fact when the instrument says it again, and another one when it says something else", () => {
    judged.append(positive());
    judged.append(positive("s1", { resendOf: "abc" }));
    judged.append(positive("s1", { value: "71.0", number: "71.0", completedAt: "20261123142000" }));
    judged.append(positive("s2", { resendOf: "its original was lost" }));
    judged.follow(1);
    expect(judged.alerts().map(({ matches }) => matches)).toEqual([1, 2]);
    expect(judged.notified()).toEqual(["firing", "firing"]);
    const repeated = judged.alerts().find(({ matches }) => matches === 2)?.id ?? "";
    expect(judged.reasons(repeated)).toEqual(["condition-met", "matched-again"]);
  });

  it("out of an outage raises its alert once, marked late", () => {
    judged.append(positive(), 5 * hour);
    judged.follow();
    expect(judged.alerts()).toMatchObject([
      { state: "firing", late: true, startedMs: judged.nowMs - 5 * hour, firedMs: judged.nowMs },
    ]);
    expect(judged.reasons()).toEqual(["condition-met-late"]);
    expect(judged.notified()).toEqual(["firing"]);
  });

  it("is acknowledged by one, closed with result and evidence, and a later one opens a new alert", () => {
    judged.append(positive());
    judged.follow();
    const id = judged.alerts()[0]?.id ?? "";
    expect(acknowledgeAlert(judged.database, { id, by: "li", nowMs: judged.nowMs })).toEqual({ outcome: "done" });
    expect(acknowledgeAlert(judged.database, { id, by: "wang", nowMs: judged.nowMs + 1 })).toEqual({
      ...{ outcome: "already", by: "li", atMs: judged.nowMs },
    });
    const closing = { id, by: "li", nowMs: judged.nowMs, result: "destroyed 5.4 kg", evidence: "record 17" };
    expect(closeAlert(judged.database, closing)).toEqual({ outcome: "done" });
    expect(closeAlert(judged.database, closing)).toEqual({ outcome: "ended" });
    expect(acknowledgeAlert(judged.database, { id: "none", by: "li", nowMs: judged.nowMs })).toEqual({
      outcome: "unknown",
    });
    judged.append(positive("s1", { value: "80", number: "80" }));
    judged.follow();
    expect(judged.alerts().map(({ state }) => state)).toEqual(["firing", "closed"]);
    expect(judged.reasons(id)).toEqual(["condition-met", "acknowledged", "closed"]);
    expect(judged.notified()).toEqual(["firing", "resolved", "firing"]);
  });

  it("on a disputed line raises nothing until the line is decided for, and is taken back when it becomes disputed", () => {
    judged.append(positive(), 0, { lineStatus: "disputed" });
    judged.follow();
    expect(judged.alerts()).toEqual([]);
    expect(judged.reconcile("disputed")).toBe(false);
    expect(judged.reconcile("ok")).toBe(true);
    expect(judged.alerts()).toMatchObject([{ state: "firing", matches: 1 }]);
    expect(judged.reasons()).toEqual(["line-kept"]);
    expect(judged.reconcile("disputed")).toBe(true);
    expect(judged.alerts()).toMatchObject([{ state: "resolved", matches: 0 }]);
    judged.reconcile("ok");
    expect(judged.alerts().map(({ state }) => state)).toEqual(["firing", "resolved"]);
  });

  it("counts from its line's standing in the ledger even before all lines are compared", () => {
    judged.append(positive("s1"));
    judged.follow();
    judged.append(positive("s2"), 0, { lineStatus: "disputed" });
    judged.follow();
    expect(judged.states()).toEqual(["test-positive resolved"]);
  });

  it("keeps its alert's time right when the clock becomes known late", () => {
    const t = (monoMs: number) => unknownTime(monoMs, "boot-x");
    judged.append({ ...positive(), t: t(hour) });
    judged.follow();
    expect(judged.alerts()).toMatchObject([{ startedMs: judged.nowMs, late: false }]);
    const atMs = judged.nowMs;
    const wall = new Date(judged.nowMs).toISOString();
    const clock = { cause: "receipt", before: null, after: wall, step_ms: 0, sync: "receipt", err_ms: 50 };
    judged.append({ kind: "clock", dev: "market-a", body: clock, t: { ...t(4 * hour), wall, sync: "receipt" } });
    judged.follow();
    expect(judged.alerts()).toMatchObject([{ startedMs: atMs - 3 * hour, late: true, firedMs: atMs }]);
    expect(judged.reasons()).toEqual(["condition-met", "time-corrected"]);
  });
});
