import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  accountSchema,
  alertListSchema,
  apiErrorSchema,
  deviceListSchema,
  gatewayListSchema,
  quarantineListSchema,
  recordPageSchema,
  todaySchema,
} from "@mingcheng/protocols";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { call, cookieOf, openStream, type Target } from "../../test/https-client.ts";
import { deviceOf, sampleNowMs, sampleRecord, testOf, trustedTime, weighingOf } from "../../test/memory-ledger.ts";
import { SeededCentre } from "../../test/seeded-centre.ts";
import { AlertStore } from "../alerts/alert-store.ts";
import { maxReplayed } from "../api/events/event-stream.ts";
import { cloudConfigSchema } from "../config/cloud-config.ts";
import { createAuthority, createServerCertificate } from "../keys/certificates.ts";
import { UserRegister } from "../users/user-register.ts";
import type { WebThreadData } from "./web-messages.ts";
import { WebService } from "./web-service.ts";

const cost = { logN: 4, r: 8, p: 1 };
const password = "leek 韭菜 2026 x";
const hourMs = 3_600_000;

let tls: { key: string; cert: string };
let ca: string;
let screens: string;
let centre: SeededCentre;
let service: WebService;
let target: Target;
let nowMs: number;
let seq: number;
let logged: string[];

beforeAll(async () => {
  const authority = await createAuthority("test", Date.now());
  const server = await createServerCertificate(authority, ["localhost", "127.0.0.1"], Date.now());
  tls = { key: server.keyPem, cert: server.certPem };
  ca = authority.certPem;
  screens = mkdtempSync(join(tmpdir(), "mingcheng-screens-"));
  mkdirSync(join(screens, "assets"));
  writeFileSync(join(screens, "index.html"), "<!doctype html><title>screens</title>");
  writeFileSync(join(screens, "assets", "main-abc.js"), "export {};");
});

afterAll(() => rmSync(screens, { recursive: true, force: true }));

const startService = async (perMinute = 100_000): Promise<{ user: string; password: string } | null> => {
  const data: WebThreadData = {
    dataDirectory: centre.directory,
    config: { ...cloudConfigSchema.parse({ https: { host: "127.0.0.1", port: 0 } }), publicHost: "centre.example.org" },
    ...{ tls, hosts: ["centre.example.org", "localhost", "127.0.0.1"], screens },
    card: {
      mqtt: { host: "localhost", port: 8883 },
      ...{ receiptKey: new Uint8Array(32), commandKey: new Uint8Array(32), manifestKey: new Uint8Array(32) },
      ...{ authorityPem: ca, centreName: "test" },
    },
  };
  service = new WebService(data, {
    nowMs: () => nowMs,
    log: (level, text, detail) => logged.push(`${level} ${text} ${JSON.stringify(detail)}`),
    ...{ passwordCost: cost, perMinute },
  });
  const { port, firstLogin } = await service.start();
  target = { port, ca };
  return firstLogin;
};

beforeEach(async () => {
  centre = new SeededCentre();
  nowMs = sampleNowMs;
  seq = 0;
  logged = [];
  const users = new UserRegister(centre.register, cost);
  for (const role of ["operator", "inspector", "centre", "administrator", "auditor"] as const) {
    await users.add({ name: `user-${role.slice(0, 3)}`, role, password }, nowMs);
  }
  await startService();
});

afterEach(async () => {
  await service.close();
  centre.close();
});

const signIn = async (user: string, given = password): Promise<string | undefined> =>
  cookieOf(await call(target, "/api/v1/login", { method: "POST", body: { user, password: given } }));

const commit = (sample: Parameters<typeof sampleRecord>[0], atMs: number = nowMs): void => {
  seq++;
  centre.commit(sampleRecord({ seq, n: seq, t: trustedTime(atMs), ...sample }), atMs);
};

const fireAlert = (id: string): void => {
  new AlertStore(centre.alerts).open(
    {
      ...{ id, rule: "test-positive", groupKey: JSON.stringify({ lsn: id }), labels: {}, severity: "attention" },
      ...{ title: { zh: "快检阳性（待复检）", en: "Rapid test positive" }, next: { zh: "复检", en: "Test again" } },
      ...{ runbook: "test-positive", owner: "role:inspector", ownerReason: "rule", gw: "market-a", dev: "tester-1" },
      ...{ lsn: 1, late: false, startedMs: nowMs, openedMs: nowMs },
    },
    { to: "firing", reason: "condition-met", atMs: nowMs },
  );
};

describe("every route", () => {
  const concrete = (path: string) => path.replace(/:\w+/g, "some-id");

  it("says who may use it and what it covers, and lets no stranger in unless it is public", async () => {
    const routes = service.routes();
    expect(routes.length).toBeGreaterThan(15);
    for (const route of routes) {
      expect(route.access, `${route.method} ${route.path}`).toBeDefined();
      if (route.access === "public") continue;
      expect(["self", "centre"], `${route.method} ${route.path}`).toContain(route.scope);
      for (const cookie of [undefined, "__Host-mingcheng=made-up"]) {
        const body = route.method === "POST" ? {} : undefined;
        const answer = await call(target, concrete(route.path), { method: route.method, body, cookie });
        expect([401, 403], `${route.method} ${route.path}`).toContain(answer.status);
        if (route.method !== "HEAD") expect(apiErrorSchema.parse(answer.json).error.code).toBe("SESSION_MISSING");
      }
    }
    const open = routes.filter(({ access }) => access === "public").map(({ method, path }) => `${method} ${path}`);
    expect(open.filter((name) => name.includes("/api/") && !name.startsWith("HEAD")).sort()).toEqual(
      [
        "GET /api/v1/openapi.json",
        "POST /api/v1/login",
        ...open.filter((name) => /enrol|authority/.test(name) && !name.startsWith("HEAD")),
      ].sort(),
    );
  });

  it("keeps out roles it does not name, and everybody with a one-time password", async () => {
    const quarantine = (cookie: string | undefined) => call(target, "/api/v1/quarantine", { cookie });
    expect((await quarantine(await signIn("user-ope"))).json.error.code).toBe("ACCESS_DENIED");
    expect((await quarantine(await signIn("user-aud"))).status).toBe(200);
    const acknowledge = { method: "POST", body: {}, cookie: await signIn("user-aud") };
    expect((await call(target, "/api/v1/alerts/a/acknowledge", acknowledge)).json.error.code).toBe("ACCESS_DENIED");
    const { oneTimePassword } = await new UserRegister(centre.register, cost).add(
      { name: "new", role: "centre" },
      nowMs,
    );
    const cookie = await signIn("new", oneTimePassword ?? "");
    for (const { method, path, access } of service.routes()) {
      if (access === "public" || access === "signed-in" || method === "HEAD") continue;
      const answer = await call(target, concrete(path), { method, cookie, body: method === "POST" ? {} : undefined });
      expect(answer.json.error.code, path).toBe("PASSWORD_CHANGE_REQUIRED");
    }
    expect((await call(target, "/api/v1/me", { cookie })).json.mustChangePassword).toBe(true);
  });

  it("answers in the form it states", async () => {
    centre.gateway("market-a", "松柏市场", true, nowMs);
    commit({ kind: "weighing", body: weighingOf("500") });
    commit({ kind: "test", dev: "tester-1", body: testOf("s1", "positive") });
    commit({ kind: "device", body: deviceOf("online") });
    centre.project();
    fireAlert("alert-1");
    const cookie = await signIn("user-cen");
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
      const { status, json, headers } = await call(target, path, { cookie });
      expect(status, path).toBe(200);
      // Nothing is left out, and nothing is there that the schema does not name.
      expect(schema.parse(json), path).toEqual(json);
      expect(headers["cache-control"], path).toBe("no-store");
    }
    const wrong = await call(target, "/api/v1/records?limit=0&colour=red", { cookie });
    expect(wrong.json.error).toMatchObject({ code: "INPUT_INVALID", retryable: false });
    expect((await call(target, "/api/v1/nothing", { cookie })).json.error.code).toBe("NOT_FOUND");
  });

  it("comes compressed to who asks for it, once it is large", async () => {
    for (let index = 0; index < 60; index++) commit({ kind: "weighing", body: weighingOf(String(index)) });
    centre.project();
    const cookie = await signIn("user-cen");
    const plain = await call(target, "/api/v1/today", { cookie });
    expect(plain.headers["content-encoding"]).toBeUndefined();
    const packed = await call(target, "/api/v1/today", { cookie, headers: { "accept-encoding": "gzip, br" } });
    expect(packed.headers).toMatchObject({ "content-encoding": "gzip", vary: "accept-encoding" });
    expect(packed.json).toEqual(plain.json);
    const small = await call(target, "/api/v1/me", { cookie, headers: { "accept-encoding": "gzip" } });
    expect(small.headers["content-encoding"]).toBeUndefined();
  });

  it("is described", async () => {
    const { json } = await call(target, "/api/v1/openapi.json");
    expect(json.openapi).toBe("3.1.0");
    for (const { method, path } of service.routes()) {
      if (!path.startsWith("/api/v1/") || method === "HEAD" || /enrol|authority/.test(path)) continue;
      const operation = json.paths[path.replace(/:(\w+)/g, "{$1}")]?.[method.toLowerCase()];
      expect(operation?.summary, `${method} ${path}`).toMatch(/ \/ /);
    }
    expect(json.paths["/api/v1/records"].get.parameters).toContainEqual(
      expect.objectContaining({ name: "after", in: "query", required: false }),
    );
  });
});

describe("signing in", () => {
  it("gives a cookie out of reach of scripts and other sites, for a while", async () => {
    const answer = await call(target, "/api/v1/login", { method: "POST", body: { user: "user-ins", password } });
    expect(accountSchema.parse(answer.json)).toMatchObject({
      user: "user-ins",
      role: "inspector",
      mustChangePassword: false,
    });
    const attributes = (answer.headers["set-cookie"]?.[0] ?? "").split("; ").slice(1).sort();
    expect(attributes).toEqual(["HttpOnly", "Path=/", "SameSite=Strict", "Secure"]);
    const cookie = cookieOf(answer);
    expect((await call(target, "/api/v1/me", { cookie })).status).toBe(200);
    nowMs += hourMs;
    expect((await call(target, "/api/v1/me", { cookie })).status).toBe(401);
    const second = await signIn("user-ins");
    expect((await call(target, "/api/v1/logout", { method: "POST", body: {}, cookie: second })).json).toEqual({
      signedOut: true,
    });
    expect((await call(target, "/api/v1/me", { cookie: second })).status).toBe(401);
    expect(JSON.stringify(logged)).not.toContain("2026 x");
  });

  it("is refused alike for wrong passwords and unknown names, then locked, and says for how long", async () => {
    const wrong = (user: string) =>
      call(target, "/api/v1/login", { method: "POST", body: { user, password: "wrong" } });
    expect((await wrong("user-ins")).text).toBe((await wrong("nobody")).text);
    for (let attempt = 0; attempt < 4; attempt++) expect((await wrong("user-ins")).status).toBe(401);
    const locked = await wrong("user-ins");
    expect(locked).toMatchObject({ status: 429, headers: { "retry-after": "30" } });
    expect(locked.json.error).toMatchObject({ code: "LOGIN_LOCKED", retryable: true, retryAfterMs: 30_000 });
    nowMs += 30_000;
    expect(await signIn("user-ins")).toBeDefined();
  });

  it("with a one-time password leads to a password of one's own", async () => {
    await service.close();
    centre.close();
    centre = new SeededCentre();
    const first = await startService();
    expect(first?.user).toBe("admin");
    const cookie = await signIn("admin", first?.password);
    const change = (present: string, next: string) =>
      call(target, "/api/v1/password", { method: "POST", cookie, body: { present, next } });
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
    expect((await call(target, "/api/v1/today", { cookie })).status).toBe(401);
    expect((await call(target, "/api/v1/today", { cookie: cookieOf(changed) })).status).toBe(200);
  });
});

describe("requests from elsewhere", () => {
  it("are refused under a foreign host name, and from a foreign page when they change something", async () => {
    const get = (host: string) => call(target, "/api/v1/openapi.json", { headers: { host } });
    for (const host of ["localhost", "centre.example.org:8443", "CENTRE.example.org", "192.0.2.7:1", "[::1]:443"]) {
      expect((await get(host)).status, host).toBe(200);
    }
    for (const host of ["evil.example.com", "centre.example.org.evil.com", "localhost.evil.com", "a b"]) {
      expect((await get(host)).json.error, host).toMatchObject({ code: "REQUEST_REFUSED", field: "host" });
    }
    const own = `localhost:${target.port}`;
    const post = (headers: Record<string, string>) =>
      call(target, "/api/v1/login", { method: "POST", body: { user: "user-ins", password }, headers });
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
    const form = await call(target, "/api/v1/login", {
      ...{ method: "POST", body: {}, headers: { "content-type": "application/x-www-form-urlencoded" } },
    });
    expect(form.status).toBe(400);
  });

  it("are limited per address, and told when to come back", async () => {
    await service.close();
    await startService(5);
    const statuses: number[] = [];
    for (let index = 0; index < 7; index++) statuses.push((await call(target, "/api/v1/openapi.json")).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429]);
    const limited = await call(target, "/api/v1/openapi.json");
    expect(apiErrorSchema.parse(limited.json).error).toMatchObject({ code: "RATE_LIMITED", retryable: true });
    expect(Number(limited.headers["retry-after"])).toBeGreaterThan(0);
  });

  it("get pages that may load nothing from elsewhere, and no other file", async () => {
    const page = await call(target, "/");
    expect(page).toMatchObject({
      status: 200,
      headers: { "cache-control": "no-cache", "x-content-type-options": "nosniff" },
    });
    const policy = String(page.headers["content-security-policy"]);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|\*|https?:|data:/);
    const script = await call(target, "/assets/main-abc.js");
    expect(script.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
    for (const path of [
      "/../../package.json",
      "/%2e%2e/%2e%2e/package.json",
      "/assets/..%2f..%2findex.html",
      "/register.db",
    ]) {
      expect((await call(target, path)).status, path).toBe(404);
    }
  });
});

describe("alerts", () => {
  it("are taken over once, by name, and everybody hears of it", async () => {
    centre.gateway("market-a", "松柏市场", true, nowMs);
    fireAlert("alert-1");
    const [one, other] = [await signIn("user-ins"), await signIn("user-ope")];
    const listening = await openStream(target, { cookie: other });
    expect((await call(target, "/api/v1/today", { cookie: one })).json.alerts).toMatchObject({
      firing: 1,
      acknowledged: 0,
    });
    const acknowledge = (cookie: string | undefined, id = "alert-1") =>
      call(target, `/api/v1/alerts/${id}/acknowledge`, { method: "POST", body: {}, cookie });
    expect((await acknowledge(one)).json).toMatchObject({
      ...{ outcome: "done", alert: { state: "acknowledged", site: "松柏市场", acknowledged: { by: "user-ins" } } },
    });
    expect((await listening.next(({ name }) => name === "changed")).data.parts).toEqual(["alerts"]);
    listening.close();
    expect((await acknowledge(other)).json).toMatchObject({
      outcome: "already",
      alert: { acknowledged: { by: "user-ins" } },
    });
    expect((await acknowledge(one, "no-such")).json.error.code).toBe("NOT_FOUND");
    expect((await call(target, "/api/v1/today", { cookie: one })).json.alerts).toMatchObject({
      firing: 0,
      acknowledged: 1,
    });
    const { json } = await call(target, "/api/v1/alerts/alert-1", { cookie: one });
    expect(json.history.map(({ to, actor }: { to: string; actor: string }) => `${to} ${actor}`)).toEqual([
      "firing system",
      "acknowledged user-ins",
    ]);
  });

  it("that cannot be read leave the rest of the day standing", async () => {
    centre.alerts.exec("DROP TABLE notification; DROP TABLE match; DROP TABLE history; DROP TABLE alert");
    commit({ kind: "weighing", body: weighingOf("500") });
    centre.project();
    const { json } = await call(target, "/api/v1/today", { cookie: await signIn("user-ins") });
    expect(json).toMatchObject({ alerts: null, totals: { weighings: 1 } });
    const broken = await call(target, "/api/v1/alerts", { cookie: await signIn("user-ins") });
    expect(broken).toMatchObject({ status: 500, json: { error: { code: "CENTRE_FAULT", detail: null } } });
    expect(broken.text).not.toContain("SQL");
    expect(logged.some((line) => line.includes(broken.json.error.reference) && line.includes("no such table"))).toBe(
      true,
    );
  });
});

describe("live events", () => {
  const weigh = (grams: string): void => {
    commit({ kind: "weighing", body: weighingOf(grams) });
    centre.project();
    service.recordsMoved();
  };

  it("bring each record once, and after a break exactly what was missed", async () => {
    const cookie = await signIn("user-ope");
    weigh("1");
    const first = await openStream(target, { cookie });
    expect((await first.next(() => true)).data).toMatchObject({ lsn: 1, resumed: false });
    weigh("2");
    const came = await first.next(({ name }) => name === "records");
    expect(came).toMatchObject({ id: 2, data: { lsn: 2, records: [{ lsn: 2, body: { grams: "2" } }] } });
    first.close();
    weigh("3");
    weigh("4");
    const second = await openStream(target, { cookie, headers: { "last-event-id": "2" } });
    expect((await second.next(() => true)).data.resumed).toBe(true);
    const missed = await second.next(({ name }) => name === "records");
    expect(missed.data.records.map(({ lsn }: { lsn: number }) => lsn)).toEqual([3, 4]);
    weigh("5");
    expect((await second.next(({ name }) => name === "records")).data.records).toMatchObject([{ lsn: 5 }]);
    second.close();
  });

  it("tell a reader that missed too much, or knows of records that are not there, to read everything again", async () => {
    const cookie = await signIn("user-ope");
    centre.ledger.transaction(() => {
      for (let index = 0; index < maxReplayed + 10; index++) commit({ kind: "weighing", body: weighingOf("1") });
    })();
    centre.project();
    for (const id of ["3", "999999"]) {
      const stream = await openStream(target, { cookie, headers: { "last-event-id": id } });
      const reload = await stream.next(({ name }) => name === "reload");
      expect(reload).toMatchObject({ id: maxReplayed + 10, data: { reason: "too-old", lsn: maxReplayed + 10 } });
      stream.close();
    }
    const stream = await openStream(target, { cookie, headers: { "last-event-id": "11" } });
    let lsn = 11;
    while (lsn < maxReplayed + 10) {
      const { data } = await stream.next(({ name }) => name === "records" || name === "reload");
      for (const record of data.records) expect(record.lsn).toBe(++lsn);
    }
    stream.close();
  });

  it("carry what scales show, the latest only, and nothing that is no live value", async () => {
    const stream = await openStream(target, { cookie: await signIn("user-ope") });
    await stream.next(({ name }) => name === "hello");
    const live = (value: unknown) =>
      service.live("market-a", "scale-01", Buffer.from(JSON.stringify({ value, ...rest })));
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
    service.live("market-a", "scale-01", Buffer.from("{"));
    live({ planted: true });
    service.pumpLive();
    expect((await stream.next(({ name }) => name === "live")).data).toMatchObject({ dev: "scale-01", value: "0.400" });
    stream.close();
    const late = await openStream(target, { cookie: await signIn("user-ope") });
    expect((await late.next(({ name }) => name === "live")).data.value).toBe("0.400");
    late.close();
    expect(service.figures()).toContainEqual(
      expect.objectContaining({ name: "mingcheng_web_live_values_refused_total", value: 2 }),
    );
  });

  it("end with the session, and are few per session", async () => {
    const cookie = await signIn("user-ope");
    const streams = await Promise.all(Array.from({ length: 8 }, () => openStream(target, { cookie })));
    await expect(openStream(target, { cookie })).rejects.toThrow("429");
    for (const stream of streams.slice(1)) stream.close();
    await call(target, "/api/v1/logout", { method: "POST", body: {}, cookie });
    service.check();
    await streams[0]?.next(({ name }) => name === "signed-out");
    await streams[0]?.ended;
  });
});
