import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { builtModule } from "../../src/harness/repository.ts";
import { needs } from "../../src/harness/requirements.ts";
import { startProgram } from "../../src/harness/running-program.ts";
import { Database } from "../../src/harness/sqlite-engine.ts";
import { readDisk, writeDiskImage } from "./disk-image.ts";
import { drawPowerCut, type Recording, readRecording, recordingCommand } from "./recording.ts";

const scratch = mkdtempSync(join(tmpdir(), "mingcheng-recording-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const recordSqlite = async (root: string, synchronous: string, starts: number): Promise<Recording> => {
  mkdirSync(root);
  const before = readDisk(root);
  const files: string[] = [];
  for (let start = 0; start < starts; start++) {
    const file = `${root}.${start}.strace`;
    const entry = builtModule("device-sims/dist/e2e/power-cut/sqlite-entry.js");
    const args = [entry, "--file", join(root, "said.db"), "--rows", "60", "--synchronous", synchronous];
    const [command = "", ...rest] = [...recordingCommand(file), process.execPath, ...args];
    await startProgram({ name: "SQLite", command, args: rest, env: { UV_USE_IO_URING: "0" } }).exited;
    files.push(file);
  }
  return readRecording(root, before, files);
};

/** Rows that were said to be committed before the cut and are not there, over `count` cuts; -1 for an unusable file. */
const lostAfterCuts = (recording: Recording, target: string, count: number): number[] =>
  Array.from({ length: count }, (_, index) => {
    const cut = drawPowerCut(recording, Math.random);
    const image = join(target, String(index));
    writeDiskImage(recording.history.root, cut, image);
    const committed = recording.said.filter(({ atMs }) => atMs <= cut.atMs).length;
    const path = join(image, "said.db");
    if (committed === 0) return 0;
    if (!existsSync(path)) return committed;
    const database = new Database(path);
    try {
      const { rows } = database.prepare("SELECT count(*) AS rows FROM said").get() as { rows: number };
      return Math.max(0, committed - rows);
    } catch {
      return -1;
    } finally {
      database.close();
    }
  });

const trace = needs("strace");

// SQLite with synchronous=FULL is known to survive power cuts, with OFF to lose them: the replay has to say the same.
describe.skipIf(trace.skip)(trace.title("recording and replay, tried on SQLite"), () => {
  it("finds nothing lost where every commit is synced, over two processes one after the other", async () => {
    const recording = await recordSqlite(join(scratch, "full"), "FULL", 2);
    expect(recording.said).toHaveLength(120);
    const lost = lostAfterCuts(recording, join(scratch, "full-images"), 100);
    expect(lost.filter((rows) => rows !== 0)).toEqual([]);
  });

  it("finds commits lost where nothing is synced", async () => {
    const recording = await recordSqlite(join(scratch, "off"), "OFF", 1);
    const lost = lostAfterCuts(recording, join(scratch, "off-images"), 30);
    expect(lost.filter((rows) => rows !== 0).length).toBeGreaterThan(5);
  });
});
