import { type MingchengRecord, todaySchema } from "@mingcheng/protocols";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  deviceOf,
  sampleEid,
  sampleNowMs,
  sampleRecord,
  testOf,
  trustedTime,
  weighingOf,
} from "../../test/memory-ledger.ts";
import { SeededCentre } from "../../test/seeded-centre.ts";
import { CentreReader } from "./centre-reader.ts";
import { dayWindows } from "./queries/day-window.ts";
import { deviceState } from "./queries/device-query.ts";
import { ReadStores } from "./queries/read-stores.ts";

const dayMs = 24 * 3_600_000;
/** 2026-11-23 00:00 in Shanghai. */
const midnightMs = Date.parse("2026-11-22T16:00:00Z");
const bootMs = midnightMs - 30 * dayMs;
const otherEid = "f".repeat(32);

let centre: SeededCentre;
let stores: ReadStores;
let reader: CentreReader;
let nowMs: number;
let seq: number;

const open = () => {
  centre = new SeededCentre();
  stores = new ReadStores(centre.directory);
  nowMs = sampleNowMs;
  seq = 0;
  reader = new CentreReader({
    ...{ stores, timezone: "Asia/Shanghai", nowMs: () => nowMs },
    onAlertsUnreadable: (error) => {
      throw error;
    },
  });
};

const close = () => {
  stores.close();
  centre.close();
};

beforeEach(open);
afterEach(close);

const commit = (sample: Parameters<typeof sampleRecord>[0], atMs: number = sampleNowMs): MingchengRecord => {
  seq++;
  const record = sampleRecord({ seq, n: seq, t: trustedTime(atMs, bootMs), ...sample });
  centre.commit(record, Math.max(atMs, sampleNowMs));
  return record;
};

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
      commit({ kind: "weighing", body: weighingOf("100") }, atMs);
      commit({ kind: "test", dev: "tester-1", body: testOf(`s${atMs}`, "negative") }, atMs);
    }
    centre.project();
    nowMs = midnightMs + dayMs - 1;
    const today = reader.today(null);
    expect(today).toMatchObject({ day: "2026-11-23", totals: { weighings: 2, grams: "200", tests: { all: 2 } } });
    expect(today.weighings.map(({ at }) => Date.parse(at))).toEqual([midnightMs + dayMs - 1, midnightMs]);
    expect(today.tests.map(({ at }) => Date.parse(at))).toEqual([midnightMs + dayMs - 1, midnightMs]);
    nowMs += 1;
    expect(reader.today(null)).toMatchObject({ day: "2026-11-24", totals: { weighings: 1, tests: { all: 1 } } });
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
      commit({ kind, dev: "tester-1", body: testOf(`s${specimen}`, verdict, rest), ...place }, atMs);
    } else {
      const body = { ...weighingOf(grams), mode: kind === "tare" ? "tare" : "net" };
      commit({ kind: "weighing", body, ...place }, atMs);
    }
  }
};

describe("today's figures", () => {
  it("equal a count of what was said, resends folded, disputed lines and other days left out", () => {
    nowMs = midnightMs + dayMs - 1;
    let run = 0;
    fc.assert(
      fc.property(fc.array(saidArbitrary, { maxLength: 25, size: "max" }), fc.boolean(), (said, late) => {
        run++;
        const gw = `market-${run}`;
        const eids = { ok: sampleEid, disputed: run.toString(16).padStart(32, "f") };
        say(said, gw, eids);
        // A line may be disputed before or after its rows were projected.
        if (late) centre.project();
        centre.dispute(eids.disputed, "disputed");
        centre.project();
        const { totals, weighings, tests } = reader.today(gw);
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
    centre.gateway("market-a", "松柏市场", true, nowMs);
    centre.gateway("market-b", "宁宝市场", false, nowMs);
    for (let index = 0; index < 60; index++) commit({ kind: "weighing", body: weighingOf("1") });
    commit({ kind: "weighing", gw: "market-b", body: weighingOf("5") });
    centre.project();
    expect(reader.today(null)).toMatchObject({
      totals: { weighings: 61, grams: "65", gateways: { all: 2, online: 1 } },
    });
    const one = reader.today("market-b");
    expect(one.totals).toMatchObject({
      weighings: 1,
      grams: "5",
      devices: { all: 1 },
      gateways: { all: 1, online: 0 },
    });
    expect(one.weighings.map(({ gw }) => gw)).toEqual(["market-b"]);
    expect(reader.today("market-a").weighings.length).toBe(50);
    expect(todaySchema.parse(reader.today(null))).toEqual(reader.today(null));
  });

  it("are read once for many, again after a change, and never for another day", () => {
    commit({ kind: "weighing", body: weighingOf("1") });
    centre.project();
    const first = reader.today(null);
    nowMs += 250;
    commit({ kind: "weighing", body: weighingOf("2") });
    centre.project();
    expect(reader.today(null)).toBe(first);
    nowMs += 100;
    const second = reader.today(null);
    expect(second.totals.grams).toBe("3");
    nowMs += 60_000;
    expect(reader.today(null)).toEqual({ ...second, asOf: new Date(nowMs).toISOString() });
    nowMs = midnightMs + dayMs;
    expect(reader.today(null)).toMatchObject({ day: "2026-11-24", totals: { grams: "0" }, weighings: [] });
  });
});

describe("devices", () => {
  it("are what their gateway says, as long as the gateway itself is heard from", () => {
    expect(deviceState("online", true)).toBe("online");
    expect(deviceState("parked", true)).toBe("parked");
    expect(deviceState("online", false)).toBe("unknown");
    expect(deviceState("online", null)).toBe("unknown");
    expect(deviceState(null, true)).toBe("unknown");
  });

  it("show the latest reading by effective time, of an undisputed line", () => {
    centre.gateway("market-a", "松柏市场", true, nowMs);
    commit({ kind: "device", body: deviceOf("online") }, sampleNowMs - 5_000);
    commit({ kind: "weighing", body: weighingOf("500") }, sampleNowMs - 1_000);
    commit({ kind: "weighing", body: weighingOf("300") }, sampleNowMs - 3_000);
    commit({ kind: "weighing", body: weighingOf("900"), eid: otherEid }, sampleNowMs - 500);
    commit({ kind: "test", dev: "tester-1", body: testOf("s1", "positive") }, sampleNowMs - 2 * dayMs);
    centre.dispute(otherEid, "disputed");
    centre.project();
    const { devices } = reader.devices(null);
    expect(devices.map(({ dev, state, site }) => [dev, state, site])).toEqual([
      ["scale-01", "online", "松柏市场"],
      ["tester-1", "unknown", "松柏市场"],
    ]);
    expect(devices[0]).toMatchObject({
      lastWeighing: { value: "500" },
      lastTest: null,
      today: { weighings: 2, grams: "800" },
    });
    expect(devices[1]).toMatchObject({ lastTest: { specimenId: "s1", verdict: "positive" }, today: { tests: 0 } });
  });
});

describe("gateways", () => {
  it("tell what they still owe, leaving out what was given up", () => {
    centre.gateway("market-a", "松柏市场", false, nowMs);
    commit({ kind: "weighing", body: weighingOf("1") });
    centre.ledger.prepare("UPDATE line SET heard_head = 100").run();
    centre.ledger
      .prepare("INSERT INTO gap (line, from_seq, to_seq, reason, named_ms) VALUES (1, 50, 59, 'lost', ?)")
      .run(nowMs);
    centre.ledger
      .prepare("INSERT INTO gap (line, from_seq, to_seq, reason, named_ms) VALUES (1, 2, 49, 'missing', ?)")
      .run(nowMs);
    centre.project();
    expect(reader.today(null).gateways).toMatchObject([{ gw: "market-a", online: false, pending: 89, gaps: 2 }]);
    const [gateway] = reader.gateways().gateways;
    expect(gateway?.lines).toMatchObject({ total: 1, newest: [{ heardHead: 100, stored: 1, contiguousHead: 1 }] });
    expect(gateway?.openGaps.newest.map(({ reason }) => reason).sort()).toEqual(["lost", "missing"]);
  });
});

describe("records and quarantine", () => {
  it("come page by page in ledger order, with what the device said, and say what does not count", () => {
    commit({ kind: "weighing", body: weighingOf("1"), raw: "AjEy" });
    commit({ kind: "test", dev: "tester-1", body: testOf("s1", "negative") });
    commit({ kind: "test", dev: "tester-1", body: testOf("s1", "negative", { resendOf: "earlier" }) });
    commit({ kind: "weighing", body: weighingOf("2"), eid: otherEid });
    centre.dispute(otherEid, "disputed");
    centre.project();
    const page = reader.records({ after: 0, limit: 2 });
    expect(page).toMatchObject({ next: 2, lsn: 4, head: 4 });
    expect(page.records[0]).toMatchObject({ lsn: 1, raw: "AjEy", body: { grams: "1" }, counted: true });
    const rest = reader.records({ after: 2, limit: 2 });
    expect(rest.next).toBeNull();
    expect(rest.records.map(({ counted, lineStatus }) => [counted, lineStatus])).toEqual([
      [false, "ok"],
      [false, "disputed"],
    ]);
    expect(reader.records({ after: 0, limit: 10, kind: "test", device: "tester-1" }).records.length).toBe(2);
    expect(reader.records({ after: 0, limit: 10, gateway: "market-b" })).toMatchObject({ records: [], next: null });
  });

  it("keep what could not be used with its bytes and the reason", () => {
    const strange = sampleRecord({ seq: 1, kind: "stock-in", body: { crates: 3 } });
    centre.commit(strange, nowMs);
    centre.ledger
      .prepare(
        "INSERT INTO damaged (gw, reason, digest, bytes, payload, received_ms) VALUES ('market-b', 'gzip', 'd', 3, x'010203', ?)",
      )
      .run(nowMs + 1);
    centre.project();
    const { totals, items } = reader.quarantine({ limit: 50 });
    expect(totals).toEqual({ batch: 0, damaged: 1, record: 1 });
    expect(items.map(({ source }) => source)).toEqual(["damaged", "record"]);
    expect(items[0]).toMatchObject({
      size: 3,
      bytes: "AQID",
      reason: "gzip",
      receivedAt: new Date(nowMs + 1).toISOString(),
    });
    expect(items[1]?.reason).toContain("stock-in");
    expect(Buffer.from(items[1]?.bytes ?? "", "base64").toString()).toContain('"crates":3');
    expect(reader.quarantine({ limit: 50, gateway: "market-b" }).items.length).toBe(1);
  });
});
