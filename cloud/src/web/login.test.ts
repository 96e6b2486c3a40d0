import { accountSchema } from "@mingcheng/protocols/api";
import { call, cookieOf } from "../../test/https-client.ts";
import { TestedWeb, testPassword } from "../../test/tested-web.ts";

const hourMs = 3_600_000;

import { afterEach, beforeEach, describe, expect, it } from "vitest";

let web: TestedWeb;

beforeEach(async () => {
  web = await TestedWeb.start();
});
afterEach(() => web.close());

describe("signing in", () => {
  it("gives a cookie out of reach of scripts and other sites, for a while", async () => {
    const answer = await call(web.target, "/api/v1/login", {
      method: "POST",
      body: { user: "user-ins", password: testPassword },
    });
    expect(accountSchema.parse(answer.json)).toMatchObject({
      user: "user-ins",
      role: "inspector",
      mustChangePassword: false,
    });
    const attributes = (answer.headers["set-cookie"]?.[0] ?? "").split("; ").slice(1).sort();
    expect(attributes).toEqual(["HttpOnly", "Path=/", "SameSite=Strict", "Secure"]);
    const cookie = cookieOf(answer);
    expect((await call(web.target, "/api/v1/me", { cookie })).status).toBe(200);
    web.nowMs += hourMs;
    expect((await call(web.target, "/api/v1/me", { cookie })).status).toBe(401);
    const second = await web.signIn("user-ins");
    expect((await call(web.target, "/api/v1/logout", { method: "POST", body: {}, cookie: second })).json).toEqual({
      signedOut: true,
    });
    expect((await call(web.target, "/api/v1/me", { cookie: second })).status).toBe(401);
    expect(JSON.stringify(web.logged)).not.toContain("2026 x");
  });

  it("is refused alike for wrong passwords and unknown names, then locked, and says for how long", async () => {
    const wrong = (user: string) =>
      call(web.target, "/api/v1/login", { method: "POST", body: { user, password: "wrong" } });
    expect((await wrong("user-ins")).text).toBe((await wrong("nobody")).text);
    for (let attempt = 0; attempt < 4; attempt++) expect((await wrong("user-ins")).status).toBe(401);
    const locked = await wrong("user-ins");
    expect(locked).toMatchObject({ status: 429, headers: { "retry-after": "30" } });
    expect(locked.json.error).toMatchObject({ code: "LOGIN_LOCKED", retryable: true, retryAfterMs: 30_000 });
    web.nowMs += 30_000;
    expect(await web.userOf(await web.signIn("user-ins"))).toBe("user-ins");
  });

  it("with a one-time password leads to a password of one's own", async () => {
    await web.close();
    web = await TestedWeb.start({ empty: true });
    const first = web.firstLogin;
    expect(first?.user).toBe("admin");
    const cookie = await web.signIn("admin", first?.password);
    const change = (present: string, next: string) =>
      call(web.target, "/api/v1/password", { method: "POST", cookie, body: { present, next } });
    expect((await change("wrong", "a good password 1")).json.error).toMatchObject({
      code: "USER_INVALID",
      field: "present",
    });
    expect((await change(first?.password ?? "", "short")).json.error).toMatchObject({
      code: "USER_INVALID",
      field: "next",
    });
    const changed = await change(first?.password ?? "", "a good password 1");
    expect(changed.json.mustChangePassword).toBe(false);
    expect((await call(web.target, "/api/v1/today", { cookie })).status).toBe(401);
    expect((await call(web.target, "/api/v1/today", { cookie: cookieOf(changed) })).status).toBe(200);
  });
});
