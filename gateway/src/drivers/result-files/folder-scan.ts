import { lstat, readdir } from "node:fs/promises";
import { extname, join } from "node:path";
import { MingchengError } from "@mingcheng/protocols";
import type { FileConfig } from "./file-config.ts";

/** What a file looked like at one moment; equal texts: nobody wrote to it in between. */
export type FileLook = string;

/** A file that there is something to do with. */
export interface DueFile {
  readonly name: string;
  readonly look: FileLook;
  /** So long the file has looked like this, in milliseconds. */
  readonly quietMs: number;
  /** How far it was read since it looks like this. */
  readonly read: "not" | "open" | "whole" | "unreadable";
}

interface Watched {
  look: FileLook;
  sinceMs: number;
  modifiedMs: number;
  read: DueFile["read"];
}

/** Files that a program has open, or has not finished: Office's and editors' locks, downloads. */
const isUnfinished = (name: string): boolean => /^[.~]|\.(tmp|part|partial|crdownload|swp)$/i.test(name);

/** How a file looks, from what the system says of it. */
export const lookOf = (stats: { ino: number; size: number; mtimeMs: number }): FileLook =>
  `${stats.ino}:${stats.size}:${stats.mtimeMs}`;

/** More files than this in one folder are not looked at: somebody has to tidy up. */
const maxFiles = 20_000;

/** Watches the files of one folder (not of folders in it): which of them have come to rest, and which were read. */
export class FolderScan {
  private readonly path: string;
  private readonly config: FileConfig;
  private readonly watched = new Map<string, Watched>();

  constructor(path: string, config: FileConfig) {
    this.path = path;
    this.config = config;
  }

  /**
   * Looks at every file once; what is due, in the order it was last written.
   * @throws {MingchengError} DEVICE_DISCONNECTED when the folder is gone
   */
  async look(nowMs: number): Promise<readonly DueFile[]> {
    const names = await readdir(this.path).catch((cause: unknown) => {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new MingchengError("DEVICE_DISCONNECTED", `folder://${this.path}: ${reason}`, { cause });
    });
    const endings = this.config.endings.map((ending) => ending.toLowerCase());
    const wanted = names.filter((name) => !isUnfinished(name) && endings.includes(extname(name).toLowerCase()));
    const present = new Set(wanted.sort().slice(0, maxFiles));
    for (const name of this.watched.keys()) if (!present.has(name)) this.watched.delete(name);
    for (const name of present) await this.watch(name, nowMs);
    return Array.from(this.watched)
      .filter(([, file]) => this.isDue(file, nowMs))
      .sort(([a, one], [b, other]) => one.modifiedMs - other.modifiedMs || (a < b ? -1 : 1))
      .map(([name, { look, sinceMs, read }]) => ({ name, look, read, quietMs: nowMs - sinceMs }));
  }

  /** The file, as it looked, was read: as a whole, or but for its last row. */
  wasRead({ name, look }: DueFile, read: DueFile["read"]): void {
    const file = this.watched.get(name);
    if (file?.look === look) file.read = read;
  }

  private async watch(name: string, nowMs: number): Promise<void> {
    // A link is no file: it could lead anywhere. A file that has just been moved away is none either.
    const stats = await lstat(join(this.path, name)).catch(() => null);
    if (stats === null || !stats.isFile()) {
      this.watched.delete(name);
      return;
    }
    const look = lookOf(stats);
    if (this.watched.get(name)?.look === look) return;
    this.watched.set(name, { look, sinceMs: nowMs, modifiedMs: stats.mtimeMs, read: "not" });
  }

  private isDue({ read, sinceMs }: Watched, nowMs: number): boolean {
    const { stableMs, lastRowMs, afterwards, moveAfterMs } = this.config;
    const quietMs = nowMs - sinceMs;
    if (read === "unreadable") return false;
    if (read === "not") return quietMs >= stableMs;
    if (read === "open") return quietMs >= lastRowMs;
    return afterwards === "move" && quietMs >= moveAfterMs;
  }
}
