import Fastify, { type FastifyInstance } from "fastify";
import { describe, expect, it } from "vitest";
import { watchRoutes } from "./request-guards.ts";

const withRoute = (config: object | undefined): { app: FastifyInstance; ready: Promise<unknown> } => {
  const app = Fastify();
  watchRoutes(app);
  app.get("/api/v1/planted", config === undefined ? {} : { config }, () => "everything");
  return { app, ready: app.ready() as unknown as Promise<unknown> };
};

describe("a server", () => {
  it("does not start with a route that does not say who may use it and what it covers", async () => {
    for (const config of [undefined, {}, { access: ["centre"] }, { scope: "area" }]) {
      const { app, ready } = withRoute(config);
      await expect(ready, JSON.stringify(config)).rejects.toThrow("GET /api/v1/planted does not say who may use it");
      await app.close();
    }
    const { app, ready } = withRoute({ access: ["centre"], scope: "centre" });
    await ready;
    expect((await app.inject("/api/v1/planted")).body).toBe("everything");
    await app.close();
  });
});
