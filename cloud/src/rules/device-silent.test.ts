import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { basicRules, device, hour, JudgedLedger, minute } from "../../test/judged-ledger.ts";
import { unknownTime } from "../../test/memory-ledger.ts";

const rules = await basicRules();
const forMs = 5 * minute;
let judged: JudgedLedger;

beforeEach(() => {
  judged = new JudgedLedger(rules);
});

afterEach(() => judged.close());

describe("a silent device", () => {
  it("fires after the configured time and resolves when it is back", () => {
    judged.append(device("silent"));
    judged.follow();
    expect(judged.states()).toEqual(["device-silent pending"]);
    expect(judged.alerts()).toEqual([]);
    judged.wait(forMs - 1);
    expect(judged.alerts()).toEqual([]);
    judged.append(device("offline"));
    judged.wait(1);
    expect(judged.alerts()).toMatchObject([
      { state: "firing", firedMs: judged.nowMs, startedMs: judged.nowMs - forMs },
    ]);
    judged.append(device("online"));
    judged.wait(minute);
    expect(judged.alerts()).toMatchObject([{ state: "resolved", endedMs: judged.nowMs }]);
    expect(judged.reasons()).toEqual(["condition-met", "for-elapsed", "condition-ended"]);
    expect(judged.notified()).toEqual(["firing", "resolved"]);
  });

  it("that is back in time never fires", () => {
    judged.append(device("silent"));
    judged.wait(minute);
    judged.append(device("online"));
    judged.wait(hour);
    expect(judged.states()).toEqual(["device-silent resolved"]);
    expect(judged.alerts()).toEqual([]);
    expect(judged.notified()).toEqual([]);
  });

  it("of yesterday does not fire today: what has ended since says so, in whatever order", () => {
    judged.append(device("silent"), 20 * hour);
    judged.follow();
    judged.wait(minute);
    judged.append(device("online"), 19 * hour);
    judged.wait(hour);
    judged.append(device("silent"), 25 * hour);
    judged.wait(hour);
    expect(judged.alerts()).toEqual([]);
  });

  it("of yesterday that is silent still is told once it had its chance to say otherwise", () => {
    judged.append(device("silent"), 20 * hour);
    judged.wait(0);
    judged.wait(forMs);
    expect(judged.alerts()).toMatchObject([
      { state: "firing", late: true, startedMs: judged.nowMs - forMs - 20 * hour },
    ]);
  });

  it("is ordered by its boot's clock while nobody knows the time", () => {
    const t = (monoMs: number) => unknownTime(monoMs, "boot-y");
    judged.append({ ...device("silent"), t: t(hour) });
    judged.follow();
    const wall = new Date(judged.nowMs).toISOString();
    const clock = { cause: "receipt", before: null, after: wall, step_ms: 0, sync: "receipt", err_ms: 50 };
    judged.append({ kind: "clock", dev: "market-a", body: clock, t: { ...t(4 * hour), wall, sync: "receipt" } });
    judged.append({ ...device("online"), t: t(2 * hour) });
    judged.wait(hour);
    expect(judged.alerts()).toEqual([]);
  });

  it("on a disputed line does not fire, nor what fired stays", () => {
    judged.append(device("silent"), 0, { lineStatus: "disputed" });
    judged.wait(hour);
    expect(judged.states()).toEqual([]);
    judged.reconcile("ok");
    judged.wait(hour);
    expect(judged.alerts()).toMatchObject([{ state: "firing" }]);
    judged.reconcile("disputed");
    expect(judged.alerts()).toMatchObject([{ state: "resolved" }]);
  });

  it("fires after a restart only once gateways had time to come back", () => {
    judged.append(device("silent"));
    judged.follow();
    judged.nowMs += 3 * hour;
    judged.restart(rules);
    judged.wait(0);
    expect(judged.alerts()).toEqual([]);
    judged.append(device("online"), 2 * hour);
    judged.wait(minute);
    expect(judged.alerts()).toEqual([]);
  });
});
