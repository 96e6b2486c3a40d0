import { afterEach, describe, expect, it } from "vitest";
import { JudgedLedger, minute, positive } from "../../test/judged-ledger.ts";
import { deviceOf, testOf, weighingOf } from "../../test/memory-ledger.ts";
import { loadRules } from "./load-rules.ts";
import type { AlertRule } from "./rule.ts";

const builtIn = await loadRules(null);
const only = (...ids: readonly string[]): readonly AlertRule[] => builtIn.filter(({ id }) => ids.includes(id));

let judged: JudgedLedger;
afterEach(() => judged.close());

const series = 10_000;
const counts = (sql: string): unknown => judged.database.prepare(sql).raw().all();

describe("ten thousand series under one rule", () => {
  it("each fire once and end once", () => {
    judged = new JudgedLedger(only("device-silent"));
    const say = (status: "silent" | "online"): void => {
      for (let index = 0; index < series; index++) {
        judged.append({ kind: "device", dev: `scale-${index}`, body: deviceOf(status) });
      }
    };
    say("silent");
    judged.follow(2_000);
    judged.wait(6 * minute);
    expect(counts("SELECT state, count(*) FROM alert GROUP BY state")).toEqual([["firing", series]]);
    say("online");
    judged.follow(2_000);
    expect(counts("SELECT state, count(*) FROM alert GROUP BY state")).toEqual([["resolved", series]]);
    expect(counts("SELECT to_state, count(*) FROM history GROUP BY to_state ORDER BY 1")).toEqual([
      ["firing", series],
      ["pending", series],
      ["resolved", series],
    ]);
  });

  it("break together when the rule cannot be evaluated, alone and with one alert; the other rule goes on with all of its own", () => {
    const [dummy] = only("scale-dummy-use");
    if (dummy === undefined) throw new Error("no rule scale-dummy-use");
    const window = { overMs: 60 * minute, value: "body.grams" };
    const counted = { ...dummy, id: "counted", window, condition: "window.count >= 2" };
    const broken = {
      ...dummy,
      id: "breaks",
      window,
      condition: "window.count >= 2 && labels.grams.startsWith(window.sum)",
    };
    judged = new JudgedLedger([counted, broken]);
    for (let round = 0; round < 2; round++) {
      for (let index = 0; index < series; index++) {
        judged.append({ kind: "weighing", dev: `scale-${index}`, body: weighingOf(String(100 + round)) });
      }
      judged.follow(2_000);
    }
    expect(counts("SELECT rule, count(*) FROM alert GROUP BY rule ORDER BY rule")).toEqual([
      ["counted", series],
      ["rule-broken", 1],
    ]);
    expect(counts("SELECT owner, state FROM alert WHERE rule = 'rule-broken'")).toEqual([
      ["role:administrator", "firing"],
    ]);
  });
});

describe("alarms as other systems get them wrong", () => {
  it("two messages a millisecond apart are one alarm with two records", () => {
    judged = new JudgedLedger(only("scale-seal-open", "device-silent"));
    for (let index = 0; index < 2; index++) {
      judged.append({ kind: "scale-event", body: sealOf() });
      judged.append({ kind: "device", body: deviceOf("silent") });
      judged.nowMs++;
    }
    judged.follow();
    judged.wait(6 * minute);
    const alerts = judged.alerts().map(({ rule, matches }) => `${rule} ${matches}`);
    expect(alerts.toSorted()).toEqual(["device-silent 0", "scale-seal-open 2"]);
    expect(counts("SELECT event, count(*) FROM notification GROUP BY event")).toEqual([["firing", 2]]);
  });

  it("one device has as many alarms of a kind open as there are causes", () => {
    judged = new JudgedLedger(only("test-positive", "test-verdict-differs"));
    judged.append(positive("s1"));
    judged.append(positive("s2"));
    judged.append({ kind: "test", dev: "tester-1", body: testOf("s3", "positive", { instrumentVerdict: "negative" }) });
    judged.follow();
    const open = judged.alerts().map(({ rule, labels }) => `${rule} ${labels["specimen"]}`);
    expect(open.toSorted()).toEqual([
      "test-positive s1",
      "test-positive s2",
      "test-positive s3",
      "test-verdict-differs s3",
    ]);
  });
});

const sealOf = (): Record<string, unknown> => ({ protocol: "mt-continuous", state: "seal-broken", previous: null });
