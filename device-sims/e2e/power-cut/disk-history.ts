import { basename, dirname, resolve } from "node:path";
import { octetsOf, octetsOfVector, RecordingError, type SystemCall } from "./system-calls.ts";

/** When something happened. It was certainly done at `endMs`, and certainly not before `startMs`. */
interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/** A change of a file's content. */
export type FileChange = Span & { synced?: Span } & (
    | { readonly kind: "write"; readonly offset: number; readonly octets: Buffer }
    | { readonly kind: "resize"; readonly length: number }
    | { readonly kind: "extend"; readonly length: number }
  );

/** A change of one directory's entries; a rename is two changes that happen together. */
export interface EntryChange extends Span {
  readonly sets: readonly (readonly [name: string, node: DiskNode])[];
  readonly removes: readonly string[];
  synced?: Span;
}

/** A file as the disk saw it. */
export interface DiskFile {
  readonly type: "file";
  /** What was there and durable before the recording. */
  readonly before: Buffer;
  readonly changes: FileChange[];
}

/** A directory as the disk saw it. */
export interface DiskDirectory {
  readonly type: "directory";
  readonly before: ReadonlyMap<string, DiskNode>;
  readonly changes: EntryChange[];
}

export type DiskNode = DiskFile | DiskDirectory;

interface Descriptor {
  readonly node: DiskNode;
  position: number;
  readonly append: boolean;
  readonly syncsItself: boolean;
}

interface FileDescriptor extends Descriptor {
  readonly node: DiskFile;
}

const isFile = (descriptor: Descriptor): descriptor is FileDescriptor => descriptor.node.type === "file";

/** Calls that change files in ways the replay does not know: met inside the directory, the recording is refused. */
const unknownChanges = new Set(["io_uring_setup", "sync_file_range", "copy_file_range", "sendfile", "link", "linkat"]);

const numberOf = (text: string | undefined): number => {
  const value = Number(text);
  if (text === undefined || Number.isNaN(value)) throw new RecordingError(`no number: ${text}`);
  return value;
};

/**
 * Follows the recorded calls of a process (all its threads) inside one directory and keeps, per file and per
 * directory, what was changed when and what was synced when. Sync is taken at its word and no further: a file's sync
 * makes the changes durable that had ended before it began, a directory's sync its entries; a new file's sync does not
 * make its name durable (fsync(2), "ensure that the entry in the directory … has also reached disk").
 */
export class DiskHistory {
  readonly root: DiskDirectory;
  readonly #rootPath: string;
  readonly #descriptors = new Map<number, Descriptor>();
  /** The directory as the process saw it: what was last set or removed, durable or not. */
  readonly #now = new Map<string, DiskNode>();
  readonly #ignored: RegExp;

  /** `ignored`: files by path whose content need not survive (SQLite's `-shm`). */
  constructor(rootPath: string, root: DiskDirectory, ignored = /-shm$/) {
    this.#rootPath = resolve(rootPath);
    this.root = root;
    this.#ignored = ignored;
    this.#remember(this.#rootPath, root);
  }

  /**
   * Takes the calls of one process in the order in which they began; call it again for the next process in the same
   * directory. @throws {RecordingError} for a change the replay does not know
   */
  replay(calls: readonly SystemCall[]): this {
    this.#descriptors.clear();
    for (const call of calls) {
      try {
        this.#take(call);
      } catch (cause) {
        throw new RecordingError(`${call.name}(${call.args.join(", ").slice(0, 200)})`, { cause });
      }
    }
    return this;
  }

  #remember(path: string, node: DiskNode): void {
    this.#now.set(path, node);
    if (node.type === "directory") for (const [name, child] of node.before) this.#remember(`${path}/${name}`, child);
  }

  #inside(path: string): boolean {
    return path === this.#rootPath || path.startsWith(`${this.#rootPath}/`);
  }

  #path(quoted: string | undefined, at = "AT_FDCWD"): string {
    const path = octetsOf(quoted ?? "").toString("utf8");
    if (path.startsWith("/") || at === "AT_FDCWD") return resolve(path);
    return path;
  }

  /** Calls that name a path. */
  readonly #onPaths: Readonly<Record<string, (call: SystemCall) => void>> = {
    open: (call) => this.#open(call, this.#path(call.args[0]), call.args[1] ?? ""),
    openat: (call) => this.#open(call, this.#path(call.args[1], call.args[0]), call.args[2] ?? ""),
    creat: (call) => this.#open(call, this.#path(call.args[0]), "O_WRONLY|O_CREAT|O_TRUNC"),
    mkdir: (call) => this.#makeDirectory(call, this.#path(call.args[0])),
    mkdirat: (call) => this.#makeDirectory(call, this.#path(call.args[1], call.args[0])),
    rename: (call) => this.#rename(call, this.#path(call.args[0]), this.#path(call.args[1])),
    renameat: (call) =>
      this.#rename(call, this.#path(call.args[1], call.args[0]), this.#path(call.args[3], call.args[2])),
    renameat2: (call) =>
      this.#rename(call, this.#path(call.args[1], call.args[0]), this.#path(call.args[3], call.args[2])),
    unlink: (call) => this.#remove(call, this.#path(call.args[0])),
    rmdir: (call) => this.#remove(call, this.#path(call.args[0])),
    unlinkat: (call) => this.#remove(call, this.#path(call.args[1], call.args[0])),
    truncate: (call) => {
      const node = this.#now.get(this.#path(call.args[0]));
      if (node?.type === "file") node.changes.push({ ...spanOf(call), kind: "resize", length: numberOf(call.args[1]) });
    },
  };

  /** Calls on an open file of the directory. */
  readonly #onFiles: Readonly<Record<string, (call: SystemCall, descriptor: FileDescriptor) => void>> = {
    pwrite64: (call, file) => this.#write(call, file, octetsOf(call.args[1] ?? ""), numberOf(call.args[3])),
    pwritev: (call, file) => this.#write(call, file, octetsOfVector(call.args[1] ?? ""), numberOf(call.args[3])),
    pwritev2: (call, file) => this.#write(call, file, octetsOfVector(call.args[1] ?? ""), numberOf(call.args[3])),
    write: (call, file) => this.#writeOn(call, file, octetsOf(call.args[1] ?? "")),
    writev: (call, file) => this.#writeOn(call, file, octetsOfVector(call.args[1] ?? "")),
    lseek: (call, file) => {
      if (!Number.isNaN(call.result)) file.position = call.result;
    },
    ftruncate: (call, { node }) => {
      node.changes.push({ ...spanOf(call), kind: "resize", length: numberOf(call.args[1]) });
    },
    fallocate: (call, { node }) => {
      if (call.args[1] !== "0") throw new RecordingError("fallocate with flags is not replayed");
      const length = numberOf(call.args[2]) + numberOf(call.args[3]);
      node.changes.push({ ...spanOf(call), kind: "extend", length });
    },
    mmap: ({ args }) => {
      if (/MAP_SHARED/.test(args[3] ?? "") && /PROT_WRITE/.test(args[2] ?? "")) {
        throw new RecordingError("writes through a shared mapping are not replayed");
      }
    },
  };

  #take(call: SystemCall): void {
    const { name, args, result } = call;
    if (result < 0) return;
    if (name === "io_uring_setup") throw new RecordingError("io_uring hides writes; set UV_USE_IO_URING=0");
    const onPath = this.#onPaths[name];
    if (onPath !== undefined) {
      onPath(call);
      return;
    }
    const fd = Number(args[name === "mmap" ? 4 : 0]);
    if (name === "close") this.#descriptors.delete(fd);
    else if (name.startsWith("dup") || args[1]?.startsWith("F_DUPFD") === true) this.#duplicate(fd, result);
    const descriptor = this.#descriptors.get(fd);
    if (descriptor === undefined) return;
    if (unknownChanges.has(name)) throw new RecordingError("is not replayed");
    if (name === "fsync" || name === "fdatasync") sync(descriptor.node, spanOf(call));
    else if (isFile(descriptor)) this.#onFiles[name]?.(call, descriptor);
  }

  #open(call: SystemCall, path: string, flags: string): void {
    if (Number.isNaN(call.result)) return;
    this.#descriptors.delete(call.result);
    if (!this.#inside(path) || this.#ignored.test(path)) return;
    if (flags.includes("O_TMPFILE")) throw new RecordingError("O_TMPFILE is not replayed");
    let node = this.#now.get(path);
    if (node === undefined) {
      if (!flags.includes("O_CREAT")) return;
      node = { type: "file", before: Buffer.alloc(0), changes: [] };
      this.#setEntry(call, path, node);
    } else if (flags.includes("O_TRUNC") && node.type === "file") {
      node.changes.push({ ...spanOf(call), kind: "resize", length: 0 });
    }
    this.#descriptors.set(call.result, {
      node,
      position: 0,
      append: flags.includes("O_APPEND"),
      syncsItself: /\bO_D?SYNC\b/.test(flags),
    });
  }

  #duplicate(from: number, to: number): void {
    const descriptor = this.#descriptors.get(from);
    if (descriptor === undefined) this.#descriptors.delete(to);
    else this.#descriptors.set(to, descriptor);
  }

  #write(call: SystemCall, { node, syncsItself }: FileDescriptor, octets: Buffer, offset: number): void {
    const written = Number.isNaN(call.result) ? octets : octets.subarray(0, call.result);
    const span = spanOf(call);
    node.changes.push({ ...span, kind: "write", offset, octets: written, ...(syncsItself ? { synced: span } : {}) });
  }

  #writeOn(call: SystemCall, descriptor: FileDescriptor, octets: Buffer): void {
    const offset = descriptor.append ? sizeNow(descriptor.node) : descriptor.position;
    this.#write(call, descriptor, octets, offset);
    descriptor.position = offset + octets.length;
  }

  #directory(path: string): DiskDirectory {
    const node = this.#now.get(path);
    if (node?.type !== "directory") throw new RecordingError(`${path} is no directory`);
    return node;
  }

  #setEntry(call: SystemCall, path: string, node: DiskNode): void {
    this.#now.set(path, node);
    this.#directory(dirname(path)).changes.push({ ...spanOf(call), sets: [[basename(path), node]], removes: [] });
  }

  #makeDirectory(call: SystemCall, path: string): void {
    if (!this.#inside(path) || this.#now.has(path)) return;
    this.#setEntry(call, path, { type: "directory", before: new Map(), changes: [] });
  }

  #rename(call: SystemCall, from: string, to: string): void {
    if (!this.#inside(from) && !this.#inside(to)) return;
    const node = this.#now.get(from);
    if (node?.type !== "file" || dirname(from) !== dirname(to))
      throw new RecordingError("only files, in one directory");
    this.#now.delete(from);
    this.#now.set(to, node);
    const change = { ...spanOf(call), sets: [[basename(to), node]] as const, removes: [basename(from)] };
    this.#directory(dirname(from)).changes.push(change);
  }

  #remove(call: SystemCall, path: string): void {
    if (!this.#inside(path) || this.#ignored.test(path)) return;
    this.#now.delete(path);
    this.#directory(dirname(path)).changes.push({ ...spanOf(call), sets: [], removes: [basename(path)] });
  }
}

const spanOf = ({ startMs, endMs }: SystemCall): Span => ({ startMs, endMs });

/** The earliest sync that began after the change had ended makes it durable. */
const sync = (node: DiskNode, span: Span): void => {
  if (!Number.isFinite(span.endMs)) return;
  for (const change of node.changes) {
    if (change.endMs > span.startMs) continue;
    if (change.synced === undefined || change.synced.endMs > span.endMs) change.synced = span;
  }
};

const sizeNow = ({ before, changes }: DiskFile): number => {
  let size = before.length;
  for (const change of changes) {
    if (change.kind === "resize") size = change.length;
    else if (change.kind === "extend") size = Math.max(size, change.length);
    else size = Math.max(size, change.offset + change.octets.length);
  }
  return size;
};
