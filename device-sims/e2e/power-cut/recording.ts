import { readFileSync } from "node:fs";
import { type DiskDirectory, DiskHistory } from "./disk-history.ts";
import type { PowerCut } from "./disk-image.ts";
import { octetsOf, parseSystemCalls, type SystemCall } from "./system-calls.ts";

/** Calls that change files or say where; `?` because not every architecture has all of them. */
const traced = [
  ...["open", "openat", "creat", "close", "dup", "dup2", "dup3", "fcntl", "lseek", "mmap", "io_uring_setup"],
  ...["write", "writev", "pwrite64", "pwritev", "pwritev2", "truncate", "ftruncate", "fallocate"],
  ...["fsync", "fdatasync", "sync_file_range", "copy_file_range", "sendfile"],
  ...["mkdir", "mkdirat", "rename", "renameat", "renameat2", "link", "linkat", "unlink", "unlinkat", "rmdir"],
].map((name) => `?${name}`);

/** Longest write that is recorded whole; a longer one makes the recording be refused. */
const maxWriteOctets = 4 * 1024 * 1024;

/**
 * The command to put in front of a program so that its writes and syncs go into `file` (Debian package `strace`). Set
 * UV_USE_IO_URING=0 in its environment: what goes through io_uring is not seen.
 */
export const recordingCommand = (file: string): readonly string[] => [
  ...["strace", "-f", "--seccomp-bpf", "-qq", "-ttt", "-T", "-xx", "-s", String(maxWriteOctets)],
  ...["-e", `trace=${traced.join(",")}`, "-e", "signal=none", "-o", file],
];

/** A line that the program wrote to its standard output, and when the world could first have read it. */
export interface SaidLine {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly text: string;
}

/** One directory while one program after the other worked in it. */
export interface Recording {
  readonly history: DiskHistory;
  /** Everything the programs said, in order: the oracle's log, on the same clock as the disk's. */
  readonly said: readonly SaidLine[];
  /** From the first to the last change of the directory. Milliseconds since 1970. */
  readonly fromMs: number;
  readonly toMs: number;
}

const saidIn = (calls: readonly SystemCall[]): SaidLine[] => {
  const lines: SaidLine[] = [];
  let partial = "";
  for (const { name, args, startMs, result } of calls) {
    if (name !== "write" || args[0] !== "1" || result < 0) continue;
    const octets = octetsOf(args[1] ?? '""');
    const pieces = (partial + octets.subarray(0, Number.isNaN(result) ? undefined : result).toString()).split("\n");
    partial = pieces.pop() ?? "";
    lines.push(...pieces.map((text) => ({ atMs: startMs, text })));
  }
  return lines;
};

const changeTimes = (directory: DiskDirectory): number[] => [
  ...directory.changes.map(({ startMs }) => startMs),
  ...[...directory.before.values(), ...directory.changes.flatMap(({ sets }) => sets.map(([, node]) => node))].flatMap(
    (node) => (node.type === "directory" ? changeTimes(node) : node.changes.map(({ startMs }) => startMs)),
  ),
];

/**
 * Reads what {@link recordingCommand} recorded of programs that worked in `root` one after the other. `before` is what
 * was in it, durable, when the first one started (`readDisk`).
 * @throws {RecordingError} when the recording holds changes that cannot be replayed
 */
export const readRecording = (root: string, before: DiskDirectory, files: readonly string[]): Recording => {
  const history = new DiskHistory(root, before);
  const said: SaidLine[] = [];
  let overMs = 0;
  for (const file of files) {
    const calls = parseSystemCalls(readFileSync(file, "utf8"), overMs);
    for (const { startMs, endMs } of calls) overMs = Math.max(overMs, Number.isFinite(endMs) ? endMs : startMs);
    history.replay(calls);
    said.push(...saidIn(calls));
  }
  const times = changeTimes(before);
  return {
    history,
    said,
    fromMs: times.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
    toMs: times.reduce((a, b) => Math.max(a, b), 0),
  };
};

/**
 * A power cut at a random instant of the recording. A quarter of the cuts keep nothing that was not synced, a quarter
 * everything, the others each sector and entry with a likelihood of their own. `random`: uniform in [0, 1).
 */
export const drawPowerCut = ({ fromMs, toMs }: Recording, random: () => number): PowerCut => {
  const kind = random();
  const keep = kind < 0.25 ? 0 : kind < 0.5 ? 1 : random();
  return { atMs: fromMs + random() * (toMs - fromMs), keep, random };
};
