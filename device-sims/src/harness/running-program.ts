import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { until } from "./until.ts";

/** How a program ended: its exit code, or the signal that ended it. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What to start. */
export interface ProgramStart {
  /** For messages: `cloud`, `gateway market-songbai`. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /**
   * A process group of its own, so that signals reach everything that the command starts. For commands that run another
   * one (`strace`, `prlimit`): a signal to them alone would leave the other running.
   */
  readonly ownGroup?: boolean;
  /** Called with every piece of standard output. */
  readonly onOutput?: (text: string) => void;
}

/** A program that was started. It never outlives this process. */
export interface RunningProgram {
  readonly name: string;
  readonly pid: number;
  /** Resolves when it has ended, however it ended. */
  readonly exited: Promise<Exit>;
  readonly running: boolean;
  /** The last 64 KiB of what it wrote to standard output and standard error, in the order in which it arrived. */
  output(): string;
  /** Writes to its standard input. */
  send(text: string): void;
  /** Writes the last of its standard input and closes it. */
  endInput(text: string): void;
  signal(signal: NodeJS.Signals): void;
  /** Asks it to end (SIGTERM) and waits. What has not ended after `withinMs` (default 10 s) is killed. */
  stop(withinMs?: number): Promise<Exit>;
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<Exit>;
}

const keptOutputChars = 64 * 1024;
const started = new Set<RunningProgram>();

// Nothing that was started stays behind when tests or the demo end early.
process.on("exit", () => {
  for (const program of started) program.signal("SIGKILL");
});

const exitOf = (child: ChildProcess): Promise<Exit> =>
  new Promise((resolve) => {
    child.once("error", () => resolve({ code: 127, signal: null }));
    child.once("close", (code, signal) => resolve({ code, signal }));
  });

/** Starts a program. @throws {Error} when the command cannot be started at all */
export const startProgram = (start: ProgramStart): RunningProgram => {
  const child = spawn(start.command, start.args, {
    cwd: start.cwd,
    env: { ...process.env, ...start.env },
    stdio: ["pipe", "pipe", "pipe"],
    detached: start.ownGroup === true,
  });
  let output = "";
  const keep = (text: string): void => {
    output = (output + text).slice(-keptOutputChars);
  };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    keep(text);
    start.onOutput?.(text);
  });
  child.stderr.setEncoding("utf8").on("data", keep);
  child.stdin.on("error", () => undefined);
  const { pid } = child;
  const exited = exitOf(child);
  if (pid === undefined) {
    throw new Error(`${start.name}: ${start.command} cannot be started`);
  }
  let running = true;
  const signal = (name: NodeJS.Signals): void => {
    if (!running) return;
    try {
      process.kill(start.ownGroup === true ? -pid : pid, name);
    } catch {
      // It ended between the two lines.
    }
  };
  const program: RunningProgram = {
    name: start.name,
    pid,
    exited,
    get running() {
      return running;
    },
    output: () => output,
    send: (text) => child.stdin.write(text),
    endInput: (text) => child.stdin.end(text),
    signal,
    stop: async (withinMs = 10_000) => {
      signal("SIGTERM");
      const timer = setTimeout(() => signal("SIGKILL"), withinMs);
      const exit = await exited;
      clearTimeout(timer);
      return exit;
    },
    kill: () => {
      signal("SIGKILL");
      return exited;
    },
  };
  started.add(program);
  void exited.then(() => {
    running = false;
    started.delete(program);
  });
  return program;
};

/** A program ended although it was needed. `message` holds the end of its output. */
export class ProgramEndedError extends Error {
  constructor(program: RunningProgram, exit: Exit) {
    super(`${program.name} ended (${exit.signal ?? `exit code ${exit.code}`}):\n${program.output().slice(-4_000)}`);
    this.name = "ProgramEndedError";
  }
}

/** What a program writes to the file named by `--ready-file` once it can be used. */
export type Ready = Readonly<Record<string, unknown>>;

/**
 * Starts a program that writes a JSON object to `readyFile` once it can be used, and waits for that.
 * @throws {ProgramEndedError} when it ends before; {WaitingTooLongError} when it takes longer than `withinMs` (30 s)
 */
export const startReadyProgram = async (
  start: ProgramStart,
  readyFile: string,
  withinMs = 30_000,
): Promise<{ readonly program: RunningProgram; readonly ready: Ready }> => {
  rmSync(readyFile, { force: true });
  const program = startProgram(start);
  let ended: Exit | undefined;
  void program.exited.then((exit) => {
    ended = exit;
  });
  try {
    const ready = await until(
      () => {
        if (ended !== undefined) throw new ProgramEndedError(program, ended);
        return existsSync(readyFile) ? parseReady(readFileSync(readyFile, "utf8")) : undefined;
      },
      { what: `${start.name} is ready`, withinMs, everyMs: 10, detail: () => program.output().slice(-4_000) },
    );
    return { program, ready };
  } catch (error) {
    await program.kill();
    throw error;
  }
};

/** A file that is still being written is no answer yet. */
const parseReady = (text: string): Ready | undefined => {
  try {
    return JSON.parse(text) as Ready;
  } catch {
    return undefined;
  }
};

/**
 * Runs a program to its end, with `input` as its standard input, and returns what it printed.
 * @throws {ProgramEndedError} when its exit code is not 0
 */
export const runProgram = async (start: ProgramStart & { readonly input?: string }): Promise<string> => {
  let text = "";
  const program = startProgram({ ...start, onOutput: (piece) => (text += piece) });
  program.endInput(start.input ?? "");
  const exit = await program.exited;
  if (exit.code !== 0) throw new ProgramEndedError(program, exit);
  return text;
};
