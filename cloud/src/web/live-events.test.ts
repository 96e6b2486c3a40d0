import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { call, openStream } from "../../test/https-client.ts";
import { weighingOf } from "../../test/memory-ledger.ts";
import { TestedWeb } from "../../test/tested-web.ts";
import { maxReplayed } from "../api/events/event-stream.ts";

let web: TestedWeb;

beforeEach(async () => {
  web = await TestedWeb.start();
});
afterEach(() => web.close());

describe("live events", () => {
  const weigh = (grams: string): void => {
    web.commit({ kind: "weighing", body: weighingOf(grams) });
    web.centre.project();
    web.service.recordsMoved();
  };

  it("bring each record once, and after a break exactly what was missed", async () => {
    const cookie = await web.signIn("user-cen");
    weigh("1");
    const first = await openStream(web.target, { cookie });
    expect((await first.next(() => true)).data).toMatchObject({ lsn: 1, resumed: false });
    weigh("2");
    const came = await first.next(({ name }) => name === "records");
    expect(came).toMatchObject({ id: 2, data: { lsn: 2, records: [{ lsn: 2, body: { grams: "2" } }] } });
    first.close();
    weigh("3");
    weigh("4");
    const second = await openStream(web.target, { cookie, headers: { "last-event-id": "2" } });
    expect((await second.next(() => true)).data.resumed).toBe(true);
    const missed = await second.next(({ name }) => name === "records");
    expect(missed.data.records.map(({ lsn }: { lsn: number }) => lsn)).toEqual([3, 4]);
    weigh("5");
    expect((await second.next(({ name }) => name === "records")).data.records).toMatchObject([{ lsn: 5 }]);
    second.close();
  });

  it("tell a reader that missed too much, or knows of records that are not there, to read everything again", async () => {
    const cookie = await web.signIn("user-cen");
    web.centre.ledger.transaction(() => {
      for (let index = 0; index < maxReplayed + 10; index++) web.commit({ kind: "weighing", body: weighingOf("1") });
    })();
    web.centre.project();
    for (const id of ["3", "999999"]) {
      const stream = await openStream(web.target, { cookie, headers: { "last-event-id": id } });
      const reload = await stream.next(({ name }) => name === "reload");
      expect(reload).toMatchObject({ id: maxReplayed + 10, data: { reason: "too-old", lsn: maxReplayed + 10 } });
      stream.close();
    }
    const stream = await openStream(web.target, { cookie, headers: { "last-event-id": "11" } });
    let lsn = 11;
    while (lsn < maxReplayed + 10) {
      const { data } = await stream.next(({ name }) => name === "records" || name === "reload");
      for (const record of data.records) expect(record.lsn).toBe(++lsn);
    }
    stream.close();
  });

  it("carry what scales show, the latest only, and nothing that is no live value", async () => {
    const stream = await openStream(web.target, { cookie: await web.signIn("user-cen") });
    await stream.next(({ name }) => name === "hello");
    const live = (value: unknown) =>
      web.service.live("market-a", "scale-01", Buffer.from(JSON.stringify({ value, ...rest })));
    const rest = {
      unit: "kg",
      mode: "net",
      stable: "reported-unstable",
      tare: null,
      overload: false,
      underload: false,
      states: [],
    };
    for (const value of ["0.100", "0.250", "0.400"]) live(value);
    web.service.live("market-a", "scale-01", Buffer.from("{"));
    live({ planted: true });
    web.service.pumpLive();
    expect((await stream.next(({ name }) => name === "live")).data).toMatchObject({ dev: "scale-01", value: "0.400" });
    stream.close();
    const late = await openStream(web.target, { cookie: await web.signIn("user-cen") });
    expect((await late.next(({ name }) => name === "live")).data.value).toBe("0.400");
    late.close();
    expect(web.service.figures()).toContainEqual(
      expect.objectContaining({ name: "mingcheng_web_live_values_refused_total", value: 2 }),
    );
  });

  it("end with the session, and are few per session", async () => {
    const cookie = await web.signIn("user-cen");
    const streams = await Promise.all(Array.from({ length: 8 }, () => openStream(web.target, { cookie })));
    await expect(openStream(web.target, { cookie })).rejects.toThrow("429");
    for (const stream of streams.slice(1)) stream.close();
    await call(web.target, "/api/v1/logout", { method: "POST", body: {}, cookie });
    web.service.check();
    await streams[0]?.next(({ name }) => name === "signed-out");
    await streams[0]?.ended;
  });
});
