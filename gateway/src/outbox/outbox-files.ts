/** One open file. Offsets and lengths in bytes. Rejects with the system's error (`code` ENOSPC, EROFS, EIO …). */
export interface OutboxFile {
  size(): Promise<number>;
  /** Reads up to `length` bytes at `position` into the start of `into`; fewer only at the end of the file. */
  read(into: Uint8Array, length: number, position: number): Promise<number>;
  /** Writes all `length` first bytes of `from` at `position`. */
  write(from: Uint8Array, length: number, position: number): Promise<void>;
  /** Returns after data and size are on disk. */
  datasync(): Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** What a file is opened for. */
export type FileMode = "read" | "write" | "create" | "commit";

/** The file system as the outbox needs it: paths are absolute or relative to the working directory. */
export interface OutboxFiles {
  /** Creates the directory (0700) and its parents, durably; nothing happens when it is there. */
  makeDirectory(dir: string): Promise<void>;
  list(dir: string): Promise<string[]>;
  /** `create` truncates what is there; files are made 0600. With `commit` each write returns after it is on disk. */
  open(path: string, mode: FileMode): Promise<OutboxFile>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Returns after the directory's entries are on disk. */
  syncDirectory(dir: string): Promise<void>;
  /** Bytes free for us on the file system that holds `dir`. */
  freeBytes(dir: string): Promise<number>;
  /**
   * Takes the directory for this process alone, until the returned function is called or the process ends, however it
   * ends. @throws {MingchengError} OUTBOX_LOCKED when a living process has it
   */
  lock(dir: string): Promise<() => Promise<void>>;
}
