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

  it("are handled, closed with result and evidence, and opened again with their history", async () => {
    web.fireAlert("alert-1");
    const [operator, centre] = [await web.signIn("user-adm"), await web.signIn("user-cen")];
    const act = async (cookie: string | undefined, name: string, body: object) =>
      (await call(web.target, `/api/v1/alerts/alert-1/${name}`, { method: "POST", body, cookie })).json;
    expect((await act(operator, "handle", {})).error).toMatchObject({ code: "INPUT_INVALID" });
    expect(await act(operator, "handle", { result: "goods held" })).toMatchObject({
      ...{ outcome: "done", alert: { state: "handled", acknowledged: { by: "user-adm" } } },
    });
    expect(await act(centre, "handle", { result: "me too" })).toMatchObject({ outcome: "already" });
    expect((await act(centre, "close", { result: "destroyed" })).error).toMatchObject({
      ...{ code: "INPUT_INVALID", field: "body.evidence" },
    });
    const closing = { result: "destroyed 5.4 kg", evidence: "record 17" };
    expect(await act(centre, "close", closing)).toMatchObject({ outcome: "done", alert: { state: "closed" } });
    expect((await act(centre, "close", closing)).error).toMatchObject({ code: "ALERT_OVER", field: "id" });
    expect(await act(centre, "reopen", { comment: "found again" })).toMatchObject({
      ...{ outcome: "done", alert: { state: "firing", endedAt: null, acknowledged: null } },
    });
    expect(await act(centre, "reopen", { comment: "twice" })).toMatchObject({ outcome: "already" });
    const { json } = await call(web.target, "/api/v1/alerts/alert-1", { cookie: centre });
    expect(json.history.map(({ reason, actor }: Record<string, string>) => `${reason} ${actor}`)).toEqual([
      ...["condition-met system", "acknowledged user-adm", "handled user-adm", "closed user-cen", "reopened user-cen"],
    ]);
    const late = await act(await web.signIn("user-aud"), "handle", { result: "x" });
    expect(late.error.code).toBe("ACCESS_DENIED");
  });

  it("are silenced by name, for a time, and never without an end", async () => {
    const cookie = await web.signIn("user-cen");
    const silence = async (body: object, path = "/api/v1/silences") =>
      (await call(web.target, path, { method: "POST", body, cookie })).json;
    const to = new Date(web.nowMs + 3_600_000).toISOString();
    const asked = { matchers: { rule: "test-positive" }, to, comment: "training" };
    expect((await silence({ ...asked, matchers: {} })).error.code).toBe("INPUT_INVALID");
    expect((await silence({ ...asked, to: new Date(web.nowMs).toISOString() })).error.code).toBe("INPUT_INVALID");
    expect((await silence({ ...asked, to: new Date(web.nowMs + 40 * 86_400_000).toISOString() })).error.code).toBe(
      "INPUT_INVALID",
    );
    expect(await silence(asked)).toMatchObject({ id: 1, by: "user-cen", active: true, ended: null, to });
    const listed = (await call(web.target, "/api/v1/silences", { cookie })).json;
    expect(listed.silences).toHaveLength(1);
    expect(await silence({}, "/api/v1/silences/1/end")).toMatchObject({ active: false, ended: { by: "user-cen" } });
    expect((await silence({}, "/api/v1/silences/1/end")).error.code).toBe("INPUT_INVALID");
    expect((await silence({}, "/api/v1/silences/2/end")).error.code).toBe("NOT_FOUND");
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
