import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { basicRules, device, JudgedLedger, minute, positive } from "../../test/judged-ledger.ts";

const rules = await basicRules();
let judged: JudgedLedger;

beforeEach(() => {
  judged = new JudgedLedger(rules);
});

afterEach(() => judged.close());

describe("rules and the ledger", () => {
  it("going through the ledger again changes nothing", () => {
    for (let index = 0; index < 20; index++) judged.append(index % 3 === 0 ? positive(`s${index}`) : device("silent"));
    judged.append(device("online"));
    judged.follow(3);
    judged.wait(5 * minute);
    const before = judged.database.prepare("SELECT * FROM history").all();
    judged.runner.rebuild();
    judged.follow(7);
    expect(judged.database.prepare("SELECT * FROM history").all()).toEqual(before);
  });

  it("of a ledger that was there before the alerts raises them without notifying anybody", () => {
    judged.append(positive("s1"));
    judged.database.exec("DELETE FROM cursor; DELETE FROM meta");
    judged.restart(rules);
    judged.append(positive("s2"));
    judged.follow();
    expect(judged.states()).toEqual(["test-positive firing", "test-positive firing"]);
    expect(judged.notified()).toEqual(["firing"]);
  });

  it("resolves what a rule raised that is gone, and names the last resort where a rule names nobody", () => {
    const unowned = rules.map((rule) => ({ ...rule, owner: null }));
    judged.restart(unowned);
    judged.append(positive());
    judged.append(device("silent"));
    judged.follow();
    expect(judged.alerts()).toMatchObject([{ owner: "role:centre", ownerReason: "last-resort" }]);
    judged.restart(unowned.filter(({ id }) => id === "device-silent"));
    expect(judged.alerts()).toMatchObject([{ state: "resolved" }]);
    expect(judged.reasons().at(-1)).toBe("rule-removed");
    judged.wait(5 * minute);
    expect(judged.alerts().map(({ rule }) => rule)).toContain("device-silent");
  });

  it("keeps histories as they were written", () => {
    judged.append(positive());
    judged.follow();
    expect(() => judged.database.exec("UPDATE history SET actor = 'nobody'")).toThrow("append-only");
    expect(() => judged.database.exec("DELETE FROM history")).toThrow("append-only");
  });
});
