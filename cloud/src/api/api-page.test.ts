import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { ApiPorts } from "./api-routes.ts";
import { apiRoutes } from "./api-routes.ts";
import { maxReplayed, maxUnreadBytes } from "./events/event-stream.ts";

const page = readFileSync(new URL("../../../docs/api.md", import.meta.url), "utf8");

describe("docs/api.md", () => {
  it("lists every route with its parameters and who may use it, and no other", () => {
    // Routes are made from ports, but none is called here.
    const routes = apiRoutes({
      version: "0",
      hub: {},
      sessions: {},
      reader: {},
      media: { key: new Uint8Array(32) },
    } as unknown as ApiPorts);
    const rows = new Map(
      [...page.matchAll(/^\| `(GET|POST) ([^`?]+)(?:\?([^`]*))?` \| ([^|]+) \|/gm)].map(
        ([, method, path, query = "", who = ""]) => [`${method} ${path}`, { query, who: who.trim() }] as const,
      ),
    );
    expect([...rows.keys()].sort()).toEqual(routes.map(({ method, path }) => `${method} ${path}`).sort());
    for (const { method, path, access, query } of routes) {
      const row = rows.get(`${method} ${path}`);
      const words = { public: "anybody", "signed-in": "signed in" } as const;
      const who = typeof access === "string" ? words[access] : access.length === 5 ? "every role" : access.join(", ");
      expect(row?.who, path).toBe(who);
      const named = (row?.query ?? "").split("&").filter((part) => part !== "");
      const shape = (query as { shape?: object } | undefined)?.shape ?? {};
      expect(named.map((part) => part.replace("=", "")).sort(), path).toEqual(Object.keys(shape).sort());
    }
  });

  it("states the bounds as they are", () => {
    expect(page).toContain(`more than ${maxReplayed} are answered`);
    expect(page).toContain(`at most ${maxUnreadBytes / 1024} KiB`);
  });
});
