import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { needs } from "../../src/harness/requirements.ts";
import { type Plant, writeSigningKey } from "./outbox-runs.ts";
import { cutPower, type Life, recordCapture, recoverAndJudge } from "./power-cut-runs.ts";

const scratch = mkdtempSync(join(tmpdir(), "mingcheng-power-cut-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const keyFile = writeSigningKey(scratch);

const disk = (name: string): string => {
  const root = join(scratch, name);
  mkdirSync(root);
  return root;
};

const nothingWrong = { unopened: [], lost: [], twice: [], invented: [], orphaned: [], falselyLost: [] };
const killed = (records: number): Life => ({ records, ends: "killed" });
const trace = needs("strace");

describe.skipIf(trace.skip)(trace.title("a power cut while the gateway captures"), () => {
  it("loses nothing acknowledged: 200 disks after cuts at random instants of three starts", async () => {
    const lives: Life[] = [killed(160), { records: 140, ends: "closes" }, killed(100)];
    const recording = await recordCapture({ root: disk("captured"), keyFile, lives, free: true });
    const disks = cutPower(recording, disk("images"), 200, Math.random);
    const { acknowledged, ...wrong } = await recoverAndJudge(disks, keyFile);
    expect(wrong).toEqual(nothingWrong);
    // On average half of what was captured had been acknowledged at the cut.
    expect(acknowledged).toBeGreaterThan(200 * 60);
  }, 180_000);

  it("loses nothing when the power goes again while the outbox recovers: 40 disks", async () => {
    const recording = await recordCapture({ root: disk("first"), keyFile, lives: [killed(90)] });
    const once = cutPower(recording, disk("once"), 5, Math.random);
    const twice = [];
    for (const { root, log } of once) {
      const again = await recordCapture({ root, keyFile, lives: [killed(10)] });
      twice.push(...cutPower(again, `${root}-again`, 8, Math.random, log));
    }
    const { acknowledged: _, ...wrong } = await recoverAndJudge(twice, keyFile);
    expect(wrong).toEqual(nothingWrong);
  });

  it.each<Plant>(["no-fsync", "no-directory-fsync", "ack-before-commit"])("is noticed: %s", async (plant) => {
    const recording = await recordCapture({ root: disk(plant), keyFile, lives: [killed(150)], plant });
    const disks = cutPower(recording, disk(`${plant}-images`), 30, Math.random);
    const { lost } = await recoverAndJudge(disks, keyFile);
    expect(lost.length).toBeGreaterThan(0);
  });
});
