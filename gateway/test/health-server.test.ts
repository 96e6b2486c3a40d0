import { request } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { type HealthServer, jsonAnswer, openHealthServer } from "../src/health/health-server.ts";

let server: HealthServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

const open = async () => {
  const errors: unknown[] = [];
  const routes = {
    "/status": () => jsonAnswer(200, { state: "ok" }),
    "/broken": () => Promise.reject(new Error("a bug")),
  };
  server = await openHealthServer({ host: "127.0.0.1", port: 0 }, routes, (error) => errors.push(error));
  return { port: server.port, errors };
};

const ask = (port: number, path: string, { method = "GET", host = `127.0.0.1:${port}` } = {}) =>
  new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
    const asking = request({ host: "127.0.0.1", port, path, method, headers: { host } }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece: string) => {
        text += piece;
      });
      response.on("end", () => resolve({ status: response.statusCode, text }));
    });
    asking.on("error", reject).end();
  });

describe("the local state over HTTP", () => {
  it("answers to this machine's own names only", async () => {
    const { port } = await open();
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, "localhost", `[::1]:${port}`]) {
      expect(await ask(port, "/status", { host })).toEqual({ status: 200, text: '{"state":"ok"}\n' });
    }
    for (const host of ["evil.example", `evil.example:${port}`, "127.0.0.1.evil.example", "[::2]"]) {
      const { status, text } = await ask(port, "/status", { host });
      expect([status, JSON.parse(text).error.code]).toEqual([403, "REQUEST_REFUSED"]);
    }
  });

  it("answers GET and HEAD only, for known paths only", async () => {
    const { port } = await open();
    expect((await ask(port, "/status?x=1")).status).toBe(200);
    expect(await ask(port, "/status", { method: "HEAD" })).toEqual({ status: 200, text: "" });
    expect((await ask(port, "/status", { method: "POST" })).status).toBe(405);
    for (const path of ["/", "/toString", "/__proto__", "/status/"]) expect((await ask(port, path)).status).toBe(404);
  });

  it("goes on after a request that failed, and says so", async () => {
    const { port, errors } = await open();
    const { status, text } = await ask(port, "/broken");
    expect([status, JSON.parse(text).error.code, errors.length]).toEqual([500, "GATEWAY_FAULT", 1]);
    expect(text).not.toContain("a bug");
    expect((await ask(port, "/status")).status).toBe(200);
  });

  it("names the address that is taken", async () => {
    const { port } = await open();
    const second = openHealthServer({ host: "127.0.0.1", port }, {}, () => undefined);
    await expect(second).rejects.toMatchObject({ code: "LISTEN_FAILED", field: "health.port" });
  });
});
