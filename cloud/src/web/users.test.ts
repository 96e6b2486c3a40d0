import {
  auditPageSchema,
  auditVerificationSchema,
  userChangedSchema,
  userListSchema,
  userWithPasswordSchema,
} from "@mingcheng/protocols/api";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { call, cookieOf } from "../../test/https-client.ts";
import { type TestedWeb, testPassword } from "../../test/tested-web.ts";
import { signInAs, startTwoCounties } from "../../test/two-counties.ts";

let web: TestedWeb;
beforeEach(async () => {
  web = await startTwoCounties();
});
afterEach(() => web.close());

const as = async (user: string) => {
  const cookie = await web.signIn(user);
  const get = (path: string) => call(web.target, `/api/v1${path}`, { cookie });
  const post = (path: string, body: object = {}) =>
    call(web.target, `/api/v1${path}`, { method: "POST", body, cookie });
  return { get, post };
};

describe("users in the API", () => {
  it("are added with areas, see only those, and get others; each change ends their sessions", async () => {
    const admin = await as("user-adm");
    const added = await admin.post("/users", { name: "wang.li", role: "inspector", areas: ["siming"] });
    const { user, oneTimePassword } = userWithPasswordSchema.parse(added.json);
    expect(user).toMatchObject({ name: "wang.li", areas: ["siming"], sites: [], mustChangePassword: true });
    let cookie = await web.signIn("wang.li", oneTimePassword);
    const body = { present: oneTimePassword, next: testPassword };
    const changed = await call(web.target, "/api/v1/password", { method: "POST", body, cookie });
    expect(changed.json.scope).toEqual({ whole: false, areas: ["siming"], sites: [] });
    cookie = cookieOf(changed);
    const alive = async () => (await call(web.target, "/api/v1/me", { cookie })).status === 200;
    for (const [path, change] of [
      ["scope", { areas: [], sites: ["zhongpu"] }],
      ["role", { role: "operator" }],
      ["disable", {}],
      ["enable", {}],
    ] as const) {
      if (path !== "enable") cookie = await web.signIn("wang.li");
      expect(await alive(), path).toBe(path !== "enable");
      const answer = await admin.post(`/users/wang.li/${path}`, change);
      userChangedSchema.parse(answer.json);
      expect(await alive(), path).toBe(false);
    }
    const { users } = userListSchema.parse((await admin.get("/users")).json);
    expect(users.find(({ name }) => name === "wang.li")).toMatchObject({
      ...{ role: "operator", areas: [], sites: ["zhongpu"], disabledAt: null },
    });
    const reset = userWithPasswordSchema.parse((await admin.post("/users/wang.li/reset")).json);
    expect(await web.signIn("wang.li")).toBeUndefined();
    expect(await web.userOf(await web.signIn("wang.li", reset.oneTimePassword))).toBe("wang.li");
  });

  it("are refused what cannot be: unknown areas, users and roles, bounds for administrators, nobody left", async () => {
    const admin = await as("user-adm");
    const errorOf = async (path: string, body: object) => {
      const { status, json } = await admin.post(path, body);
      return [status, json.error.code, json.error.field];
    };
    const add = { name: "li.wei", role: "inspector" };
    expect(await errorOf("/users", { ...add, areas: ["nowhere"] })).toEqual([400, "USER_INVALID", "area"]);
    expect(await errorOf("/users", { ...add, sites: ["nowhere"] })).toEqual([400, "USER_INVALID", "site"]);
    expect(await errorOf("/users", { ...add, role: "boss" })).toEqual([400, "INPUT_INVALID", "body.role"]);
    expect(await errorOf("/users", { ...add, name: "user-ins" })).toEqual([409, "USER_EXISTS", "name"]);
    expect(await errorOf("/users/nobody/scope", { areas: ["xm"] })).toEqual([404, "USER_UNKNOWN", "name"]);
    const admins = { areas: ["xm"] };
    expect(await errorOf("/users/user-adm/scope", admins)).toEqual([400, "USER_INVALID", "role"]);
    expect(await errorOf("/users/user-adm/role", { role: "auditor" })).toEqual([400, "USER_INVALID", "role"]);
    expect(await errorOf("/users/user-adm/disable", {})).toEqual([400, "USER_INVALID", "name"]);
    expect(await web.userOf(await signInAs(web, "centre", { areas: ["siming"] }, "county"))).toBe("county");
    expect(await errorOf("/users/county/role", { role: "administrator" })).toEqual([400, "USER_INVALID", "role"]);
  });

  it("are for administrators; auditors look; nobody else", async () => {
    for (const user of ["user-ope", "user-ins", "user-cen"]) {
      const { get, post } = await as(user);
      expect((await get("/users")).json.error.code, user).toBe("ACCESS_DENIED");
      expect((await post("/users/user-adm/reset")).json.error.code, user).toBe("ACCESS_DENIED");
    }
    const auditor = await as("user-aud");
    expect((await auditor.get("/users")).status).toBe(200);
    expect((await auditor.post("/users/user-ope/role", { role: "centre" })).json.error.code).toBe("ACCESS_DENIED");
  });
});

describe("the audit log in the API", () => {
  it("has what was done, by whom and from where, and that it was looked at; it verifies", async () => {
    const admin = await as("user-adm");
    await admin.post("/users", { name: "wang.li", role: "inspector", areas: ["siming"] });
    await admin.post("/users/wang.li/scope", { sites: ["songbai"] });
    await admin.post("/register/changes", {
      note: "new",
      put: [{ kind: "vendors", values: { code: "v9", name: "新摊主" } }],
    });
    await admin.get("/register/officers");
    web.fireAlert("alert-1");
    await admin.post("/alerts/alert-1/acknowledge");
    await admin.post("/logout");
    const wrong = (user: string) =>
      call(web.target, "/api/v1/login", { method: "POST", body: { user, password: "wrong" } });
    for (let attempt = 0; attempt < 7; attempt++) await wrong("user-ins");
    for (let attempt = 0; attempt < 3; attempt++) await wrong("my-secret-password");
    const inspector = await as("user-cen");
    for (let attempt = 0; attempt < 3; attempt++) await inspector.get("/users");
    const auditor = await as("user-aud");
    const page = auditPageSchema.parse((await auditor.get("/audit?limit=500")).json);
    const told = page.entries.map(
      ({ entry }) => `${entry?.actor} ${entry?.action} ${entry?.subject} ${entry?.outcome}`,
    );
    expect(told.reverse()).toEqual([
      "centre audit.begun audit done",
      "centre centre.started centre done",
      "user-adm session.login user:user-adm done",
      "user-adm user.added user:wang.li done",
      "user-adm user.scope user:wang.li done",
      "user-adm register.changed register:vendors done",
      "user-adm register.viewed register:officers done",
      "user-adm alert.acknowledged alert:alert-1 done",
      "user-adm session.logout user:user-adm done",
      ...Array.from({ length: 5 }, () => "user-ins session.refused user:user-ins refused"),
      "user-ins session.locked user:user-ins refused",
      "- session.refused user:unknown refused",
      "user-cen session.login user:user-cen done",
      "user-cen access.refused GET /api/v1/users refused",
      "user-aud session.login user:user-aud done",
    ]);
    expect(page.entries.find(({ entry }) => entry?.action === "user.scope")?.entry).toMatchObject({
      ...{ address: "127.0.0.1", detail: { sites: "songbai", areas: "", areasBefore: "siming" } },
    });
    expect(JSON.stringify(page)).not.toContain("my-secret-password");
    const filtered = auditPageSchema.parse((await auditor.get("/audit?action=audit.viewed")).json);
    expect(filtered.entries.map(({ entry }) => entry?.actor)).toEqual(["user-aud"]);
    const verified = auditVerificationSchema.parse((await auditor.get("/audit/verification")).json);
    expect(verified).toMatchObject({ ok: true, fault: null, withheld: 0 });
    expect(verified.head?.n).toBe(verified.entries);
    web.centre.register.exec("DROP TRIGGER audit_entry_stays; DELETE FROM audit_entry WHERE n = 3");
    expect((await auditor.get("/audit/verification")).json).toMatchObject({ ok: false, fault: { n: 3 } });
  });

  it("refuses what it cannot note", async () => {
    const admin = await as("user-adm");
    web.centre.register.exec(
      "CREATE TRIGGER full BEFORE INSERT ON audit_entry BEGIN SELECT RAISE(ABORT, 'planted'); END",
    );
    expect((await admin.post("/users", { name: "wang.li", role: "inspector" })).status).toBe(500);
    expect(web.users.has("wang.li")).toBe(false);
    expect(await web.signIn("user-cen")).toBeUndefined();
  });
});
