import { X509Certificate } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterEach, describe, expect, it, vi } from "vitest";
import { fingerprintOf } from "../../src/web/certificate-file.ts";
import { isOwnHost, isOwnOrigin } from "../../src/web/own-requests.ts";
import { Sessions } from "../../src/web/sessions.ts";
import { SetupCode } from "../../src/web/setup-code.ts";
import { setupRoutes } from "../../src/web/setup-routes.ts";
import { openTestWeb, type WebUnderTest } from "./test-web.ts";

let opened: WebUnderTest | undefined;
afterEach(async () => {
  await opened?.close();
  opened = undefined;
});
const open = async (...setup: Parameters<typeof openTestWeb>): Promise<WebUnderTest> => {
  opened = await openTestWeb(...setup);
  return opened;
};

const codeIn = ({ text }: { readonly text: string }): unknown =>
  (JSON.parse(text) as { error?: { code?: string } }).error?.code;
const post = (body: unknown, headers: Readonly<Record<string, string>> = {}) => ({ method: "POST", body, headers });

/** Addresses that tell or do something although nobody has entered a code. */
const openDoors = async (web: WebUnderTest): Promise<string[]> => {
  const found: string[] = [];
  for (const [name, { open: isOpen }] of Object.entries(setupRoutes)) {
    const [method = "", path = ""] = name.split(" ");
    const forged = { cookie: `mingcheng-setup=${"A".repeat(43)}` };
    for (const headers of [{}, forged]) {
      const answered = await web.ask(path, method === "POST" ? post({}, headers) : { headers });
      if (!isOpen && answered.status !== 401) found.push(name);
    }
  }
  return found;
};

describe("the local web", () => {
  it("tells nobody anything without a code", async () => {
    const web = await open();
    expect(Object.keys(setupRoutes).length).toBeGreaterThan(8);
    expect(await openDoors(web)).toEqual([]);
    expect(JSON.parse((await web.ask("/setup/door")).text)).toEqual({ signedIn: false });
  });

  it("would be found open if it were", async () => {
    const web = await open();
    const planted = vi.spyOn(Sessions.prototype, "holds").mockReturnValue(true);
    try {
      expect((await openDoors(web)).length).toBeGreaterThan(5);
    } finally {
      planted.mockRestore();
    }
  });

  it("opens once for a code, however it is typed, with a cookie that no script and no other page gets", async () => {
    const web = await open();
    const code = await web.newCode();
    expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}$/);
    const typed = ` ${code.toLowerCase().replaceAll("-", " ")} `;
    const entered = await web.ask("/setup/session", post({ code: typed }));
    expect(entered.status).toBe(200);
    expect(entered.headers["set-cookie"]?.[0]).toMatch(
      /^mingcheng-setup=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
    );
    const cookie = entered.headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
    expect((await web.ask("/setup/state", { headers: { cookie } })).status).toBe(200);
    const again = await web.ask("/setup/session", post({ code }));
    expect([again.status, codeIn(again)]).toEqual([401, "SETUP_CODE_INVALID"]);
    await web.ask("/setup/session/end", post({}, { cookie }));
    expect((await web.ask("/setup/state", { headers: { cookie } })).status).toBe(401);
  });

  it("opens once for a code that many enter at the same time", async () => {
    const web = await open();
    const code = await web.newCode();
    const answers = await Promise.all(Array.from({ length: 4 }, () => web.ask("/setup/session", post({ code }))));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(3);
  });

  it("locks an address that guesses, and lets it in again later", async () => {
    const web = await open();
    for (let guess = 0; guess < 5; guess++) {
      expect(codeIn(await web.ask("/setup/session", post({ code: `0000-0000-000${guess}` })))).toBe(
        "SETUP_CODE_INVALID",
      );
    }
    const code = await web.newCode();
    const locked = await web.ask("/setup/session", post({ code }));
    expect([locked.status, codeIn(locked), locked.headers["retry-after"]]).toEqual([429, "SETUP_LOCKED", "60"]);
    web.clock.advance(60_001);
    expect((await web.ask("/setup/session", post({ code }))).status).toBe(200);
  });

  it("forgets a session that nobody uses, and every session in the end", async () => {
    const web = await open();
    const cookie = await web.enter();
    const may = async () => (await web.ask("/setup/state", { headers: { cookie } })).status;
    web.clock.advance(29 * 60_000);
    expect(await may()).toBe(200);
    // Looking alone keeps no session; doing something does.
    web.clock.advance(2 * 60_000);
    expect(await may()).toBe(401);
  });

  it.each([
    ["another name (DNS rebinding)", { host: "evil.example:8099" }],
    ["an address of somebody else's", { host: "192.168.1.9" }],
    ["a user before the name", { host: "127.0.0.1@evil.example" }],
    ["a path behind the name", { host: "127.0.0.1/../evil.example" }],
  ])("refuses to be asked under %s", async (_what, headers) => {
    const web = await open();
    const cookie = await web.enter();
    for (const path of ["/", "/setup/door", "/setup/state"]) {
      const answered = await web.ask(path, { headers: { cookie, ...headers } });
      expect([answered.status, codeIn(answered)]).toEqual([403, "REQUEST_REFUSED"]);
    }
  });

  it("is asked under its own names", async () => {
    const web = await open();
    for (const host of ["localhost:1", "[::1]:8099", "BOX.example", new URL(web.web.url).host]) {
      expect((await web.ask("/setup/door", { headers: { host } })).status).toBe(200);
    }
  });

  it.each([
    ["another site's page", { origin: "https://evil.example" }],
    ["a page without an origin of its own", { origin: "null" }],
    ["the same box on another port", { origin: "http://127.0.0.1:1" }],
    ["a site that the browser names", { "sec-fetch-site": "cross-site" }],
    ["a form", { "content-type": "application/x-www-form-urlencoded" }],
    ["a form that pretends", { "content-type": "text/plain; application/json" }],
  ])("changes nothing for %s", async (_what, headers) => {
    const web = await open();
    const cookie = await web.enter();
    const body = { id: "scale-1", protocol: "mt-continuous", address: "/dev/ttyS0" };
    const answered = await web.ask("/setup/devices", post(body, { cookie, ...headers }));
    expect(codeIn(answered)).toBe("REQUEST_REFUSED");
    // The same from the page itself goes as far as to look at what is asked.
    const own = { cookie, origin: web.web.url, "sec-fetch-site": "same-origin" };
    expect(codeIn(await web.ask("/setup/devices", post(body, own)))).toBe("NOT_FOUND");
  });

  it("answers with headers that keep pages to themselves, on everything", async () => {
    const web = await open();
    for (const path of ["/", "/setup/door", "/setup/state", "/nowhere"]) {
      const { headers } = await web.ask(path);
      expect(headers["content-security-policy"]).toContain("default-src 'none'; script-src 'self'");
      expect(headers["content-security-policy"]).not.toContain("unsafe");
      expect(headers).toMatchObject({ "x-content-type-options": "nosniff", "x-frame-options": "DENY" });
    }
  });

  it("serves nothing else of the disk, no other method, and no endless body", async () => {
    const web = await open();
    for (const path of ["/../gateway.yaml", "/%2e%2e/gateway.yaml", "/web/setup-code.json", "/constructor", "//"]) {
      expect((await web.ask(path)).status).toBe(404);
    }
    expect((await web.ask("/setup/state", { method: "DELETE" })).status).toBe(405);
    const raw = JSON.stringify({ code: "x".repeat(70_000) });
    const large = await web.ask("/setup/session", { method: "POST", raw }).catch(() => undefined);
    expect(large === undefined || codeIn(large) === "INPUT_INVALID").toBe(true);
    expect(codeIn(await web.ask("/setup/session", { method: "POST", raw: "{" }))).toBe("INPUT_INVALID");
  });

  it("speaks TLS anywhere but on loopback, with a certificate of its own that stays", async () => {
    const web = await open("127.0.0.2");
    expect(web.web.url).toMatch(/^https:\/\/127\.0\.0\.2:/);
    const { hostname, port } = new URL(web.web.url);
    const shown = await new Promise<string>((resolve, reject) => {
      const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false }, () => {
        resolve(socket.getPeerCertificate().fingerprint256);
        socket.destroy();
      }).on("error", reject);
    });
    const pem = await readFile(join(web.dir, "web/certificate.pem"), "utf8");
    expect(shown).toBe(fingerprintOf(pem));
    expect(new X509Certificate(pem).checkHost("localhost")).toBe("localhost");
    expect((await stat(join(web.dir, "web/key.pem"))).mode & 0o777).toBe(0o600);
    const code = await web.newCode();
    const entered = await web.ask("/setup/session", post({ code }));
    expect(entered.headers["set-cookie"]?.[0]).toContain("; Secure");
    expect((await web.ask("/setup/door", { headers: { host: "192.168.1.7:8099" } })).status).toBe(200);
    expect((await web.ask("/setup/door", { headers: { host: "evil.example" } })).status).toBe(403);
  });
});

describe("a set-up code", () => {
  it("is void after a day, after twenty wrong tries, and when a new one is made", async () => {
    const { dir } = await open();
    let nowMs = 0;
    const codes = new SetupCode(dir, () => nowMs);
    const late = await codes.make();
    nowMs = 24 * 3_600_000 + 1;
    expect(await codes.use(late)).toBe(false);
    const tried = await codes.make();
    for (let guess = 0; guess < 20; guess++) expect(await codes.use("0000-0000-0000")).toBe(false);
    expect(await codes.use(tried)).toBe(false);
    const old = await codes.make();
    const fresh = await codes.make();
    expect(await codes.use(old)).toBe(false);
    expect(await codes.use(fresh)).toBe(true);
    expect(await codes.use(fresh)).toBe(false);
  });

  it("is on disk as a digest only, for its owner only", async () => {
    const { dir } = await open();
    const code = await new SetupCode(dir, () => 0).make();
    const path = join(dir, "web/setup-code.json");
    expect((await readFile(path, "utf8")).toUpperCase()).not.toContain(code.replaceAll("-", ""));
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });
});

describe("names and origins", () => {
  const names = { secure: true, names: new Set(["box.example"]), anyAddress: true };
  it("are read as browsers write them", () => {
    for (const own of ["box.example:8099", "10.0.0.7", "[fe80::1]:8099"]) expect(isOwnHost(own, names)).toBe(true);
    for (const foreign of [undefined, "", "evil.example", "box.example.evil.example", "box.example:x"]) {
      expect(isOwnHost(foreign, names)).toBe(false);
    }
    expect(isOwnOrigin({ host: "box.example", origin: "https://box.example" }, names)).toBe(true);
    expect(isOwnOrigin({ host: "box.example", origin: "http://box.example" }, names)).toBe(false);
    expect(isOwnOrigin({ host: "box.example" }, names)).toBe(true);
  });
});
