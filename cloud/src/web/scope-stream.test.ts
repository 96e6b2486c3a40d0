import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type CameStream, openStream } from "../../test/https-client.ts";
import { weighingOf } from "../../test/memory-ledger.ts";
import type { TestedWeb } from "../../test/tested-web.ts";
import { changeRegister, signInAs, startTwoCounties } from "../../test/two-counties.ts";
import { PlaceFinder } from "../register/attribution/place-finder.ts";

let web: TestedWeb;
beforeEach(async () => {
  web = await startTwoCounties();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await web.close();
});

const weigh = (gw: string, grams: string): void => {
  web.commit({ gw, kind: "weighing", body: weighingOf(grams) });
  web.project();
};

const live = (gw: string, value: string): void => {
  const reading = { value, unit: "kg", mode: "net", stable: "unknown", tare: null, overload: false, underload: false };
  web.service.live(gw, "scale-01", Buffer.from(JSON.stringify({ ...reading, states: [] })));
  web.service.pumpLive();
};

/** Weights of the records that came, up to the one of `last`. */
const gramsUntil = async (stream: CameStream, last: string): Promise<string[]> => {
  const came: string[] = [];
  while (came.at(-1) !== last) {
    const { data } = await stream.next(({ name }) => name === "records");
    came.push(...data.records.map(({ body }: { body: { grams: string } }) => body.grams));
  }
  return came;
};

describe("the event stream of a county", () => {
  it("carries its own records and live values only, when resumed too", async () => {
    const cookie = await signInAs(web, "inspector", { areas: ["siming"] });
    const stream = await openStream(web.target, { cookie });
    for (const [gw, grams] of [
      ["market-z", "1"],
      ["market-a", "2"],
      ["market-nowhere", "3"],
      ["market-z", "4"],
      ["market-a", "5"],
    ] as const) {
      weigh(gw, grams);
    }
    expect(await gramsUntil(stream, "5")).toEqual(["2", "5"]);
    live("market-z", "7.7");
    live("market-a", "0.2");
    expect((await stream.next(({ name }) => name === "live")).data).toMatchObject({ gw: "market-a", value: "0.2" });
    stream.close();
    const again = await openStream(web.target, { cookie, headers: { "last-event-id": "1" } });
    expect((await again.next(({ name }) => name === "live")).data.gw).toBe("market-a");
    weigh("market-a", "6");
    again.close();
    const resumed = await openStream(web.target, { cookie, headers: { "last-event-id": "0" } });
    expect(await gramsUntil(resumed, "6")).toEqual(["2", "5", "6"]);
    resumed.close();
  });

  it("leaks when nobody filters: the test would see it", async () => {
    const stream = await openStream(web.target, { cookie: await signInAs(web, "inspector", { areas: ["siming"] }) });
    vi.spyOn(PlaceFinder.prototype, "sees").mockReturnValue(true);
    weigh("market-z", "1");
    weigh("market-a", "2");
    expect(await gramsUntil(stream, "2")).toEqual(["1", "2"]);
    stream.close();
  });

  it("ends at once when the user's areas or role change, before anything more is passed on", async () => {
    for (const change of ["scope", "role", "disable"] as const) {
      const name = `officer-${change}`;
      const cookie = await signInAs(web, "inspector", { areas: ["siming"] }, name);
      const stream = await openStream(web.target, { cookie });
      await stream.next(({ name: event }) => event === "hello");
      if (change === "scope") web.users.setScope(name, { areas: ["zhongpu-district"], sites: [] });
      if (change === "role") web.users.setRole(name, "operator");
      if (change === "disable") web.users.setDisabled(name, true, web.nowMs);
      weigh("market-a", "2");
      // The next event is the end, with no record before it.
      expect((await stream.next(() => true)).name, change).toBe("signed-out");
      await stream.ended;
    }
  });

  it("follows a device that is moved while it is open, and tells that names may have changed", async () => {
    const [here, there] = [
      await openStream(web.target, { cookie: await signInAs(web, "inspector", { areas: ["siming"] }) }),
      await openStream(web.target, { cookie: await signInAs(web, "inspector", { areas: ["zhongpu-district"] }) }),
    ];
    weigh("market-a", "1");
    const scale = { gw: "market-a", dev: "scale-01" };
    const moved = "2026-11-23 14:06";
    changeRegister(web, [
      ["placements", { ...scale, stall: "songbai-a01" }, undefined, moved],
      ["placements", { ...scale, stall: "zhongpu-a01" }, moved],
    ]);
    web.nowMs += 60_000;
    weigh("market-a", "2");
    live("market-a", "2.2");
    weigh("market-z", "3");
    web.nowMs -= 60_000;
    weigh("market-a", "4");
    const cameHere = await gramsUntil(here, "4");
    expect(cameHere).toEqual(["1", "4"]);
    expect((await there.next(({ name }) => name === "changed")).data.parts).toContain("readings");
    expect((await there.next(({ name }) => name === "records")).data.records[0]).toMatchObject({
      ...{ body: { grams: "2" }, place: { stall: { code: "zhongpu-a01" }, vendor: { name: "中埔鱼行" } } },
    });
    expect((await there.next(({ name }) => name === "live")).data.value).toBe("2.2");
    here.close();
    there.close();
  });
});
