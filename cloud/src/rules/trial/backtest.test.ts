import { describe, expect, it } from "vitest";
import { committed, sampleNowMs, sampleRecord, testOf, trustedTime, weighingOf } from "../../../test/memory-ledger.ts";
import { loadRules } from "../load-rules.ts";
import { RegisterPlaces } from "../places/register-places.ts";
import { backtest, lookEveryMs } from "./backtest.ts";
import { sampleRegister } from "./sample-market.ts";
import { TrialLedger } from "./trial-ledger.ts";

const hour = 3_600_000;
const day = 24 * hour;
const rules = await loadRules(null);

/** Three days of a market: a positive at noon of every day, one of them told again, and weighings between. */
const threeDays = (): TrialLedger => {
  const ledger = new TrialLedger();
  let seq = 0;
  const say = (kind: string, dev: string, body: Record<string, unknown>, atMs: number, lateMs = 0): void => {
    seq++;
    const salt = seq.toString(16).padStart(32, "0");
    const t = trustedTime(atMs, sampleNowMs - 30 * day);
    ledger.push(committed(sampleRecord({ kind, dev, body, seq, n: seq, t, salt }), atMs + lateMs));
  };
  for (let index = 0; index < 3; index++) {
    const noon = sampleNowMs + index * day;
    for (let step = 0; step < 200; step++)
      say("weighing", "scale-01", weighingOf(String(step)), noon - hour + step * 1_000);
    say("test", "tester-1", testOf(`s${index}`, "positive"), noon);
    say("test", "tester-1", testOf(`s${index}`, "positive", { resendOf: "x" }), noon + 1_000);
  }
  return ledger;
};

const run = (fromMs: number, toMs: number) => {
  const places = new RegisterPlaces(sampleRegister("Asia/Shanghai", []), "Asia/Shanghai");
  return backtest({ ledger: threeDays(), rules, places, fromMs, toMs });
};
const positives = ({ fired }: ReturnType<typeof run>): string[] =>
  fired.filter(({ rule }) => rule === "test-positive").map(({ labels }) => labels["specimen"] ?? "");

describe("a back-test", () => {
  it("tells what would have fired between two moments, and nothing of before or after", () => {
    const whole = run(sampleNowMs - 2 * hour, sampleNowMs + 3 * day);
    expect(positives(whole)).toEqual(["s0", "s1", "s2"]);
    expect(whole.records).toBe(3 * 202);
    const second = run(sampleNowMs + day - 2 * hour, sampleNowMs + 2 * day - 2 * hour);
    expect(positives(second)).toEqual(["s1"]);
    expect(second.records).toBe(202);
    expect(run(sampleNowMs + 5 * day, sampleNowMs + 6 * day).records).toBe(0);
  });

  it("finds what time alone brings about, where it stood", () => {
    const { fired, broken } = run(sampleNowMs - 2 * hour, sampleNowMs + 3 * day);
    expect(broken).toEqual([]);
    const quota = fired.filter(({ rule }) => rule === "test-quota");
    // By 17:00 one test of ten was there; on the first of the three days nobody had listened from the beginning.
    expect(quota.map(({ site, atMs }) => [site, (atMs - Date.parse("2026-11-23T17:00:00+08:00")) / day])).toEqual([
      ["market-a", 1],
      ["market-a", 2],
    ]);
  });

  it("begins where things stood: with half-full windows, open alerts and other sides of joins", () => {
    const ledger = new TrialLedger();
    let seq = 0;
    const say = (kind: string, body: Record<string, unknown>, atMs: number): void => {
      seq++;
      const salt = seq.toString(16).padStart(32, "0");
      const t = trustedTime(atMs, sampleNowMs - 30 * day);
      ledger.push(committed(sampleRecord({ kind, dev: "scale-01", body, seq, n: seq, t, salt }), atMs));
    };
    const event = (state: string) => ({ protocol: "p", state, previous: null });
    // Two days before; a day before; then 7 equal weights before noon and 7 after, of which the 12th is one too many.
    say("scale-event", event("seal-broken"), sampleNowMs - 2 * day);
    say("scale-event", event("calibrated"), sampleNowMs - hour);
    for (let index = -7; index < 7; index++) say("weighing", weighingOf("500"), sampleNowMs + index * 60_000);
    say("scale-event", event("settings-changed"), sampleNowMs + hour);
    const places = new RegisterPlaces(sampleRegister("Asia/Shanghai", []), "Asia/Shanghai");
    const judge = (lifted: boolean, fromMs: number) => {
      const chosen = lifted
        ? rules
        : rules.map((rule) => (rule.join === null ? rule : { ...rule, join: { ...rule.join, until: null } }));
      return backtest({ ledger, rules: chosen, places, fromMs, toMs: sampleNowMs + 2 * hour });
    };
    const { records, fired, joined } = judge(true, sampleNowMs);
    expect(records).toBe(8);
    expect(fired.map(({ rule, atMs }) => [rule, atMs - sampleNowMs])).toEqual([["scale-dummy-use", 4 * 60_000]]);
    // The calibration's alert is open since before: the changed settings join it.
    expect([...joined]).toEqual([["scale-calibration", 1]]);
    const open = judge(false, sampleNowMs - hour / 2).fired.find(({ rule }) => rule === "scale-weighing-unsealed");
    expect(open?.atMs).toBe(sampleNowMs - 7 * 60_000);
  });

  it("looks as often as its rules ask", () => {
    const [idle, silent] = ["scale-idle", "device-silent"].map((id) => rules.find((rule) => rule.id === id));
    if (idle === undefined || silent?.lifecycle.type !== "state") throw new Error("rules that come with the centre");
    expect(lookEveryMs(rules)).toBe(10_000);
    expect(lookEveryMs([idle, { ...silent, lifecycle: { ...silent.lifecycle, forMs: 5_000 } }])).toBe(500);
  });
});
