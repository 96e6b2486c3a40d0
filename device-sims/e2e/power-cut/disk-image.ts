import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DiskDirectory, DiskFile, DiskNode, FileChange } from "./disk-history.ts";

/** What a disk keeps of the writes that were not synced. */
export interface PowerCut {
  /** Everything that began later never happened. Milliseconds since 1970. */
  readonly atMs: number;
  /** How likely each sector, size and entry that was not synced is kept nevertheless, 0 to 1. */
  readonly keep: number;
  /** Uniform in [0, 1). The same sequence gives the same image. */
  random(): number;
}

/** A disk writes so many octets whole or not at all. */
const sectorBytes = 512;

/** A directory and all below it as it is now, taken as durable. */
export const readDisk = (path: string): DiskDirectory => {
  const before = new Map<string, DiskNode>();
  for (const name of readdirSync(path)) {
    const child = join(path, name);
    const stats = statSync(child);
    if (stats.isDirectory()) before.set(name, readDisk(child));
    else if (stats.isFile()) before.set(name, { type: "file", before: readFileSync(child), changes: [] });
  }
  return { type: "directory", before, changes: [] };
};

const isDurable = (change: { readonly synced?: { readonly endMs: number } }, { atMs }: PowerCut): boolean =>
  change.synced !== undefined && change.synced.endMs <= atMs;

const resized = (content: Buffer, length: number): Buffer => {
  if (length <= content.length) return content.subarray(0, length);
  const larger = Buffer.alloc(length);
  content.copy(larger);
  return larger;
};

const applyWrite = (
  content: Buffer,
  { offset, octets }: FileChange & { kind: "write" },
  keep: () => boolean,
): Buffer => {
  let result = content;
  for (let at = offset; at < offset + octets.length; ) {
    const end = Math.min(offset + octets.length, (Math.floor(at / sectorBytes) + 1) * sectorBytes);
    if (keep()) {
      if (end > result.length) result = resized(result, end);
      octets.copy(result, at, at - offset, end - offset);
    }
    at = end;
  }
  return result;
};

const contentAfter = (file: DiskFile, cut: PowerCut): Buffer => {
  let content: Buffer = Buffer.from(file.before);
  for (const change of file.changes) {
    if (change.startMs > cut.atMs) break;
    const durable = isDurable(change, cut);
    const keep = (): boolean => durable || cut.random() < cut.keep;
    if (change.kind === "write") content = applyWrite(content, change, keep);
    else if (keep())
      content = resized(content, change.kind === "resize" ? change.length : Math.max(content.length, change.length));
  }
  return content;
};

/**
 * Writes to `target` (a new directory) what a disk may hold after the power went: what was synced, plus, of everything
 * that had begun, any sectors, sizes and directory entries at random.
 */
export const writeDiskImage = (directory: DiskDirectory, cut: PowerCut, target: string): void => {
  const entries = new Map(directory.before);
  for (const change of directory.changes) {
    if (change.startMs > cut.atMs) break;
    if (!isDurable(change, cut) && cut.random() >= cut.keep) continue;
    for (const name of change.removes) entries.delete(name);
    for (const [name, node] of change.sets) entries.set(name, node);
  }
  mkdirSync(target, { recursive: true });
  for (const [name, node] of entries) {
    if (node.type === "directory") writeDiskImage(node, cut, join(target, name));
    else writeFileSync(join(target, name), contentAfter(node, cut), { mode: 0o600 });
  }
};
