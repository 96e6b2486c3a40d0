import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "vitest";
import { needs } from "../../src/harness/requirements.ts";
import { type RunningProgram, startProgram } from "../../src/harness/running-program.ts";
import { until } from "../../src/harness/until.ts";
import { faultless, judgeLedger } from "./judge-ledger.ts";
import { readLedger } from "./ledger-reading.ts";
import { startTestedCentre, type TestedCentre } from "./tested-centre.ts";
import type { WatchedGateway } from "./watched-gateway.ts";

const readiness = async ({ centre }: TestedCentre): Promise<{ ready: boolean; faults: Record<string, string> }> => {
  const { host, port } = centre.addresses.health;
  return (await (await fetch(`http://${host}:${port}/readyz`)).json()) as never;
};

const settle = (watched: WatchedGateway, { centre }: TestedCentre) =>
  until(() => watched.settled(), {
    what: "everything is receipted",
    withinMs: 60_000,
    detail: () => centre.program.output(),
  });

/** Captures while the store refuses; returns what the gateway heard from then on. */
const captureInVain = async (watched: WatchedGateway, tested: TestedCentre) => {
  const before = watched.answers.length;
  watched.capture(200);
  await until(() => watched.answers.length > before, { what: "an answer", withinMs: 30_000 });
  await until(async () => (await readiness(tested)).faults["ledger"] !== undefined, {
    what: "the centre says that its ledger refuses",
    withinMs: 5_000,
  });
  return watched.answers.slice(before);
};

const trace = needs("strace");
const mount = needs("root");

/** Lets system calls on the ledger's write-ahead log fail with `error` until it is stopped. */
const injectFault = async (tested: TestedCentre, calls: string, error: string): Promise<RunningProgram> => {
  const { program, dataDir } = tested.centre;
  const strace = startProgram({
    name: "strace",
    command: "strace",
    args: [
      "-f",
      "-p",
      String(program.pid),
      "-P",
      join(dataDir, "ledger.db-wal"),
      "-e",
      `inject=${calls}:error=${error}`,
    ],
  });
  await until(() => /attached/.test(strace.output()), {
    what: "strace is attached",
    withinMs: 10_000,
    detail: () => strace.output(),
  });
  return strace;
};

describe.concurrent("a ledger that cannot be written", () => {
  const faults = [
    ["read-only", "pwrite64", "EROFS"],
    ["not synced", "fdatasync,fsync", "EIO"],
  ] as const;
  for (const [name, calls, error] of faults) {
    it.skipIf(trace.skip)(
      trace.title(`${name}: no receipt, a retry, the connection stays, nothing is lost`),
      async ({ expect }) => {
        const tested = await startTestedCentre();
        try {
          const watched = await tested.add("market-a");
          watched.capture(100);
          await watched.connect();
          await settle(watched, tested);
          const connections = watched.connections();
          const strace = await injectFault(tested, calls, error);
          const answers = await captureInVain(watched, tested);
          await strace.stop();
          expect(answers.map(({ type }) => type)).toEqual(answers.map(() => "retry"));
          for (const answer of answers) expect(answer.type === "retry" && answer.afterMs).toBeLessThanOrEqual(300_000);
          await settle(watched, tested);
          expect(watched.connections()).toBe(connections);
          expect(await readiness(tested)).toEqual({ ready: true, faults: {} });
          await tested.centre.stop();
          const stored = readLedger(tested.centre.dataDir);
          expect(judgeLedger(stored, tested.gateways)).toEqual(faultless);
          expect(stored).toHaveLength(watched.digests.length);
        } finally {
          await tested.dispose();
        }
      },
      180_000,
    );
  }

  it.skipIf(trace.skip)(
    trace.title("is noticed when a receipt goes out although the commit failed"),
    async ({ expect }) => {
      const tested = await startTestedCentre({ plant: "receipt-despite-fault" });
      try {
        const watched = await tested.add("market-a");
        await watched.connect();
        await settle(watched, tested);
        const strace = await injectFault(tested, "pwrite64", "EROFS");
        watched.capture(200);
        await settle(watched, tested);
        await tested.centre.kill();
        await strace.exited;
        expect(judgeLedger(readLedger(tested.centre.dataDir), tested.gateways).lost).not.toEqual([]);
      } finally {
        await tested.dispose();
      }
    },
    180_000,
  );

  it.skipIf(mount.skip)(
    mount.title("full disk: no receipt, a retry, and it goes on by itself when there is space"),
    async ({ expect }) => {
      const dir = mkdtempSync(join(tmpdir(), "mingcheng-full-"));
      const dataDir = join(dir, "data");
      mkdirSync(dataDir);
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=16m,mode=700", "tmpfs", dataDir]);
      const tested = await startTestedCentre({ dir });
      try {
        const watched = await tested.add("market-a");
        watched.capture(100);
        await watched.connect();
        await settle(watched, tested);
        const connections = watched.connections();
        const filler = join(dataDir, "filler");
        try {
          writeFileSync(filler, Buffer.alloc(16 * 1024 * 1024));
        } catch {
          // As full as it gets.
        }
        const answers = await captureInVain(watched, tested);
        expect(answers.map(({ type }) => type)).toEqual(answers.map(() => "retry"));
        rmSync(filler);
        await settle(watched, tested);
        expect(watched.connections()).toBe(connections);
        await tested.centre.stop();
        const stored = readLedger(dataDir);
        expect(judgeLedger(stored, tested.gateways)).toEqual(faultless);
        expect(stored).toHaveLength(watched.digests.length);
      } finally {
        await tested.centre.stop();
        execFileSync("umount", [dataDir]);
        await tested.dispose();
      }
    },
    180_000,
  );
});
