import { existsSync } from "node:fs";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";

/** Files with a hash of their content in the name never change. */
const isHashed = (path: string): boolean => path.includes("/assets/");

const notBuilt = "界面尚未构建：运行 npm run build\nThe screens are not built: run npm run build\n";

/** Addresses of the programs' pages. Which one is shown is found out in the browser; asking for one changes nothing. */
const pages: Readonly<Record<string, readonly string[]>> = {
  "index.html": [
    "/alerts",
    "/alerts/:id",
    "/cameras",
    "/cameras/:id",
    "/silences",
    "/records",
    "/duty",
    "/messages",
    "/reports",
    "/fleet",
    "/register",
    "/evidence",
    "/quarantine",
    "/users",
    "/audit",
  ],
  "phone.html": ["/m", "/m/*", "/a/:id"],
  "wall.html": ["/wall", "/wall/remote"],
  "verify.html": ["/verify"],
  "kitchens.html": ["/kitchens"],
};

/** Serves the screens' files as they are at the start, and nothing else of the disk. They hold no data. */
export const serveScreens = async (app: FastifyInstance, directory: string): Promise<void> => {
  await app.register(async (screens) => {
    screens.addHook("onRoute", (route) => {
      route.config = { ...route.config, access: "public", scope: "none" };
    });
    if (!existsSync(join(directory, "index.html"))) {
      screens.get("/", (_request, reply) => reply.status(503).type("text/plain; charset=utf-8").send(notBuilt));
      return;
    }
    await screens.register(fastifyStatic, {
      root: directory,
      wildcard: false,
      index: "index.html",
      cacheControl: false,
      setHeaders: (response, path) => {
        response.setHeader("cache-control", isHashed(path) ? "public, max-age=31536000, immutable" : "no-cache");
      },
    });
    for (const [file, paths] of Object.entries(pages)) {
      for (const path of paths) screens.get(path, (_request, reply) => reply.sendFile(file));
    }
  });
};
