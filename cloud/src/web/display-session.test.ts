import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { call, cookieOf } from "../../test/https-client.ts";
import { TestedWeb } from "../../test/tested-web.ts";

const dayMs = 24 * 3_600_000;
let web: TestedWeb;
beforeEach(async () => {
  web = await TestedWeb.start();
});
afterEach(() => web.close());

const keep = async (user: string): Promise<string | undefined> => {
  const cookie = await web.signIn(user);
  const answer = await call(web.target, "/api/v1/display-session", { method: "POST", body: {}, cookie });
  expect(await web.userOf(cookie), "the person's own session is over").toBe(answer.status === 200 ? undefined : user);
  return cookieOf(answer);
};
const get = async (path: string, cookie: string | undefined) => (await call(web.target, path, { cookie })).status;

describe("a screen that nobody stands at", () => {
  it("stays signed in for months, asking now and then, where a person's session is over the same day", async () => {
    const [wall, person] = [await keep("user-cen"), await web.signIn("user-cen")];
    for (let day = 0; day < 60; day += 5) {
      web.nowMs += 5 * dayMs;
      expect(await get("/api/v1/wall", wall), `day ${day}`).toBe(200);
    }
    expect(await get("/api/v1/wall", person)).toBe(401);
    web.nowMs += 8 * dayMs;
    expect(await get("/api/v1/wall", wall)).toBe(401);
  });

  it("sees what screens show, and nothing else; changes nothing", async () => {
    const wall = await keep("user-adm");
    for (const path of ["/api/v1/me", "/api/v1/wall", "/api/v1/map", "/api/v1/trend", "/api/v1/cameras"]) {
      expect(await get(path, wall), path).toBe(200);
    }
    const others = web.service
      .routes()
      .filter(
        ({ method, access, display, path }) =>
          access !== "public" && display !== true && path.startsWith("/api/") && method !== "HEAD",
      );
    expect(others.length).toBeGreaterThan(40);
    for (const { method, path } of others) {
      const asked = path.replaceAll(/:\w+/g, "x");
      const options = { method, cookie: wall, ...(method === "POST" ? { body: {} } : {}) } as const;
      expect((await call(web.target, asked, options as never)).status, `${method} ${path}`).toBe(403);
    }
  });

  it("ends with its account, and is not for everybody", async () => {
    const wall = await keep("user-ins");
    web.users.setDisabled("user-ins", true, web.nowMs);
    expect(await get("/api/v1/wall", wall)).toBe(401);
    expect(await keep("user-ope")).toBeUndefined();
  });
});
