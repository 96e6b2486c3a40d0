import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { builtModule } from "../../src/harness/repository.ts";
import { type RunningProgram, runProgram, startProgram } from "../../src/harness/running-program.ts";
import { until } from "../../src/harness/until.ts";
import { addToLog, type CaptureLog, type HeldRecord, type ReportedLoss } from "./capture-log.ts";

/** Faults that are planted in the capturing process to see the tests fail. */
export type Plant = "ack-before-commit" | "no-fsync" | "no-directory-fsync";

/** Writes a gateway's signing key into `dir` and returns its path. */
export const writeSigningKey = (dir: string): string => {
  const path = join(dir, "signing.pem");
  const { privateKey } = generateKeyPairSync("ed25519");
  writeFileSync(path, privateKey.export({ format: "pem", type: "pkcs8" }), { mode: 0o600 });
  return path;
};

/** How a capturing process is started. */
export interface Capturing {
  readonly dir: string;
  readonly keyFile: string;
  readonly log: CaptureLog;
  readonly plant?: Plant | undefined;
  readonly free?: boolean;
  /** Ends by itself after so many records. */
  readonly records?: number;
  /** Kills itself (SIGKILL) when so many records are acknowledged. */
  readonly dieAfter?: number;
  /** A command that runs the process, e.g. strace with its arguments. */
  readonly under?: readonly string[];
}

/** A capturing process. Everything it says goes into the log. */
export interface CapturingProcess {
  readonly program: RunningProgram;
  /** Records acknowledged to this process so far. */
  acknowledged(): number;
  /** Resolves when at least so many were acknowledged. @throws {WaitingTooLongError} after 30 s */
  untilAcknowledged(count: number): Promise<void>;
}

/** Starts a process that captures into the gateway's real outbox. */
export const startCapturing = (capturing: Capturing): CapturingProcess => {
  const { dir, keyFile, log, plant, free, records, dieAfter, under } = capturing;
  const entry = builtModule("device-sims/dist/e2e/outbox/capture-entry.js");
  const args = [entry, "--dir", dir, "--key", keyFile];
  if (plant !== undefined) args.push("--plant", plant);
  if (free === true) args.push("--free");
  if (dieAfter !== undefined) args.push("--die-after", String(dieAfter));
  if (records !== undefined) args.push("--records", String(records));
  const [command, ...rest] = [...(under ?? []), process.execPath, ...args];
  let partial = "";
  let count = 0;
  const program = startProgram({
    name: "capturing process",
    command: command ?? process.execPath,
    args: rest,
    ownGroup: under !== undefined,
    // Writes through io_uring would not be seen by strace.
    env: { UV_USE_IO_URING: "0" },
    onOutput: (text) => {
      const lines = (partial + text).split("\n");
      partial = lines.pop() ?? "";
      for (const line of lines) {
        const parsed = addToLog(log, line);
        if (parsed !== undefined && "acknowledged" in parsed) count++;
      }
    },
  });
  return {
    program,
    acknowledged: () => count,
    untilAcknowledged: async (wanted) => {
      await until(() => count >= wanted || !program.running, {
        what: `${wanted} records acknowledged`,
        withinMs: 30_000,
        everyMs: 1,
        detail: () => program.output().slice(-2_000),
      });
      if (count < wanted) throw new Error(`the capturing process ended:\n${program.output().slice(-2_000)}`);
    },
  };
};

/** What one directory held after recovery, or why the outbox did not open. */
export type Recovery =
  | { readonly dir: string; readonly held: readonly HeldRecord[]; readonly losses: readonly ReportedLoss[] }
  | { readonly dir: string; readonly error: string };

/** Opens each directory with the real outbox, in a process of its own, and reads everything. */
export const recoverOutboxes = async (dirs: readonly string[], keyFile: string): Promise<Recovery[]> => {
  const entry = builtModule("device-sims/dist/e2e/outbox/recover-entry.js");
  const text = await runProgram({
    name: "recovering process",
    command: process.execPath,
    args: [entry, "--key", keyFile, ...dirs],
  });
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Recovery);
};
