import { setFlagsFromString } from "node:v8";

/**
 * Makes V8 prefer little memory to speed, before the large modules are loaded. The young generation stays at its first size
 * instead of growing to 32 MB, and code is kept compact. Hot functions stay with the baseline compiler: the optimising ones
 * cost 10 MB on Node 20 and 13 MB on Node 24 (their own pages, scratch memory and code), and a gateway spends its time in
 * system calls, hashing and signing (`docs/benchmarks.md`, footprint). Has to be called first in the process.
 */
export const keepHeapSmall = (): void => {
  setFlagsFromString("--semi-space-growth-factor=1");
  setFlagsFromString("--optimize-for-size");
  setFlagsFromString("--no-opt");
  setFlagsFromString("--no-maglev");
};
