import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { needs } from "../../src/harness/requirements.ts";
import { until } from "../../src/harness/until.ts";
import { emptyLog, judge } from "./capture-log.ts";
import { recoverOutboxes, startCapturing, writeSigningKey } from "./outbox-runs.ts";

const run = (command: string, ...args: readonly string[]): void => {
  const { status, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command}: ${stderr}`);
};

const scratch = mkdtempSync(join(tmpdir(), "mingcheng-disk-full-"));
const mounted: string[] = [];
afterAll(() => {
  for (const path of mounted) run("umount", path);
  rmSync(scratch, { recursive: true, force: true });
});
const keyFile = writeSigningKey(scratch);
const nothing = { lost: [], twice: [], invented: [], orphaned: [], falselyLost: [] };

/** Fills up while capturing, makes room again, and checks what every caller and the directory were told. */
const captureThroughFullDisk = async (dir: string, fill: (pid: number) => void, makeRoom: (pid: number) => void) => {
  const log = emptyLog();
  const process = startCapturing({ dir, keyFile, log });
  await process.untilAcknowledged(50);
  fill(process.program.pid);
  const isTold = (): boolean => log.refused.length > 0 && log.conditions.includes("full");
  await until(isTold, { what: "a capture is refused and the fault announced", withinMs: 30_000, everyMs: 5 });
  const [first] = log.refused;
  expect(first?.code).toBe("OUTBOX_FULL");
  makeRoom(process.program.pid);
  await until(() => log.conditions.at(-1) === "ok", { what: "capturing goes on", withinMs: 30_000, everyMs: 5 });
  await process.untilAcknowledged(process.acknowledged() + 50);
  await process.program.kill();
  const [recovery] = await recoverOutboxes([dir], keyFile);
  if (recovery === undefined || "error" in recovery) throw new Error(`not recovered: ${recovery?.error}`);
  expect(judge(log, recovery.held, recovery.losses)).toEqual(nothing);
  const held = new Set(recovery.held.map(({ id }) => id));
  // What was refused never comes up again: the device was told that it is not stored.
  expect(log.refused.filter(({ id }) => held.has(id))).toEqual([]);
};

describe("a full disk under a capturing process", () => {
  const root = needs("root");
  it.skipIf(root.skip)(
    root.title("small file system: refused, announced, goes on by itself, loses nothing"),
    async () => {
      const disk = join(scratch, "disk");
      mkdirSync(disk);
      run("mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", disk);
      mounted.push(disk);
      const ballast = join(disk, "ballast");
      writeFileSync(ballast, Buffer.alloc(1_000_000));
      await captureThroughFullDisk(
        join(disk, "outbox"),
        () => undefined,
        () => rmSync(ballast),
      );
    },
  );

  it("file-size limit of the process: the same, also where writes end half-way", async () => {
    await captureThroughFullDisk(
      join(scratch, "limited"),
      (pid) => run("prlimit", `--pid=${pid}`, "--fsize=70000:unlimited"),
      (pid) => run("prlimit", `--pid=${pid}`, "--fsize=unlimited:unlimited"),
    );
  });
});
