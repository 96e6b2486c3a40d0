import { setFlagsFromString } from "node:v8";

/**
 * Makes V8 prefer little memory to speed, before the large modules are loaded: the young generation stays at its first
 * size instead of growing to 32 MB, and code is kept compact. A quarter of a small box's memory budget for no measurable
 * cost at a gateway's load (`docs/benchmarks.md`, footprint). Has to be called first in the process.
 */
export const keepHeapSmall = (): void => {
  setFlagsFromString("--semi-space-growth-factor=1");
  setFlagsFromString("--optimize-for-size");
};
