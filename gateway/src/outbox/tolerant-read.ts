import { isUnreadable } from "./disk-fault.ts";
import type { OutboxFile } from "./outbox-files.ts";

const sectorBytes = 4096;

/**
 * Reads like {@link OutboxFile.read}, but where the disk has unreadable places (EIO) they read as zeros: what lies around
 * them must not be lost with them. @throws every other system error
 */
export const readAround = async (
  file: OutboxFile,
  into: Uint8Array,
  length: number,
  position: number,
): Promise<number> => {
  try {
    return await file.read(into, length, position);
  } catch (error) {
    if (!isUnreadable(error)) throw error;
  }
  const available = Math.max(0, Math.min(length, (await file.size()) - position));
  for (let at = 0, count = 0; at < available; at += count) {
    // Up to the next boundary: the kernel reads, and fails, by whole pages of the file.
    count = Math.min(sectorBytes - ((position + at) % sectorBytes), available - at);
    try {
      await file.read(into.subarray(at, at + count), count, position + at);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      into.fill(0, at, at + count);
    }
  }
  return available;
};
