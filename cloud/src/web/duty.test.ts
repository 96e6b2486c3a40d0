import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { call } from "../../test/https-client.ts";
import { TestedSms } from "../../test/tested-duty.ts";
import type { TestedWeb } from "../../test/tested-web.ts";
import { changeRegister, signInAs, startTwoCounties } from "../../test/two-counties.ts";
import { DutyDesk } from "../duty/duty-desk.ts";
import { loadRouting } from "../duty/routing/load-routing.ts";

let web: TestedWeb;
let sms: TestedSms;
let desk: DutyDesk;

const rest = async (): Promise<void> => {
  for (let turn = 0; turn < 12; turn++) await Promise.resolve();
};

beforeEach(async () => {
  web = await startTwoCounties();
  sms = new TestedSms();
  for (const prefix of ["sb-", "zp-"]) {
    changeRegister(web, [
      ["officers", { code: `${prefix}duty`, name: `${prefix}值班`, phone: "13800000001", login: "user-ins" }],
      ["duties", { area: "xm", tier: "city", rank: prefix === "sb-" ? "1" : "2", officer: `${prefix}duty` }],
      ...([
        [
          "duties",
          {
            area: prefix === "sb-" ? "siming" : "zhongpu-district",
            tier: "district",
            rank: "1",
            officer: `${prefix}duty`,
          },
        ],
      ] as const),
    ]);
  }
  desk = new DutyDesk({
    replyKey: new Uint8Array(32).fill(7),
    ...{ database: web.centre.alerts, register: web.centre.register, channels: [sms], timezone: "Asia/Shanghai" },
    ...{
      routing: await loadRouting(null),
      audit: { append: () => undefined },
      nowMs: () => web.nowMs,
      random: Math.random,
    },
    later: () => () => undefined,
    onChange: () => undefined,
    onFault: (error) => {
      throw error;
    },
  });
  web.centre.alerts.transaction(() => desk.start())();
  for (const [id, gw] of [
    ["own", "market-a"],
    ["foreign", "market-z"],
  ] as const) {
    web.fireAlert(id, gw);
    web.centre.alerts
      .prepare("UPDATE alert SET site = ? WHERE id = ?")
      .run(gw === "market-a" ? "songbai" : "zhongpu", id);
  }
  desk.wake();
  web.nowMs += 10_000;
  desk.wake();
  await rest();
});
afterEach(async () => {
  await desk.close();
  await web.close();
});

const get = async (path: string, cookie: string | undefined) =>
  (await call(web.target, `/api/v1${path}`, { cookie })).json;

describe("duty over the API", () => {
  it("says who has an alert, until when, its steps and what each officer was told", async () => {
    const detail = await get("/alerts/own", await web.signIn("user-cen"));
    expect(detail.alert).toMatchObject({
      ...{ receiptDueAt: expect.stringMatching(/Z$/), arrivalDueAt: null, overdue: false },
      duty: {
        route: "general",
        level: { zh: "一般" },
        tier: "district",
        stage: "receipt",
        officers: [{ code: "sb-duty" }, { code: "sb-officer" }],
      },
    });
    expect(detail.steps).toMatchObject([
      { tier: "district", reason: "first" },
      { tier: "station", reason: "informed" },
    ]);
    // The officer of the station has no telephone number in the register.
    expect(detail.messages).toMatchObject([
      { officer: { code: "sb-officer" }, state: "unreachable", reason: "no-phone" },
      {
        officer: { code: "sb-duty", name: "sb-值班" },
        state: "sent",
        legs: [{ channel: "sms", state: "sent", attempts: 1 }],
      },
    ]);
  });

  it("takes arrival by POST only, once", async () => {
    const cookie = await web.signIn("user-cen");
    expect((await call(web.target, "/api/v1/alerts/own/arrive", { cookie })).status).toBe(404);
    const arrive = () => call(web.target, "/api/v1/alerts/own/arrive", { cookie, method: "POST", body: {} });
    expect((await arrive()).json).toMatchObject({
      ...{ outcome: "done", alert: { state: "acknowledged", duty: { arrived: { by: "user-cen" } } } },
    });
    expect((await arrive()).json.outcome).toBe("already");
  });

  it("lists messages with hidden numbers and codes, each county its own, page by page", async () => {
    const whole = await web.signIn("user-cen");
    const all = await get("/messages", whole);
    expect(all.messages).toHaveLength(2);
    expect(all.messages[0]).toMatchObject({ phone: "138******01", template: "alert", state: "sent", alerts: 1 });
    expect(all.messages[0].text).toMatch(/回复····签收/u);
    expect(JSON.stringify(all)).not.toContain("13800000001");
    const first = await get("/messages?limit=1", whole);
    const second = await get(`/messages?limit=1&cursor=${first.next}`, whole);
    expect([first.messages[0].alertIds, second.messages[0].alertIds, second.next]).toEqual([
      ["foreign"],
      ["own"],
      null,
    ]);
    expect((await get("/messages?officer=sb-duty&state=sent&channel=sms", whole)).messages).toHaveLength(1);
    expect((await get(`/messages?officer=${encodeURIComponent("sb-值")}&state=sent`, whole)).messages).toHaveLength(1);
    expect((await get(`/messages?officer=${encodeURIComponent("别人")}`, whole)).messages).toEqual([]);
    expect((await get("/messages?state=delivered", whole)).messages).toEqual([]);
    const own = await get("/messages", await signInAs(web, "inspector", { areas: ["siming"] }));
    expect(own.messages.map(({ alertIds }: { alertIds: string[] }) => alertIds)).toEqual([["own"]]);
  });

  it("says who is on duty at the sites of the asking officer, now and at a time, and how alerts are routed", async () => {
    const duty = await get("/duty", await signInAs(web, "inspector", { areas: ["siming"] }));
    expect(duty.sites.map(({ code }: { code: string }) => code)).toEqual(["songbai"]);
    expect(duty.sites[0].tiers).toMatchObject([
      { tier: "operator", found: "station", reason: "higher-tier", officer: { code: "sb-officer" } },
      { tier: "station", found: "station", reason: "first" },
      ...[
        { tier: "district", officer: { code: "sb-duty" }, phone: "138******01" },
        { tier: "city", found: "city" },
      ],
    ]);
    const away = await get("/duty?at=2026-11-01T12:00:00%2B08:00", await web.signIn("user-cen"));
    expect(away.sites[0].tiers[1]).toMatchObject({ found: "district", reason: "higher-tier" });
    expect(await get("/routing", await web.signIn("user-aud"))).toMatchObject({
      ...{ name: { zh: "莆田三级处置" }, quietHours: { from: "22:00", to: "07:00" }, lastResort: { role: "centre" } },
    });
  });
});

describe("a user who is an officer of the register", () => {
  /** A minute later than whatever was before: the register counts in minutes. */
  const link = async (user: string, officer: string | null) => {
    web.nowMs += 60_000;
    const cookie = await web.signIn("user-adm");
    return call(web.target, `/api/v1/users/${user}/officer`, { method: "POST", body: { officer }, cookie });
  };
  const mine = async (cookie: string | undefined) =>
    (await get("/alerts?state=open&for=me", cookie)).alerts.map(({ id }: { id: string }) => id);

  it("has the alerts of this officer among the own, within the area, and is shown by name", async () => {
    const cookie = await signInAs(web, "inspector", { areas: ["siming"] });
    const { user } = (await call(web.target, "/api/v1/me", { cookie })).json;
    const centre = await web.signIn("user-cen");
    expect(await mine(centre)).toEqual([]);
    expect((await link(user, "zp-officer")).json.user.officer).toEqual({ code: "zp-officer", name: "中埔所长" });
    expect(await mine(cookie)).toEqual([]);
    await link(user, "sb-officer");
    expect((await get("/me", cookie)).officer).toEqual({ code: "sb-officer", name: "松柏所长" });
    expect(await mine(cookie)).toEqual(["own"]);
    const act = (path: string, by: string | undefined) =>
      call(web.target, `/api/v1/alerts/own/${path}`, { cookie: by, method: "POST", body: {} });
    expect((await act("acknowledge", cookie)).json).toMatchObject({ outcome: "done", first: null });
    const named = { by: user, name: "松柏所长", at: expect.stringMatching(/Z$/) };
    expect((await act("acknowledge", centre)).json).toMatchObject({ outcome: "already", first: named });
    await act("arrive", cookie);
    expect((await act("arrive", centre)).json).toMatchObject({ outcome: "already", first: named });
    const { alert, people } = await get("/alerts/own", centre);
    expect([alert.acknowledged, alert.duty.arrived]).toMatchObject([named, named]);
    expect(people).toMatchObject({ [user]: "松柏所长", "sb-duty": "sb-值班" });
    expect(await mine(cookie)).toEqual(["own"]);
    await link(user, null);
    expect((await get("/me", cookie)).officer).toBeNull();
    // Taken over by this user, whoever that is in the register; and the history keeps the name of that time.
    expect(await mine(cookie)).toEqual(["own"]);
    expect((await get("/alerts/own", centre)).people[user]).toBe("松柏所长");
  });

  it("is one that nobody else is, and that there is", async () => {
    expect((await link("user-ins", "sb-officer")).status).toBe(200);
    const refusals = [await link("user-aud", "sb-officer"), await link("user-aud", "nobody"), await link("who", null)];
    expect(refusals.map(({ json }) => [json.error.code, json.error.field])).toEqual([
      ["USER_INVALID", "officer"],
      ["USER_INVALID", "officer"],
      ["USER_UNKNOWN", "name"],
    ]);
    const cookie = await web.signIn("user-cen");
    const refused = await call(web.target, "/api/v1/users/user-ins/officer", {
      ...{ method: "POST", body: { officer: null }, cookie },
    });
    expect(refused.json.error.code).toBe("ACCESS_DENIED");
    const { entries } = await get("/audit?action=user.officer", await web.signIn("user-adm"));
    expect(entries).toMatchObject([{ entry: { subject: "user:user-ins", detail: { officer: "sb-officer" } } }]);
  });
});
