import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CameraAsk } from "./camera-ask.ts";
import { askOnTheSpot, deskSocketPath, openDeskSocket } from "./desk-socket.ts";

let folder: string;
let asked: CameraAsk[];
let close = (): void => undefined;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "mc-desk-"));
  asked = [];
  // What a process that was killed left.
  writeFileSync(deskSocketPath(folder), "");
  const socket = await openDeskSocket(folder, async (ask) => {
    asked.push(ask);
    return { ok: true, result: { asked: ask.type } };
  });
  close = () => socket.close();
});
afterEach(() => {
  close();
  rmSync(folder, { recursive: true, force: true });
});

const raw = (text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(deskSocketPath(folder), () => socket.write(text));
    let answer = "";
    socket.on("data", (piece) => {
      answer += piece.toString();
    });
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
  });

describe("the desk's socket", () => {
  it("answers what is asked on the spot, for the owner only", async () => {
    const ask: CameraAsk = { type: "holds" };
    expect(await askOnTheSpot(folder, ask)).toEqual({ ok: true, result: { asked: "holds" } });
    expect(asked).toEqual([ask]);
    expect(statSync(deskSocketPath(folder)).mode & 0o777).toBe(0o600);
  });

  it("takes nothing that is not whole, known and small", async () => {
    const still = { type: "still", id: "a", channel: "one", cause: { type: "operator", ref: "" }, by: "li" };
    const bad = [
      "rubbish",
      JSON.stringify({ type: "shell", command: "id" }),
      JSON.stringify({ ...still, id: "../../etc/passwd" }),
      JSON.stringify({ ...still, channel: "$(id)" }),
      JSON.stringify({ ...still, more: 1 }),
      "x".repeat(20_000),
    ];
    for (const line of bad)
      expect(JSON.parse(await raw(`${line}\n`))).toMatchObject({ ok: false, code: "INPUT_INVALID" });
    expect(asked).toEqual([]);
  });

  it("is nobody where none runs", async () => {
    close();
    expect(await askOnTheSpot(join(folder, "none"), { type: "holds" })).toBeUndefined();
  });
});
