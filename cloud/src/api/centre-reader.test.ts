import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { deviceOf, sampleNowMs, sampleRecord, testOf, weighingOf } from "../../test/memory-ledger.ts";
import { TestedReader } from "../../test/tested-reader.ts";
import { Cover } from "../users/cover.ts";
import { deviceState } from "./queries/device-query.ts";

const dayMs = 24 * 3_600_000;
const otherEid = "f".repeat(32);

let tested: TestedReader;
const reader = () => tested.reader;

beforeEach(() => {
  tested = new TestedReader();
});
afterEach(() => tested.close());

describe("devices", () => {
  it("are what their gateway says, as long as the gateway itself is heard from", () => {
    expect(deviceState("online", true)).toBe("online");
    expect(deviceState("parked", true)).toBe("parked");
    expect(deviceState("online", false)).toBe("unknown");
    expect(deviceState("online", null)).toBe("unknown");
    expect(deviceState(null, true)).toBe("unknown");
  });

  it("show the latest reading by effective time, of an undisputed line", () => {
    tested.centre.gateway("market-a", "松柏市场", true, tested.nowMs);
    tested.commit({ kind: "device", body: deviceOf("online") }, sampleNowMs - 5_000);
    tested.commit({ kind: "weighing", body: weighingOf("500") }, sampleNowMs - 1_000);
    tested.commit({ kind: "weighing", body: weighingOf("300") }, sampleNowMs - 3_000);
    tested.commit({ kind: "weighing", body: weighingOf("900"), eid: otherEid }, sampleNowMs - 500);
    tested.commit({ kind: "test", dev: "tester-1", body: testOf("s1", "positive") }, sampleNowMs - 2 * dayMs);
    tested.centre.dispute(otherEid, "disputed");
    tested.centre.project();
    const { devices } = reader().devices(null, Cover.everything);
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
    tested.centre.gateway("market-a", "松柏市场", false, tested.nowMs);
    tested.commit({ kind: "weighing", body: weighingOf("1") });
    tested.centre.ledger.prepare("UPDATE line SET heard_head = 100").run();
    tested.centre.ledger
      .prepare("INSERT INTO gap (line, from_seq, to_seq, reason, named_ms) VALUES (1, 50, 59, 'lost', ?)")
      .run(tested.nowMs);
    tested.centre.ledger
      .prepare("INSERT INTO gap (line, from_seq, to_seq, reason, named_ms) VALUES (1, 2, 49, 'missing', ?)")
      .run(tested.nowMs);
    tested.centre.project();
    expect(reader().today(null, Cover.everything).gateways).toMatchObject([
      { gw: "market-a", online: false, pending: 89, gaps: 2 },
    ]);
    const [gateway] = reader().gateways(Cover.everything).gateways;
    expect(gateway?.lines).toMatchObject({ total: 1, newest: [{ heardHead: 100, stored: 1, contiguousHead: 1 }] });
    expect(gateway?.openGaps.newest.map(({ reason }) => reason).sort()).toEqual(["lost", "missing"]);
  });
});

describe("records and quarantine", () => {
  it("come page by page in ledger order, with what the device said, and say what does not count", () => {
    tested.commit({ kind: "weighing", body: weighingOf("1"), raw: "AjEy" });
    tested.commit({ kind: "test", dev: "tester-1", body: testOf("s1", "negative") });
    tested.commit({ kind: "test", dev: "tester-1", body: testOf("s1", "negative", { resendOf: "earlier" }) });
    tested.commit({ kind: "weighing", body: weighingOf("2"), eid: otherEid });
    tested.centre.dispute(otherEid, "disputed");
    tested.centre.project();
    const page = reader().records({ after: 0, limit: 2 }, Cover.everything);
    expect(page).toMatchObject({ next: 2, lsn: 4, head: 4 });
    expect(page.records[0]).toMatchObject({ lsn: 1, raw: "AjEy", body: { grams: "1" }, counted: true });
    const rest = reader().records({ after: 2, limit: 2 }, Cover.everything);
    expect(rest.next).toBeNull();
    expect(rest.records.map(({ counted, lineStatus }) => [counted, lineStatus])).toEqual([
      [false, "ok"],
      [false, "disputed"],
    ]);
    expect(
      reader().records({ after: 0, limit: 10, kind: "test", device: "tester-1" }, Cover.everything).records.length,
    ).toBe(2);
    const newest = reader().records({ after: 0, before: 0, limit: 3 }, Cover.everything);
    expect([newest.records.map(({ lsn }) => lsn), newest.next]).toEqual([[4, 3, 2], 2]);
    const earlier = reader().records({ after: 0, before: 2, limit: 3 }, Cover.everything);
    expect([earlier.records.map(({ lsn }) => lsn), earlier.next]).toEqual([[1], null]);
    expect(reader().records({ after: 0, limit: 10, gateway: "market-b" }, Cover.everything)).toMatchObject({
      records: [],
      next: null,
    });
  });

  it("keep what could not be used with its bytes and the reason", () => {
    const strange = sampleRecord({ seq: 1, kind: "stock-in", body: { crates: 3 } });
    tested.centre.commit(strange, tested.nowMs);
    tested.centre.ledger
      .prepare(
        "INSERT INTO damaged (gw, reason, digest, bytes, payload, received_ms) VALUES ('market-b', 'gzip', 'd', 3, x'010203', ?)",
      )
      .run(tested.nowMs + 1);
    tested.centre.project();
    const { totals, items } = reader().quarantine({ limit: 50 }, Cover.everything);
    expect(totals).toEqual({ batch: 0, damaged: 1, record: 1 });
    expect(items.map(({ source }) => source)).toEqual(["damaged", "record"]);
    expect(items[0]).toMatchObject({
      size: 3,
      bytes: "AQID",
      reason: "gzip",
      receivedAt: new Date(tested.nowMs + 1).toISOString(),
    });
    expect(items[1]?.reason).toContain("stock-in");
    expect(Buffer.from(items[1]?.bytes ?? "", "base64").toString()).toContain('"crates":3');
    expect(reader().quarantine({ limit: 50, gateway: "market-b" }, Cover.everything).items.length).toBe(1);
  });
});
