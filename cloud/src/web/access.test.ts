import {
  accountSchema,
  alertListSchema,
  apiErrorSchema,
  deviceListSchema,
  gatewayListSchema,
  quarantineListSchema,
  recordPageSchema,
  todaySchema,
} from "@mingcheng/protocols/api";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { call } from "../../test/https-client.ts";
import { deviceOf, testOf, weighingOf } from "../../test/memory-ledger.ts";
import { TestedWeb, testPassword } from "../../test/tested-web.ts";

let web: TestedWeb;

beforeEach(async () => {
  web = await TestedWeb.start();
});
afterEach(() => web.close());

describe("every route", () => {
  const concrete = (path: string) => path.replace(/:\w+/g, "some-id");

  it("says who may use it and what it covers, and lets no stranger in unless it is public", async () => {
    const routes = web.service.routes();
    expect(routes.length).toBeGreaterThan(15);
    for (const route of routes) {
      const { access } = route;
      const isSaid = Array.isArray(access) ? access.length > 0 : access === "public" || access === "signed-in";
      expect(isSaid, `${route.method} ${route.path}`).toBe(true);
      if (route.access === "public") continue;
      expect(["self", "area", "centre"], `${route.method} ${route.path}`).toContain(route.scope);
      for (const cookie of [undefined, "__Host-mingcheng=made-up"]) {
        const body = route.method === "POST" ? {} : undefined;
        const answer = await call(web.target, concrete(route.path), { method: route.method, body, cookie });
        expect([401, 403], `${route.method} ${route.path}`).toContain(answer.status);
        if (route.method !== "HEAD") expect(apiErrorSchema.parse(answer.json).error.code).toBe("SESSION_MISSING");
      }
    }
    const open = routes.filter(({ access }) => access === "public").map(({ method, path }) => `${method} ${path}`);
    expect(open.filter((name) => name.includes("/api/") && !name.startsWith("HEAD")).sort()).toEqual(
      [
        "GET /api/v1/evidence/keys",
        "GET /api/v1/openapi.json",
        "GET /api/v1/public/cameras",
        "POST /api/v1/login",
        "POST /api/v1/public/cameras/view-tokens",
        ...open.filter((name) => /enrol|authority/.test(name) && !name.startsWith("HEAD")),
      ].sort(),
    );
  });

  it("keeps out roles it does not name, and everybody with a one-time password", async () => {
    const quarantine = (cookie: string | undefined) => call(web.target, "/api/v1/quarantine", { cookie });
    expect((await quarantine(await web.signIn("user-ope"))).json.error.code).toBe("ACCESS_DENIED");
    expect((await quarantine(await web.signIn("user-aud"))).status).toBe(200);
    const acknowledge = { method: "POST", body: {}, cookie: await web.signIn("user-aud") };
    expect((await call(web.target, "/api/v1/alerts/a/acknowledge", acknowledge)).json.error.code).toBe("ACCESS_DENIED");
    const { oneTimePassword } = await web.users.add({ name: "new", role: "centre" }, web.nowMs);
    const cookie = await web.signIn("new", oneTimePassword ?? "");
    for (const { method, path, access } of web.service.routes()) {
      if (access === "public" || access === "signed-in" || method === "HEAD") continue;
      const answer = await call(web.target, concrete(path), {
        method,
        cookie,
        body: method === "POST" ? {} : undefined,
      });
      expect(answer.json.error.code, path).toBe("PASSWORD_CHANGE_REQUIRED");
    }
    expect((await call(web.target, "/api/v1/me", { cookie })).json.mustChangePassword).toBe(true);
  });

  it("answers in the form it states", async () => {
    web.centre.gateway("market-a", "松柏市场", true, web.nowMs);
    web.commit({ kind: "weighing", body: weighingOf("500") });
    web.commit({ kind: "test", dev: "tester-1", body: testOf("s1", "positive") });
    web.commit({ kind: "device", body: deviceOf("online") });
    web.centre.project();
    web.fireAlert("alert-1");
    const cookie = await web.signIn("user-cen");
    const answers = {
      "/api/v1/me": accountSchema,
      "/api/v1/today": todaySchema,
      "/api/v1/records?limit=2": recordPageSchema,
      "/api/v1/devices": deviceListSchema,
      "/api/v1/gateways": gatewayListSchema,
      "/api/v1/quarantine": quarantineListSchema,
      "/api/v1/alerts": alertListSchema,
    };
    for (const [path, schema] of Object.entries(answers)) {
      const { status, json, headers } = await call(web.target, path, { cookie });
      expect(status, path).toBe(200);
      // Nothing is left out, and nothing is there that the schema does not name.
      expect(schema.parse(json), path).toEqual(json);
      expect(headers["cache-control"], path).toBe("no-store");
    }
    const wrong = await call(web.target, "/api/v1/records?limit=0&colour=red", { cookie });
    expect(wrong.json.error).toMatchObject({ code: "INPUT_INVALID", retryable: false });
    expect((await call(web.target, "/api/v1/nothing", { cookie })).json.error.code).toBe("NOT_FOUND");
  });

  it("comes compressed to who asks for it, once it is large", async () => {
    for (let index = 0; index < 60; index++) web.commit({ kind: "weighing", body: weighingOf(String(index)) });
    web.centre.project();
    const cookie = await web.signIn("user-cen");
    const plain = await call(web.target, "/api/v1/today", { cookie });
    expect(plain.headers["content-encoding"]).toBeUndefined();
    const packed = await call(web.target, "/api/v1/today", { cookie, headers: { "accept-encoding": "gzip, br" } });
    expect(packed.headers).toMatchObject({ "content-encoding": "gzip", vary: "accept-encoding" });
    expect(packed.json).toEqual(plain.json);
    const small = await call(web.target, "/api/v1/me", { cookie, headers: { "accept-encoding": "gzip" } });
    expect(small.headers["content-encoding"]).toBeUndefined();
  });

  it("is described", async () => {
    const { json } = await call(web.target, "/api/v1/openapi.json");
    expect(json.openapi).toBe("3.1.0");
    for (const { method, path } of web.service.routes()) {
      if (!path.startsWith("/api/v1/") || method === "HEAD" || /enrol|authority/.test(path)) continue;
      const operation = json.paths[path.replace(/:(\w+)/g, "{$1}")]?.[method.toLowerCase()];
      expect(operation?.summary, `${method} ${path}`).toMatch(/ \/ /);
    }
    expect(json.paths["/api/v1/records"].get.parameters).toContainEqual(
      expect.objectContaining({ name: "after", in: "query", required: false }),
    );
  });
});

describe("requests from elsewhere", () => {
  it("are refused under a foreign host name, and from a foreign page when they change something", async () => {
    const get = (host: string) => call(web.target, "/api/v1/openapi.json", { headers: { host } });
    for (const host of ["localhost", "centre.example.org:8443", "CENTRE.example.org", "192.0.2.7:1", "[::1]:443"]) {
      expect((await get(host)).status, host).toBe(200);
    }
    for (const host of ["evil.example.com", "centre.example.org.evil.com", "localhost.evil.com", "a b"]) {
      expect((await get(host)).json.error, host).toMatchObject({ code: "REQUEST_REFUSED", field: "host" });
    }
    const own = `localhost:${web.target.port}`;
    const post = (headers: Record<string, string>) =>
      call(web.target, "/api/v1/login", {
        method: "POST",
        body: { user: "user-ins", password: testPassword },
        headers,
      });
    for (const headers of [
      {},
      { origin: `https://${own}` },
      { "sec-fetch-site": "same-origin", origin: `https://${own}` },
    ]) {
      expect((await post(headers)).status).toBe(200);
    }
    for (const headers of [
      { origin: "https://evil.example.com" },
      { origin: "null" },
      { origin: `http://${own}` },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { "sec-fetch-site": "none" },
    ] as Record<string, string>[]) {
      expect((await post(headers)).json.error, JSON.stringify(headers)).toMatchObject({
        code: "REQUEST_REFUSED",
        field: "origin",
      });
    }
    const form = await call(web.target, "/api/v1/login", {
      ...{ method: "POST", body: {}, headers: { "content-type": "application/x-www-form-urlencoded" } },
    });
    expect(form.status).toBe(400);
  });

  it("are limited per address, and told when to come back", async () => {
    await web.close();
    web = await TestedWeb.start({ perMinute: 5 });
    const statuses: number[] = [];
    for (let index = 0; index < 7; index++) statuses.push((await call(web.target, "/api/v1/openapi.json")).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429]);
    const limited = await call(web.target, "/api/v1/openapi.json");
    expect(apiErrorSchema.parse(limited.json).error).toMatchObject({ code: "RATE_LIMITED", retryable: true });
    expect(Number(limited.headers["retry-after"])).toBeGreaterThan(0);
  });

  it("get pages that may load nothing from elsewhere, and no other file", async () => {
    const page = await call(web.target, "/");
    expect(page).toMatchObject({
      status: 200,
      headers: { "cache-control": "no-cache", "x-content-type-options": "nosniff" },
    });
    const policy = String(page.headers["content-security-policy"]);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|\*|https?:|data:/);
    const script = await call(web.target, "/assets/main-abc.js");
    expect(script.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
    for (const path of [
      "/../../package.json",
      "/%2e%2e/%2e%2e/package.json",
      "/assets/..%2f..%2findex.html",
      "/register.db",
    ]) {
      expect((await call(web.target, path)).status, path).toBe(404);
    }
  });
});
