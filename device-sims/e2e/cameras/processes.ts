import { readFileSync } from "node:fs";

/** Processes that a process started, by `/proc`; none when it is gone. */
export const childrenOf = (pid: number): number[] => {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
};

/** What has ended and was not asked for its exit code runs no more. */
export const isRunning = (pid: number): boolean => {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
};

/** Stops a process where it is; false: it had ended before. */
export const isStopped = (pid: number): boolean => {
  try {
    process.kill(pid, "SIGSTOP");
    return isRunning(pid);
  } catch {
    return false;
  }
};

/** Transcoders below a process. */
export const transcodersOf = (pid: number): number[] =>
  childrenOf(pid).filter((child) => {
    try {
      return readFileSync(`/proc/${child}/cmdline`, "utf8").includes("mpeg1video");
    } catch {
      return false;
    }
  });
