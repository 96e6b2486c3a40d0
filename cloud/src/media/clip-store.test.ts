import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openRegister } from "../register/register-database.ts";
import type { SqliteDatabase } from "../store/database.ts";
import { clipAt, clipsFolder } from "./clip-files.ts";
import { ClipStore, type TakenFile } from "./clip-store.ts";

const nowMs = Date.parse("2026-11-25T12:00:00Z");
const dayMs = 86_400_000;

let folder: string;
let register: SqliteDatabase;
let clips: ClipStore;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mc-clips-"));
  register = openRegister(folder);
  for (const gw of ["market-a", "market-b"]) {
    register.prepare("INSERT INTO gateway (gw, site, created_ms) VALUES (?, '', 0)").run(gw);
  }
  clips = new ClipStore(folder, register, () => nowMs);
});
afterEach(() => {
  register.close();
  rmSync(folder, { recursive: true, force: true });
});

const movie = Buffer.from("a movie");
const manifest = Buffer.from('{"v":1}');
const signature = Buffer.from('{"signature":"…"}');
const named = (name: string, content: Buffer) => ({
  ...{ name, bytes: content.length, sha256: createHash("sha256").update(content).digest("hex") },
});
const answer = JSON.stringify({ files: [named("part-1.mp4", movie), named("clip.json", manifest)] });

const order = (id: string, change: Readonly<Record<string, unknown>> = {}): { gw: string; id: string } => {
  const row = {
    id,
    gw: "market-a",
    kind: "camera-clip",
    state: "done",
    result: answer,
    ended: nowMs - 1_000,
    ...change,
  };
  register
    .prepare(
      `INSERT INTO gateway_order (id, gw, kind, body, by, note, ordered_ms, expires_ms, state, result, ended_ms)
       VALUES (@id, @gw, @kind, '{}', 'wang', '', 0, 1, @state, @result, @ended)`,
    )
    .run(row);
  return { gw: row.gw, id };
};

const bytesOf = async function* (content: Buffer): AsyncGenerator<Uint8Array> {
  // In two pieces, as a network brings it.
  yield content.subarray(0, 2);
  yield content.subarray(2);
};
const take = (of: { gw: string; id: string }, name: string, content: Buffer): Promise<TakenFile> =>
  clips.take(of, name, bytesOf(content));

describe("clips that gateways bring", () => {
  it("are wanted until every file is here that the answer names, and the signature", async () => {
    const clip = order("c1");
    expect(clips.wanted()).toEqual([clip]);
    expect(await take(clip, "part-1.mp4", movie)).toBe("stored");
    expect(await take(clip, "clip.json", manifest)).toBe("stored");
    expect(clips.wanted()).toEqual([clip]);
    expect(await clipAt(folder, { id: "c1", result: answer })).toMatchObject({ whole: false });
    expect(await take(clip, "clip.sig.json", signature)).toBe("stored");
    expect(clips.wanted()).toEqual([]);
    expect(await clipAt(folder, { id: "c1", result: answer })).toEqual({
      whole: true,
      files: [
        { name: "part-1.mp4", bytes: movie.length },
        { name: "clip.json", bytes: manifest.length },
        { name: "clip.sig.json", bytes: signature.length },
      ],
    });
    expect(readFileSync(join(clipsFolder(folder), "c1", "part-1.mp4"))).toEqual(movie);
    expect(await take(clip, "part-1.mp4", movie)).toBe("there");
  });

  it("are taken only as the gateway's answer says: another content, length or name is not", async () => {
    const clip = order("c1");
    for (const wrong of [Buffer.from("a mov1e"), movie.subarray(0, 3), Buffer.concat([movie, movie])]) {
      expect(await take(clip, "part-1.mp4", wrong)).toBe("not-what-was-answered");
    }
    for (const name of ["part-2.mp4", "../register.db", "passwd"]) {
      expect(await take(clip, name, movie), name).toBe("unknown");
    }
    expect(readdirSync(join(clipsFolder(folder), "c1"))).toEqual([]);
  });

  it("are taken from the gateway that was asked, once it has answered", async () => {
    expect(await take({ gw: "market-b", id: order("c1").id }, "part-1.mp4", movie)).toBe("unknown");
    expect(await take(order("c2", { state: "acknowledged" }), "part-1.mp4", movie)).toBe("unknown");
    expect(await take(order("c3", { kind: "camera-still" }), "part-1.mp4", movie)).toBe("unknown");
    expect(await take(order("c4", { result: "no JSON" }), "part-1.mp4", movie)).toBe("unknown");
    expect(await take({ gw: "market-a", id: "nobody-asked" }, "part-1.mp4", movie)).toBe("unknown");
  });

  it("are asked for during a week", () => {
    order("old", { ended: nowMs - 8 * dayMs });
    const clip = order("new");
    expect(clips.wanted()).toEqual([clip]);
  });
});
