import { todaySchema } from "@mingcheng/protocols/api";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sampleEid, testOf, weighingOf } from "../../test/memory-ledger.ts";
import { TestedReader } from "../../test/tested-reader.ts";
import { Cover } from "../users/cover.ts";
import { dayWindows } from "./queries/day-window.ts";

const dayMs = 24 * 3_600_000;
/** 2026-11-23 00:00 in Shanghai. */
const midnightMs = Date.parse("2026-11-22T16:00:00Z");

let tested: TestedReader;
const reader = () => tested.reader;

beforeEach(() => {
  tested = new TestedReader();
});
afterEach(() => tested.close());

describe("the business day", () => {
  it("has its own midnights, and 23 or 25 hours when clocks change", () => {
    const shanghai = dayWindows("Asia/Shanghai");
    expect(shanghai(midnightMs - 1).day).toBe("2026-11-22");
    expect(shanghai(midnightMs)).toEqual({ day: "2026-11-23", fromMs: midnightMs, toMs: midnightMs + dayMs });
    const berlin = dayWindows("Europe/Berlin");
    const hours = (at: string) => {
      const { fromMs, toMs } = berlin(Date.parse(at));
      return (toMs - fromMs) / 3_600_000;
    };
    expect(hours("2026-03-29T12:00:00Z")).toBe(23);
    expect(hours("2026-10-25T12:00:00Z")).toBe(25);
  });

  it("takes in its first millisecond and not the next day's", () => {
    for (const atMs of [midnightMs - 1, midnightMs, midnightMs + dayMs - 1, midnightMs + dayMs]) {
      tested.commit({ kind: "weighing", body: weighingOf("100") }, atMs);
      tested.commit({ kind: "test", dev: "tester-1", body: testOf(`s${atMs}`, "negative") }, atMs);
    }
    tested.centre.project();
    tested.nowMs = midnightMs + dayMs - 1;
    const today = reader().today(null, Cover.everything);
    expect(today).toMatchObject({ day: "2026-11-23", totals: { weighings: 2, grams: "200", tests: { all: 2 } } });
    expect(today.weighings.map(({ at }) => Date.parse(at))).toEqual([midnightMs + dayMs - 1, midnightMs]);
    expect(today.tests.map(({ at }) => Date.parse(at))).toEqual([midnightMs + dayMs - 1, midnightMs]);
    tested.nowMs += 1;
    expect(reader().today(null, Cover.everything)).toMatchObject({
      day: "2026-11-24",
      totals: { weighings: 1, tests: { all: 1 } },
    });
  });
});

interface Said {
  readonly kind: "weighing" | "tare" | "test";
  readonly atMs: number;
  readonly grams: string;
  readonly disputed: boolean;
  readonly specimen: number;
  readonly verdict: "positive" | "negative" | "suspect" | "invalid" | "none";
  readonly resend: boolean;
}

const saidArbitrary: fc.Arbitrary<Said> = fc.record({
  kind: fc.constantFrom("weighing", "tare", "test", "test", "test"),
  atMs: fc
    .integer({ min: -1, max: 3 })
    .chain((half) => fc.integer({ min: -2, max: 2 }).map((ms) => midnightMs + (half * dayMs) / 2 + ms)),
  grams: fc.tuple(fc.integer({ min: 0, max: 99_999 }), fc.integer({ min: 0, max: 9 })).map(([a, b]) => `${a}.${b}`),
  disputed: fc.boolean(),
  specimen: fc.integer({ min: 1, max: 2 }),
  verdict: fc.constantFrom("positive", "negative", "suspect", "invalid", "none"),
  resend: fc.boolean(),
});

/** The day's figures, counted from what was said and nothing else. Tenths of grams, so that the sums are exact. */
const countedBy = (said: readonly Said[]) => {
  const weighings: string[] = [];
  const results: string[] = [];
  let tenths = 0n;
  const tests: Record<string, number> = { all: 0, positive: 0, suspect: 0, negative: 0, invalid: 0, none: 0 };
  const originals = new Set<string>();
  const repeated = new Set<string>();
  const identity = ({ specimen, verdict }: Said) => `${specimen} ${verdict}`;
  // A repetition counts only where its original is nowhere, and then once.
  for (const one of said) if (one.kind === "test" && !one.resend) originals.add(identity(one));
  for (const one of said) {
    let counts = true;
    if (one.kind === "test" && one.resend) {
      counts = !originals.has(identity(one)) && !repeated.has(identity(one));
      repeated.add(identity(one));
    }
    if (!counts || one.disputed || one.atMs < midnightMs || one.atMs >= midnightMs + dayMs) continue;
    if (one.kind === "test") {
      tests["all"] = (tests["all"] ?? 0) + 1;
      tests[one.verdict] = (tests[one.verdict] ?? 0) + 1;
      results.push(`${one.atMs} s${one.specimen} ${one.verdict}`);
    } else {
      weighings.push(`${one.atMs} ${one.grams}`);
      if (one.kind === "weighing") tenths += BigInt(one.grams.replace(".", ""));
    }
  }
  return { weighings: weighings.sort(), results: results.sort(), tenths, tests };
};

const say = (said: readonly Said[], gw: string, eids: { ok: string; disputed: string }): void => {
  for (const { kind, atMs, grams, disputed, specimen, verdict, resend } of said) {
    const place = { gw, eid: disputed ? eids.disputed : eids.ok };
    if (kind === "test") {
      const rest = { value: verdict, completedAt: "", resendOf: resend ? "earlier" : null };
      tested.commit({ kind, dev: "tester-1", body: testOf(`s${specimen}`, verdict, rest), ...place }, atMs);
    } else {
      const body = { ...weighingOf(grams), mode: kind === "tare" ? "tare" : "net" };
      tested.commit({ kind: "weighing", body, ...place }, atMs);
    }
  }
};

describe("today's figures", () => {
  it("equal a count of what was said, resends folded, disputed lines and other days left out", () => {
    tested.nowMs = midnightMs + dayMs - 1;
    let run = 0;
    fc.assert(
      fc.property(fc.array(saidArbitrary, { maxLength: 25, size: "max" }), fc.boolean(), (said, late) => {
        run++;
        const gw = `market-${run}`;
        const eids = { ok: sampleEid, disputed: run.toString(16).padStart(32, "f") };
        say(said, gw, eids);
        // A line may be disputed before or after its rows were projected.
        if (late) tested.centre.project();
        tested.centre.dispute(eids.disputed, "disputed");
        tested.centre.project();
        const { totals, weighings, tests } = reader().today(gw, Cover.everything);
        const expected = countedBy(said);
        expect(totals.weighings).toBe(expected.weighings.length);
        expect(weighings.map(({ at, value }) => `${Date.parse(at)} ${value}`).sort()).toEqual(expected.weighings);
        expect(totals.tests).toEqual(expected.tests);
        const listed = tests.map(({ at, specimenId, verdict }) => `${Date.parse(at)} ${specimenId} ${verdict}`);
        expect(listed.sort()).toEqual(expected.results);
        const [whole = "0", tenth = "0"] = totals.grams.split(".");
        expect(BigInt(`${whole}${tenth}`)).toBe(expected.tenths);
      }),
      { numRuns: 100 },
    );
  });

  it("are cut to one market's gateway when asked, and lists stay bounded while totals do not", () => {
    tested.centre.gateway("market-a", "松柏市场", true, tested.nowMs);
    tested.centre.gateway("market-b", "宁宝市场", false, tested.nowMs);
    for (let index = 0; index < 60; index++) tested.commit({ kind: "weighing", body: weighingOf("1") });
    tested.commit({ kind: "weighing", gw: "market-b", body: weighingOf("5") });
    tested.centre.project();
    expect(reader().today(null, Cover.everything)).toMatchObject({
      totals: { weighings: 61, grams: "65", gateways: { all: 2, online: 1 } },
    });
    const one = reader().today("market-b", Cover.everything);
    expect(one.totals).toMatchObject({
      weighings: 1,
      grams: "5",
      devices: { all: 1 },
      gateways: { all: 1, online: 0 },
    });
    expect(one.weighings.map(({ gw }) => gw)).toEqual(["market-b"]);
    expect(reader().today("market-a", Cover.everything).weighings.length).toBe(50);
    expect(todaySchema.parse(reader().today(null, Cover.everything))).toEqual(reader().today(null, Cover.everything));
  });

  it("are read once for many, again after a change, and never for another day", () => {
    tested.commit({ kind: "weighing", body: weighingOf("1") });
    tested.centre.project();
    const first = reader().today(null, Cover.everything);
    tested.nowMs += 250;
    tested.commit({ kind: "weighing", body: weighingOf("2") });
    tested.centre.project();
    expect(reader().today(null, Cover.everything)).toBe(first);
    tested.nowMs += 100;
    const second = reader().today(null, Cover.everything);
    expect(second.totals.grams).toBe("3");
    tested.nowMs += 60_000;
    expect(reader().today(null, Cover.everything)).toEqual({ ...second, asOf: new Date(tested.nowMs).toISOString() });
    tested.nowMs = midnightMs + dayMs;
    expect(reader().today(null, Cover.everything)).toMatchObject({
      day: "2026-11-24",
      totals: { grams: "0" },
      weighings: [],
    });
  });
});
