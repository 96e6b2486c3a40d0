import { afterEach, describe, expect, it } from "vitest";
import { FedCentre, faultless } from "../../test/fed-centre.ts";
import { deviceOf, sampleNowMs, testOf, trustedTime, unknownTime, weighingOf } from "../../test/memory-ledger.ts";
import { smallCity } from "../../test/tested-register.ts";
import { type SeriesServer, ServerUnavailable } from "./series-server.ts";

const minuteMs = 60_000;
const centres: FedCentre[] = [];
const fedCentre = (): FedCentre => {
  const fed = new FedCentre();
  centres.push(fed);
  return fed;
};

afterEach(() => {
  for (const fed of centres.splice(0)) fed.close();
});

describe("the feed of a time series server", () => {
  it("makes one point of every record, however many share a millisecond, and sums that agree", async () => {
    const fed = fedCentre();
    fed.register(...smallCity, ["placements", { gw: "gw-1", dev: "scale-1", stall: "songbai-a01" }]);
    fed.weigh(250, { gw: "gw-1", dev: "scale-1" });
    fed.weigh(30);
    fed.commit({ kind: "weighing", body: { ...weighingOf("12"), mode: "tare" } });
    fed.commit({ kind: "weighing", body: { ...weighingOf("3"), unit: "pcs", grams: null } });
    for (const resendOf of [null, "x"]) {
      fed.commit({ kind: "test", dev: "tester-1", body: testOf("S-1", "positive", { resendOf }) });
    }
    fed.commit({ kind: "device", body: deviceOf("online") });
    await fed.feed();
    fed.weighed.set(281, 0);
    fed.weighed.set(282, 0);
    expect({ ...fed.judge(), missing: fed.judge().missing.filter((lsn) => lsn <= 280) }).toEqual(faultless);
    expect(fed.server.of("weighing")).toHaveLength(282);
    const [placed] = fed.server.of("weighing");
    expect(placed?.tags).toMatchObject({
      city: "xm",
      city_name: "厦门市",
      district_name: "思明区",
      stall: "songbai-a01",
    });
    for (const name of ["weighing", "weighing_hour", "weighing_day"]) {
      expect([fed.sum(name, "weighings"), fed.sum(name, "tares"), fed.sum(name, "without_mass")]).toEqual([282, 1, 1]);
      expect(fed.sum(name, "mass_mg")).toBe([...fed.weighed.values()].reduce((all, mg) => all + mg, 0));
    }
    expect(["test", "test_hour", "test_item_day"].map((name) => fed.sum(name, "positive"))).toEqual([1, 1, 1]);
    expect(fed.server.of("test")[0]?.tags).toMatchObject({ site: "unplaced", item: "unknown", item_name: "未知品种" });
    expect(fed.sum("device", "online")).toBe(1);
  });

  it("moves points whose time is corrected late, and what they counted for", async () => {
    const fed = fedCentre();
    const boot = "boot-late";
    const lsn = fed.commit({ kind: "weighing", body: weighingOf("500"), t: unknownTime(1_000, boot) }, sampleNowMs);
    fed.weighed.set(lsn, 500_000);
    await fed.feed();
    const before = fed.server.of("weighing")[0]?.time;
    // The clock becomes known: the reading was made three hours before it arrived.
    const t = { ...trustedTime(sampleNowMs), mono_ms: 3 * 3_600_000, boot };
    fed.commit({ kind: "weighing", body: weighingOf("1"), t, dev: "scale-02" }, sampleNowMs);
    await fed.feed();
    const points = fed.server.of("weighing").filter(({ tags }) => tags["dev"] === "scale-01");
    expect(points.map(({ time, fields }) => [time === before, fields["weighings"], fields["mass_mg"]])).toEqual([
      [true, 0, 0],
      [false, 1, 500_000],
    ]);
    expect(fed.sum("weighing_hour", "weighings")).toBe(2);
    expect(fed.server.of("weighing_hour").map(({ fields }) => fields["weighings"])).toEqual([1, 1]);
  });

  it("takes a line in dispute back, and gives it again when somebody decides for it", async () => {
    const fed = fedCentre();
    fed.weigh(20);
    await fed.feed();
    const { eid } = { eid: "0123456789abcdef0123456789abcdef" };
    fed.centre.dispute(eid, "disputed");
    await fed.feed();
    expect(["weighing", "weighing_day"].map((name) => fed.sum(name, "weighings"))).toEqual([0, 0]);
    fed.centre.dispute(eid, "ok");
    await fed.feed();
    expect(fed.judge()).toEqual(faultless);
    expect(fed.sum("weighing_day", "weighings")).toBe(20);
  });

  it("sets apart what the server refuses, by name, and goes on with the rest", async () => {
    const fed = fedCentre();
    fed.server.refuses = (line) => line.includes("lsn=17i") || line.includes("lsn=60i");
    fed.weigh(90);
    await fed.feed();
    expect(fed.judge().missing).toEqual([17, 60]);
    expect(fed.stores.state.refusedCount()).toBe(2);
    const refused = fed.stores.database.prepare("SELECT line, reason FROM refused ORDER BY id").all();
    expect(refused).toMatchObject([
      { line: expect.stringContaining("lsn=17i"), reason: expect.stringContaining("400") },
      {},
    ]);
  });

  it("has nothing missing and nothing twice when answers get lost, the server is away, and the feed dies", async () => {
    const fed = fedCentre();
    fed.server.knowsInfluxQl = false;
    fed.weigh(400, {}, 100);
    let answers = 0;
    fed.server.afterWrite = () => {
      if (++answers % 3 === 0) throw new ServerUnavailable("the answer got lost");
    };
    for (let attempt = 0; attempt < 12; attempt++) await fed.feed().catch(() => fed.open());
    fed.server.afterWrite = () => undefined;
    fed.weigh(50);
    fed.server.isDown = true;
    await expect(fed.feed()).rejects.toThrow(ServerUnavailable);
    expect(fed.open().lag().records).toBeGreaterThan(0);
    fed.server.isDown = false;
    await fed.feed();
    expect(fed.judge()).toEqual(faultless);
    expect(fed.sum("weighing_day", "weighings")).toBe(450);
  });
});

/** A server with one of its ways changed. */
const standingBefore = (server: SeriesServer, changed: Partial<SeriesServer>): SeriesServer => ({
  write: (...of) => server.write(...of),
  startMark: () => server.startMark(),
  setUp: () => server.setUp(),
  query: (...of) => server.query(...of),
  remove: (...of) => server.remove(...of),
  close: () => server.close(),
  ...changed,
});

/** Feeds 300 weighings over half an hour, loses the newest 120 in a restart of the server, and feeds on. */
const restarted = async (fed: FedCentre, comparing: boolean): Promise<void> => {
  fed.server.knowsInfluxQl = comparing;
  for (let minute = 0; minute < 30; minute++) {
    fed.weigh(10);
    await fed.feed();
    fed.nowMs += minuteMs;
  }
  fed.server.restart(120);
  fed.weigh(10);
  await fed.feed();
};

describe("a server that was started anew", () => {
  it("is sent the overlap again: what it lost with its memory is there", async () => {
    const fed = fedCentre();
    const feed = fed.open({ overlapMinutes: 15 });
    await restarted(fed, false);
    expect(fed.judge()).toEqual(faultless);
    expect(feed.standing).toMatchObject({ restarts: 1, canCompare: false });
    expect(feed.standing.sentAgain).toBeGreaterThan(100);
    expect(fed.sum("weighing_hour", "weighings")).toBe(310);
  });

  it("is found wanting by the judge when nothing is sent again (planted)", async () => {
    const fed = fedCentre();
    const { server } = fed;
    fed.open({ overlapMinutes: 15 }, standingBefore(server, { startMark: () => Promise.resolve("the same") }));
    await restarted(fed, false);
    expect(fed.judge().missing.length).toBeGreaterThan(50);
  });

  it("is compared by hours, and what the overlap did not reach is fed again", async () => {
    const fed = fedCentre();
    const feed = fed.open({ overlapMinutes: 1 });
    await restarted(fed, true);
    expect(fed.judge()).toEqual(faultless);
    expect(feed.standing).toMatchObject({ restarts: 1, differing: [] });
    expect(feed.standing.hoursFedAgain).toBeGreaterThan(0);
  });

  it("loses points for good when the cursor goes ahead of its word (planted)", async () => {
    const fed = fedCentre();
    const { server } = fed;
    let isTaking = true;
    // Says that it took the lines whatever became of them.
    fed.open({}, standingBefore(server, { write: (...of) => (isTaking ? server.write(...of) : Promise.resolve()) }));
    server.knowsInfluxQl = false;
    fed.weigh(100);
    await fed.feed();
    fed.weigh(100);
    fed.centre.project();
    isTaking = false;
    await fed.feed();
    isTaking = true;
    fed.weigh(10);
    await fed.feed();
    expect(fed.judge().missing).toHaveLength(100);
  });

  it("is emptied of what is too much in an hour before the hour is fed again", async () => {
    const fed = fedCentre();
    fed.weigh(10);
    await fed.feed();
    await fed.server.write("autogen", [`weighing,dev=ghost weighings=1i,mass_mg=5i,lsn=999i ${sampleNowMs}000000`]);
    expect(fed.judge().invented).toEqual([999]);
    fed.nowMs += 7 * 3_600_000;
    await fed.feed();
    expect(fed.judge()).toEqual(faultless);
  });

  it("is fed from the first record when a rebuild was ordered, or another server stands there", async () => {
    const fed = fedCentre();
    fed.weigh(40);
    await fed.feed();
    await fed.server.write("autogen", [`weighing,dev=ghost weighings=1i,lsn=999i 1000000`]);
    fed.stores.state.note("rebuild", "1");
    fed.open();
    await fed.feed();
    expect(fed.judge()).toEqual(faultless);
    fed.server.points.clear();
    fed.open({ url: "http://127.0.0.1:8087" });
    await fed.feed();
    expect(fed.judge()).toEqual(faultless);
    expect(fed.sum("weighing_day", "weighings")).toBe(40);
  });
});

describe("a register that changes", () => {
  it("has what was fed before it knew a device placed anew", async () => {
    const fed = fedCentre();
    fed.register(...smallCity);
    fed.weigh(30, { gw: "gw-1", dev: "scale-1" });
    await fed.feed();
    expect(fed.server.of("weighing_hour").map(({ tags }) => tags["site"])).toEqual(["unplaced"]);
    fed.register(["placements", { gw: "gw-1", dev: "scale-1", stall: "songbai-a01" }, "2026-01-01"]);
    await fed.feed();
    expect(fed.judge()).toEqual(faultless);
    const hours = fed.server.of("weighing_hour").map(({ tags, fields }) => [tags["site"], fields["weighings"]]);
    expect(hours).toEqual([
      ["unplaced", 0],
      ["songbai", 30],
    ]);
  });
});

describe("projections that were made anew", () => {
  it("are compared record by record: the same stays, what is gone is taken back", async () => {
    const fed = fedCentre();
    fed.weigh(30);
    await fed.feed();
    const { writes } = fed.server;
    fed.centre.projections.prepare("UPDATE readings_made SET token = 'another'").run();
    fed.centre.projections.prepare("DELETE FROM record WHERE lsn = 7").run();
    await fed.feed();
    expect(fed.judge().missing).toEqual([7]);
    expect(fed.server.writes - writes).toBeLessThan(5);
    expect(fed.sum("weighing_day", "weighings")).toBe(29);
  });
});
