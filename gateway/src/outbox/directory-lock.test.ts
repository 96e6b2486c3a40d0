import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { isDirectoryLocked, lockDirectory } from "./directory-lock.ts";

const made: string[] = [];
const directory = (): string => {
  const base = mkdtempSync(join(tmpdir(), "mingcheng-lock-"));
  made.push(base);
  // Longer than a socket's path may be.
  const dir = join(base, "x".repeat(120));
  mkdirSync(dir);
  return dir;
};
afterEach(() => {
  for (const base of made.splice(0)) rmSync(base, { recursive: true });
});

/** Leaves a socket behind that nobody listens on, as a killed process does. */
const leaveStaleSocket = (dir: string): void => {
  const script = `process.chdir(${JSON.stringify(dir)});
    require("node:net").createServer().listen("lock", () => process.kill(process.pid, "SIGKILL"))`;
  spawnSync(process.execPath, ["-e", script]);
};

describe("the lock of a directory", () => {
  it("is held by one at a time and is gone after release", async () => {
    const dir = directory();
    const release = await lockDirectory(dir);
    expect(await isDirectoryLocked(dir)).toBe(true);
    await expect(lockDirectory(dir)).rejects.toMatchObject({ code: "OUTBOX_LOCKED" });
    await release();
    await release();
    expect(await isDirectoryLocked(dir)).toBe(false);
    expect(readdirSync(dir)).toEqual([]);
    await (await lockDirectory(dir))();
  });

  it("is taken over from a process that was killed", async () => {
    const dir = directory();
    leaveStaleSocket(dir);
    expect(readdirSync(dir)).toEqual(["lock"]);
    expect(await isDirectoryLocked(dir)).toBe(false);
    const release = await lockDirectory(dir);
    await release();
    expect(readdirSync(dir)).toEqual([]);
  });

  it("goes to exactly one of many that come at once, over a stale one too", async () => {
    for (let round = 0; round < 8; round++) {
      const dir = directory();
      if (round % 4 === 0) leaveStaleSocket(dir);
      const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => lockDirectory(dir)));
      const held = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
      expect(held).toHaveLength(1);
      for (const release of held) await release();
      expect(readdirSync(dir)).toEqual([]);
    }
  });

  it("is respected whoever listens there, and taken when something else bears its name", async () => {
    const dir = directory();
    writeFileSync(join(dir, "lock"), "not a socket");
    await (await lockDirectory(dir))();
    const base = process.cwd();
    process.chdir(dir);
    const server = createServer().listen("lock");
    process.chdir(base);
    await new Promise((resolve) => server.once("listening", resolve));
    await expect(lockDirectory(dir)).rejects.toMatchObject({ code: "OUTBOX_LOCKED" });
    await new Promise((resolve) => server.close(resolve));
  });
});
