import { readdirSync, readFileSync } from "node:fs";

/** Clock ticks per second of /proc: 100 on every Linux that Node runs on (`getconf CLK_TCK`). */
const ticksPerSecond = 100;

/** What a process and its descendants use. */
export interface Usage {
  /** Resident memory, megabytes of 1,048,576 bytes, summed over the processes (shared pages count once per process). */
  readonly rssMb: number;
  /** CPU time since start, user and system, seconds. */
  readonly cpuSeconds: number;
  readonly processes: number;
}

interface ProcessLine {
  readonly parent: number;
  readonly cpuSeconds: number;
}

const readStat = (pid: number): ProcessLine | undefined => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The command in parentheses may hold anything: fields count from the last closing one (proc(5)).
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const ticks = Number(fields[11]) + Number(fields[12]);
    return { parent: Number(fields[1]), cpuSeconds: ticks / ticksPerSecond };
  } catch {
    return undefined;
  }
};

/** Resident memory of one process alone, megabytes; 0 when it is gone. */
export const readRssMb = (pid: number): number => {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return Number(kilobytes ?? 0) / 1024;
  } catch {
    return 0;
  }
};

/** Reads what `pid` and everything it started use now. Linux only. @throws {Error} when the process is gone */
export const readUsage = (pid: number): Usage => {
  const lines = new Map<number, ProcessLine>();
  for (const name of readdirSync("/proc")) {
    const each = Number(name);
    const line = Number.isInteger(each) ? readStat(each) : undefined;
    if (line !== undefined) lines.set(each, line);
  }
  if (!lines.has(pid)) throw new Error(`process ${pid} is gone`);
  const family = new Set([pid]);
  for (let before = 0; before !== family.size; ) {
    before = family.size;
    for (const [each, { parent }] of lines) if (family.has(parent)) family.add(each);
  }
  let rssMb = 0;
  let cpuSeconds = 0;
  for (const each of family) {
    rssMb += readRssMb(each);
    cpuSeconds += lines.get(each)?.cpuSeconds ?? 0;
  }
  return { rssMb, cpuSeconds, processes: family.size };
};
