import type { ResourceLimits } from "node:worker_threads";
import { openForReading } from "../store/database.ts";
import { projectionsPath } from "../store/store-paths.ts";

const mib = 1024 * 1024;
/** What sixty rules leave room for in the heap, and what each device more may take of it. */
const ratedDevices = 10_000;
const ratedMib = 120;
const bytesPerDevice = 12_000;

/**
 * Heap of the rules' thread by how many devices there are. The facts that rules gather lie outside of it; without a bound of
 * its own the heap grows to several times what is used before anything is collected. A centre that outgrew its bound ends and
 * starts again, with the bound that it needs then.
 */
export const rulesHeap = (devices: number): ResourceLimits => {
  const moreBytes = Math.max(0, devices - ratedDevices) * bytesPerDevice;
  return { maxOldGenerationSizeMb: ratedMib + Math.ceil(moreBytes / mib), maxYoungGenerationSizeMb: 48 };
};

/** Devices that the projections of a data directory know; none where they cannot be read, or are not there yet. */
export const knownDevices = (dataDirectory: string): number => {
  try {
    const projections = openForReading(projectionsPath(dataDirectory));
    try {
      return projections.prepare("SELECT count(*) FROM device").pluck().get() as number;
    } finally {
      projections.close();
    }
  } catch {
    return 0;
  }
};
