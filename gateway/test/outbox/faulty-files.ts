import { nodeFiles } from "../../src/outbox/node-files.ts";
import type { FileMode, OutboxFile, OutboxFiles } from "../../src/outbox/outbox-files.ts";

/** One file operation as it is about to happen. `path` is the file's or directory's. */
export interface Operation {
  readonly name:
    | "create"
    | "open"
    | "read"
    | "write"
    | "datasync"
    | "rename"
    | "remove"
    | "sync-directory"
    | "free-bytes";
  readonly path: string;
  /** Of a read or write. */
  readonly position?: number;
  readonly length?: number;
  /** What the file of a write was opened for. */
  readonly mode?: FileMode;
}

/**
 * What happens to an operation: it fails with a system error by its code (`done:EIO`: is done, and fails then), waits, or
 * is done as ever.
 */
export type Verdict = string | Promise<void> | undefined;

/** Says that it was done, and did nothing: for faults that nobody is told of. */
export const pretend = "pretend";

const systemError = (code: string, { name, path }: Operation): Error =>
  Object.assign(new Error(`${code}: ${name} ${path}`), { code });

/** The real file system with faults on demand. */
export class FaultyFiles implements OutboxFiles {
  /** Asked before every operation. */
  onOperation: (operation: Operation) => Verdict = () => undefined;
  /** Every operation that was let through or failed, in order. */
  readonly operations: Operation[] = [];
  /** Free bytes to report; undefined for the real number. */
  free: number | undefined;
  openFiles = 0;
  mostOpenFiles = 0;
  /** Open files, by the names that they have now. */
  private readonly handles = new Set<{ path: string }>();

  private async pass<T>(operation: Operation, work: () => Promise<T>): Promise<T> {
    this.operations.push(operation);
    const verdict = this.onOperation(operation);
    if (verdict === pretend) return undefined as T;
    if (typeof verdict === "string") {
      if (verdict.startsWith("done:")) await work();
      throw systemError(verdict.replace("done:", ""), operation);
    }
    await verdict;
    return work();
  }

  async open(path: string, mode: FileMode): Promise<OutboxFile> {
    const name = mode === "create" ? "create" : "open";
    const file = await this.pass({ name, path }, () => nodeFiles.open(path, mode));
    const handle = { path };
    this.handles.add(handle);
    this.openFiles++;
    this.mostOpenFiles = Math.max(this.openFiles, this.mostOpenFiles);
    let open = true;
    return {
      size: () => file.size(),
      read: (into, length, position) =>
        this.pass({ name: "read", path: handle.path, length, position }, () => file.read(into, length, position)),
      write: (from, length, position) =>
        this.pass({ name: "write", path: handle.path, length, position, mode }, () =>
          file.write(from, length, position),
        ),
      datasync: () => this.pass({ name: "datasync", path: handle.path }, () => file.datasync()),
      close: () => {
        if (open) this.openFiles--;
        open = false;
        this.handles.delete(handle);
        return file.close();
      },
    };
  }

  makeDirectory(dir: string): Promise<void> {
    return nodeFiles.makeDirectory(dir);
  }

  list(dir: string): Promise<string[]> {
    return nodeFiles.list(dir);
  }

  lock(dir: string): Promise<() => Promise<void>> {
    return nodeFiles.lock(dir);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.pass({ name: "rename", path: to }, () => nodeFiles.rename(from, to));
    for (const handle of this.handles) if (handle.path === from) handle.path = to;
  }

  remove(path: string): Promise<void> {
    return this.pass({ name: "remove", path }, () => nodeFiles.remove(path));
  }

  syncDirectory(dir: string): Promise<void> {
    return this.pass({ name: "sync-directory", path: dir }, () => nodeFiles.syncDirectory(dir));
  }

  freeBytes(dir: string): Promise<number> {
    return this.pass({ name: "free-bytes", path: dir }, async () => this.free ?? nodeFiles.freeBytes(dir));
  }
}
