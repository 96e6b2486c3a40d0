import { describe, expect, it } from "vitest";
import { compareWithLedger, type Saying, type StoredReading } from "../src/comparison/compare.ts";
import { type CheckId, checkIds, type Evidence, judge } from "./checks.ts";

const sayings: Saying[] = ["1 kg", "2 kg", "3 kg"].map((content) => ({
  device: "a12",
  kind: "weighing",
  content,
  duty: "must",
}));

const rows: StoredReading[] = sayings.map(({ device, kind, content }, index) => ({
  row: `1/${index + 1}`,
  device,
  kind,
  content,
  resend: false,
}));

const good: Evidence = {
  ledger: compareWithLedger(sayings, rows),
  screen: compareWithLedger(sayings, rows),
  leastReadings: 3,
  verify: { ok: true, detail: "3" },
  positives: [
    { specimen: "s1", duringOutage: false },
    { specimen: "s2", duringOutage: true },
  ],
  alerts: [
    { id: "1", specimen: "s1", firedAtMs: 1_000 },
    { id: "2", specimen: "s2", firedAtMs: 9_000 },
  ],
  deliveries: [
    { specimen: "s1", status: "firing", atMs: 1_100 },
    { specimen: "s2", status: "firing", atMs: 9_100 },
  ],
  drain: { pendingAtReturn: 500, endedAtMs: 12_000 },
  leastBacklog: 500,
};

const failed = (change: Partial<Evidence>): CheckId[] =>
  judge({ ...good, ...change })
    .filter(({ ok }) => !ok)
    .map(({ id }) => id);

const ledgerOf = (stored: StoredReading[]): Partial<Evidence> => {
  const findings = compareWithLedger(sayings, stored);
  return { ledger: findings, screen: findings };
};

describe("the judgement of the scenario", () => {
  it("passes what is right", () => {
    expect(failed({})).toEqual([]);
    expect(judge(good).map(({ id }) => id)).toEqual(checkIds);
  });

  it("fails a ledger with a row missing", () => {
    expect(failed(ledgerOf(rows.slice(1)))).toEqual(["ledger-missing", "screen-agrees"]);
  });

  it("fails a ledger with a row twice", () => {
    expect(failed(ledgerOf([...rows, { ...rows[0]!, row: "1/9" }]))).toEqual(["ledger-twice", "screen-agrees"]);
  });

  it("fails a ledger with an invented row", () => {
    const foreign = { ...rows[0]!, row: "1/9", content: "77 kg" };
    expect(failed(ledgerOf([...rows, foreign]))).toEqual(["ledger-invented", "screen-agrees"]);
  });

  it("fails a screen that shows less or more than the ledger holds", () => {
    expect(failed({ screen: compareWithLedger(sayings, rows.slice(1)) })).toEqual(["screen-agrees"]);
    expect(failed({ screen: [] })).toEqual(["screen-agrees"]);
  });

  it("fails when too little was said to prove anything", () => {
    expect(failed({ leastReadings: 4 })).toEqual(["enough-said"]);
  });

  it("fails a chain that does not verify", () => {
    expect(failed({ verify: { ok: false, detail: "seal" } })).toEqual(["chain-verifies"]);
  });

  it("fails without a real backlog, and when the backlog never drained", () => {
    expect(failed({ drain: { ...good.drain, pendingAtReturn: 499 } })).toEqual(["real-backlog"]);
    expect(failed({ drain: { ...good.drain, endedAtMs: null } })).toEqual(["backlog-drained", "alert-while-draining"]);
  });

  it("fails an alert that fired twice, not at all, or for nobody", () => {
    const again = { id: "3", specimen: "s2", firedAtMs: 9_500 };
    expect(failed({ alerts: [...good.alerts, again] })).toEqual(["alert-once"]);
    expect(failed({ alerts: good.alerts.slice(0, 1) })).toEqual(["alert-once"]);
    expect(failed({ alerts: [...good.alerts, { ...again, specimen: "s9" }] })).toEqual(["alert-once"]);
  });

  it("fails an alert that came only after the backlog", () => {
    expect(failed({ drain: { ...good.drain, endedAtMs: 9_000 } })).toEqual(["alert-while-draining"]);
  });

  it("fails a webhook that was called twice or never", () => {
    const again = { specimen: "s2", status: "firing", atMs: 9_200 } as const;
    expect(failed({ deliveries: [...good.deliveries, again] })).toEqual(["webhook-once"]);
    expect(failed({ deliveries: good.deliveries.slice(0, 1) })).toEqual(["alert-while-draining", "webhook-once"]);
    expect(failed({ deliveries: [...good.deliveries, { ...again, status: "resolved" }] })).toEqual([]);
  });

  it("fails when no positive was ever reported", () => {
    expect(failed({ positives: [], alerts: [], deliveries: [] })).toEqual([
      "alert-once",
      "alert-while-draining",
      "webhook-once",
    ]);
  });
});
