import { afterEach, describe, expect, it } from "vitest";
import { device, hour, JudgedLedger, minute } from "../../test/judged-ledger.ts";
import { sampleNowMs, trustedTime, weighingOf } from "../../test/memory-ledger.ts";
import { parseRules } from "./parse-rules.ts";
import type { Expected, Places } from "./places/places.ts";
import { noPlaces } from "./places/register-places.ts";
import type { AlertRule } from "./rule.ts";

const text = `version: 1
rules:
  - id: silent
    severity: notice
    match: { kind: device }
    condition: body.status == "silent"
    lifecycle: { type: state, for: 5m, lateAfter: 2m, late: wait }
    group: { device: dev }
    title: { zh: 题, en: title }
    next: { zh: 做, en: do }
    runbook: mine
  - id: busy
    severity: notice
    match: { kind: weighing }
    window: { over: 10m }
    condition: window.count >= 3
    lifecycle: { type: event, identity: day, lateAfter: 24h, late: alert }
    group: { device: dev }
    title: { zh: 题, en: title }
    next: { zh: 做, en: do }
    runbook: mine
  - id: idle
    severity: notice
    match: { kind: weighing }
    absence: { each: device, types: [scale], for: 3h }
    lifecycle: { type: state, for: 0m, lateAfter: 2m, late: wait }
    title: { zh: 题, en: title }
    next: { zh: 做, en: do }
    runbook: mine
`;
const read = parseRules([{ file: "mine.yaml", text }]);
const rules: readonly AlertRule[] = "rules" in read ? read.rules : [];

/** More than a clock may be ahead before it is disbelieved. */
const tolerance = minute;
const scale: Expected = {
  ...{ site: "market-a", siteName: "Market A", gw: "market-a", dev: "scale-01", stall: "a01" },
};
const places: Places = { ...noPlaces("Asia/Shanghai"), expected: (each) => (each === "device" ? [scale] : []) };

let judged: JudgedLedger;
const open = (): JudgedLedger => {
  judged = new JudgedLedger(rules, places);
  return judged;
};
afterEach(() => judged.close());

/** Time of a record that is made now, by a clock that is so far ahead and says that it is right. */
const ahead = (byMs: number, boot = "boot-x") => ({
  ...trustedTime(judged.nowMs, sampleNowMs - 48 * hour),
  ...{ wall: new Date(judged.nowMs + byMs).toISOString(), boot },
});
const weigh = (byMs: number, boot?: string): void =>
  judged.append({ kind: "weighing", dev: "scale-01", body: weighingOf("500"), t: ahead(byMs, boot) });
const fired = (): string[] => judged.alerts().map(({ rule }) => rule);

describe.each([30 * 1_000, 20 * minute, 400 * 24 * hour])("a clock that is %i ms ahead", (byMs) => {
  it("fires a state neither early nor much later", () => {
    expect(rules).toHaveLength(3);
    open().append({ ...device("silent"), dev: "scale-01", t: ahead(byMs) });
    judged.wait(0);
    judged.wait(5 * minute - 1);
    expect(fired()).toEqual([]);
    judged.wait(tolerance + 1);
    expect(fired()).toEqual(["silent"]);
    const [alert] = judged.alerts();
    expect(alert?.startedMs).toBeLessThanOrEqual(judged.nowMs - 5 * minute);
    expect(alert?.late).toBe(false);
  });

  it("is outlived by what the same boot says afterwards", () => {
    open().append({ ...device("silent"), dev: "scale-01", t: ahead(byMs) });
    judged.wait(minute);
    // Somebody has set the clock meanwhile: within a boot the monotonic one orders.
    judged.append({ ...device("online"), dev: "scale-01", t: ahead(0) });
    judged.wait(hour);
    expect(fired()).toEqual([]);
  });

  it("does not keep a window from what comes after with the right time", () => {
    open();
    weigh(byMs);
    judged.wait(2 * tolerance);
    for (let times = 0; times < 2; times++) weigh(0, "boot-y");
    judged.wait(1);
    expect(fired()).toEqual(["busy"]);
  });

  it("does not fill a window with what is hours apart", () => {
    open();
    for (let times = 0; times < 4; times++) {
      weigh(byMs);
      judged.wait(hour);
    }
    expect(fired()).toEqual([]);
  });

  it("neither raises nor hides an absence", () => {
    open();
    judged.wait(minute);
    judged.wait(hour);
    weigh(byMs);
    judged.wait(3 * hour - 2 * minute);
    expect(fired()).toEqual([]);
    judged.wait(2 * minute + tolerance + minute);
    expect(fired()).toEqual(["idle"]);
  });
});

describe("a clock that is believed", () => {
  it("would hide an absence for as long as it is ahead", () => {
    open();
    judged.wait(hour);
    const byMs = 20 * minute;
    const t = ahead(byMs);
    judged.append({ kind: "weighing", dev: "scale-01", body: weighingOf("500"), t }, 0, {
      receivedMs: Date.parse(t.wall),
    });
    judged.wait(3 * hour + 2 * tolerance);
    expect(fired()).toEqual([]);
    judged.wait(byMs);
    expect(fired()).toEqual(["idle"]);
  });
});
