import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { playlistIn } from "./playlist.ts";
import { runPlaylistCommand } from "./playlist-command.ts";

interface Kept {
  metadata: { name: string; resourceVersion?: string };
  spec: unknown;
}

/** Grafana's playlist API as its documentation describes it: versions, names, resource versions, tokens. */
const startGrafana = async (version: "v1" | "v0alpha1" | "none") => {
  const kept = new Map<string, Kept>();
  const asked: string[] = [];
  const base = `/apis/playlist.grafana.app/${version}/namespaces/default/playlists`;
  let counter = 0;
  const store = (playlist: Kept): Kept => {
    const stored = { ...playlist, metadata: { ...playlist.metadata, resourceVersion: String(++counter) } };
    kept.set(playlist.metadata.name, stored);
    return stored;
  };
  const answer = (method: string, path: string, playlist: Kept): [number, unknown] => {
    if (!path.startsWith(base)) return [404, { message: "the server could not find the requested resource" }];
    const name = path.slice(base.length + 1);
    if (name === "" && method === "GET") return [200, { items: [...kept.values()] }];
    if (name === "" && method === "POST") return [201, store(playlist)];
    const found = kept.get(name);
    if (found === undefined) return [404, { message: "not found" }];
    if (method === "GET") return [200, found];
    if (playlist.metadata.resourceVersion !== found.metadata.resourceVersion)
      return [409, { message: "the object has been modified" }];
    return [200, store(playlist)];
  };
  const server: Server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      asked.push(`${request.method} ${request.url}`);
      const body = pieces.length === 0 ? {} : JSON.parse(Buffer.concat(pieces).toString());
      const good = ["Bearer glsa_1", `Basic ${Buffer.from("admin:pass word").toString("base64")}`];
      const [status, sent] = good.includes(request.headers.authorization ?? "")
        ? answer(request.method ?? "", request.url ?? "", body)
        : [401, { message: "Invalid API key" }];
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(sent));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, kept, asked, stop: () => new Promise((done) => server.close(done)) };
};

describe("mingcheng-grafana playlist", () => {
  let dir: string;
  let tokenFile: string;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "mingcheng-grafana-"));
    tokenFile = join(dir, "token");
    writeFileSync(tokenFile, "glsa_1\n");
  });

  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it.each(["v1", "v0alpha1"] as const)(
    "makes the playlist, then changes nothing, then mends it (API %s)",
    async (version) => {
      const grafana = await startGrafana(version);
      try {
        const run = () => runPlaylistCommand({ url: `${grafana.url}/`, tokenFile, language: "zh" });
        expect(await run()).toEqual({
          name: "mingcheng-wall",
          outcome: "created",
          plays: `${grafana.url}/playlists/play/mingcheng-wall?kiosk`,
        });
        expect(grafana.kept.get("mingcheng-wall")?.spec).toEqual(playlistIn("zh").spec);
        expect((await run()).outcome).toBe("unchanged");
        const kept = grafana.kept.get("mingcheng-wall");
        if (kept !== undefined) kept.spec = { ...playlistIn("zh").spec, items: [] };
        expect((await run()).outcome).toBe("updated");
        expect(grafana.kept.get("mingcheng-wall")?.spec).toEqual(playlistIn("zh").spec);
      } finally {
        await grafana.stop();
      }
    },
  );

  it("takes a user and a password file, keeps the other language apart", async () => {
    const grafana = await startGrafana("v1");
    const passwordFile = join(dir, "password");
    writeFileSync(passwordFile, "pass word\n");
    try {
      const { name } = await runPlaylistCommand({ url: grafana.url, user: "admin", passwordFile, language: "en" });
      expect(name).toBe("mingcheng-wall-en");
      expect([...grafana.kept.keys()]).toEqual(["mingcheng-wall-en"]);
    } finally {
      await grafana.stop();
    }
  });

  it("says what Grafana said when it refuses, and changes nothing", async () => {
    const grafana = await startGrafana("v1");
    try {
      writeFileSync(tokenFile, "glsa_wrong");
      await expect(runPlaylistCommand({ url: grafana.url, tokenFile, language: "zh" })).rejects.toMatchObject({
        code: "GRAFANA_REFUSED",
        message: "GET playlists: 401 Invalid API key",
      });
      expect(grafana.asked.filter((asked) => !asked.startsWith("GET"))).toEqual([]);
    } finally {
      await grafana.stop();
    }
  });

  it("tells an old Grafana, a Grafana that is away and a wrong command apart", async () => {
    const old = await startGrafana("none");
    const { url } = old;
    try {
      await expect(runPlaylistCommand({ url, tokenFile, language: "zh" })).rejects.toMatchObject({
        code: "GRAFANA_REFUSED",
        message: "there is no playlist API",
      });
    } finally {
      await old.stop();
    }
    await expect(runPlaylistCommand({ url, tokenFile, language: "zh" })).rejects.toMatchObject({
      code: "GRAFANA_UNREACHABLE",
    });
    for (const wrong of [
      { tokenFile, language: "fr" },
      { language: "zh" },
      { tokenFile: join(dir, "nowhere"), language: "zh" },
    ]) {
      await expect(runPlaylistCommand({ url, ...wrong })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    }
  });
});
