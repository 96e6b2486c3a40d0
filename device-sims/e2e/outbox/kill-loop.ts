import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { emptyLog, judge, type Verdict } from "./capture-log.ts";
import { type Plant, recoverOutboxes, startCapturing, writeSigningKey } from "./outbox-runs.ts";

/** What a number of kills brought about. */
export interface KillReport {
  readonly kills: number;
  readonly acknowledged: number;
  /** What the recovered outbox holds, epoch records left out. */
  readonly held: number;
  /** Losses that the outbox itself reported at its last start: a kill is no reason for any. */
  readonly reportedLosses: number;
  readonly verdict: Verdict;
}

/** So many records fill more than one segment, with as many to spare as stay behind when old ones are freed. */
const recordsThatFree = 220;

/** How to kill. */
export interface Killing {
  readonly kills: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly plant?: Plant;
  /**
   * Lets the process free old records as if they had been receipted: what it may free is not asked for afterwards. Every
   * second of the late kills waits until there is something to free, however slow the disk.
   */
  readonly free?: boolean;
  /** A kill comes at a random instant within so long after the first acknowledged record of the process; default 25. */
  readonly longestLifeMs?: number;
  readonly progress?: (kills: number) => void;
}

/**
 * Kills a process that captures into the gateway's outbox again and again, at random instants, always in the same
 * directory, and holds what is found in the end against what was acknowledged. Four of five kills come after a first
 * record was acknowledged, every fifth already while the outbox opens.
 */
export const killCapturing = async (killing: Killing): Promise<KillReport> => {
  const { kills, random, plant, free = false, longestLifeMs = 25, progress } = killing;
  const scratch = mkdtempSync(join(tmpdir(), "mingcheng-kill-"));
  try {
    const keyFile = writeSigningKey(scratch);
    const dir = join(scratch, "outbox");
    mkdirSync(dir);
    const log = emptyLog();
    let startMs = 0;
    for (let kill = 1; kill <= kills; kill++) {
      const startedAtMs = performance.now();
      const process = startCapturing({ dir, keyFile, log, plant, free });
      if (kill % 5 === 0) await delay(startMs * (0.5 + random() * 0.5));
      else {
        await process.untilAcknowledged(1);
        startMs = performance.now() - startedAtMs;
        if (free && kill % 2 === 0) await process.untilAcknowledged(recordsThatFree);
        await delay(random() * longestLifeMs);
      }
      await process.program.kill();
      progress?.(kill);
    }
    const [recovery] = await recoverOutboxes([dir], keyFile);
    if (recovery === undefined || "error" in recovery) throw new Error(`not recovered: ${recovery?.error}`);
    const { held, losses } = recovery;
    return {
      kills,
      acknowledged: log.acknowledged.length,
      held: held.filter(({ id }) => id !== null).length,
      reportedLosses: losses.length,
      verdict: judge(log, held, losses),
    };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
};
