import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { call, openStream } from "../../test/https-client.ts";
import { weighingOf } from "../../test/memory-ledger.ts";
import { TestedWeb } from "../../test/tested-web.ts";

let web: TestedWeb;

beforeEach(async () => {
  web = await TestedWeb.start();
});
afterEach(() => web.close());

describe("alerts", () => {
  it("are taken over once, by name, and everybody hears of it", async () => {
    web.centre.gateway("market-a", "松柏市场", true, web.nowMs);
    web.fireAlert("alert-1");
    const [one, other] = [await web.signIn("user-cen"), await web.signIn("user-adm")];
    const listening = await openStream(web.target, { cookie: other });
    expect((await call(web.target, "/api/v1/today", { cookie: one })).json.alerts).toMatchObject({
      firing: 1,
      acknowledged: 0,
    });
    const acknowledge = (cookie: string | undefined, id = "alert-1") =>
      call(web.target, `/api/v1/alerts/${id}/acknowledge`, { method: "POST", body: {}, cookie });
    expect((await acknowledge(one)).json).toMatchObject({
      ...{ outcome: "done", alert: { state: "acknowledged", site: "松柏市场", acknowledged: { by: "user-cen" } } },
    });
    expect((await listening.next(({ name }) => name === "changed")).data.parts).toEqual(["alerts"]);
    listening.close();
    expect((await acknowledge(other)).json).toMatchObject({
      outcome: "already",
      alert: { acknowledged: { by: "user-cen" } },
    });
    expect((await acknowledge(one, "no-such")).json.error.code).toBe("NOT_FOUND");
    expect((await call(web.target, "/api/v1/today", { cookie: one })).json.alerts).toMatchObject({
      firing: 0,
      acknowledged: 1,
    });
    const { json } = await call(web.target, "/api/v1/alerts/alert-1", { cookie: one });
    expect(json.history.map(({ to, actor }: { to: string; actor: string }) => `${to} ${actor}`)).toEqual([
      "firing system",
      "acknowledged user-cen",
    ]);
  });

  it("that cannot be read leave the rest of the day standing", async () => {
    web.centre.alerts.exec("DROP TABLE notification; DROP TABLE match; DROP TABLE history; DROP TABLE alert");
    web.commit({ kind: "weighing", body: weighingOf("500") });
    web.centre.project();
    const { json } = await call(web.target, "/api/v1/today", { cookie: await web.signIn("user-cen") });
    expect(json).toMatchObject({ alerts: null, totals: { weighings: 1 } });
    const broken = await call(web.target, "/api/v1/alerts", { cookie: await web.signIn("user-cen") });
    expect(broken).toMatchObject({ status: 500, json: { error: { code: "CENTRE_FAULT", detail: null } } });
    expect(broken.text).not.toContain("SQL");
    expect(
      web.logged.some((line) => line.includes(broken.json.error.reference) && line.includes("no such table")),
    ).toBe(true);
  });
});
