import { close, constants, fdatasync, fstat, fsync, open, read, write } from "node:fs";
import { mkdir, readdir, rename, statfs, unlink } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { promisify } from "node:util";
import { lockDirectory } from "./directory-lock.ts";
import type { OutboxFile, OutboxFiles } from "./outbox-files.ts";

const openAsync = promisify(open);
const closeAsync = promisify(close);
/** O_DSYNC is write and fdatasync in one call (open(2)): half the ways to libuv's pool and back for every commit. */
const flags = { read: "r", write: "r+", create: "w+", commit: constants.O_RDWR | constants.O_DSYNC } as const;

/** Reads until `length` bytes or the end of the file. */
const readFully = (fd: number, into: Uint8Array, length: number, position: number): Promise<number> =>
  new Promise((resolve, reject) => {
    let done = 0;
    const next = (): void => {
      read(fd, into, done, length - done, position + done, (error, count) => {
        if (error !== null) return reject(error);
        done += count;
        if (count === 0 || done === length) resolve(done);
        else next();
      });
    };
    if (length === 0) resolve(0);
    else next();
  });

/** Writes all: the system may take less at once, for example just before the disk is full. */
const writeFully = (fd: number, from: Uint8Array, length: number, position: number): Promise<void> =>
  new Promise((resolve, reject) => {
    let done = 0;
    const next = (): void => {
      write(fd, from, done, length - done, position + done, (error, count) => {
        if (error !== null) return reject(error);
        done += count;
        if (done === length) resolve();
        // The system promises progress or an error; without this a broken driver would hold the commit for ever.
        else if (count === 0) reject(Object.assign(new Error("nothing was written"), { code: "EIO" }));
        else next();
      });
    };
    if (length === 0) resolve();
    else next();
  });

const fileOf = (fd: number): OutboxFile => {
  let closing: Promise<void> | undefined;
  return {
    size: () => new Promise((done, reject) => fstat(fd, (error, stats) => (error ? reject(error) : done(stats.size)))),
    read: (into, length, position) => readFully(fd, into, length, position),
    write: (from, length, position) => writeFully(fd, from, length, position),
    datasync: () => new Promise((done, reject) => fdatasync(fd, (error) => (error ? reject(error) : done()))),
    // Once only: the number may belong to another file by the second time.
    close: () => (closing ??= closeAsync(fd)),
  };
};

const syncDirectory = async (dir: string): Promise<void> => {
  const fd = await openAsync(dir, "r");
  try {
    await new Promise<void>((done, reject) => fsync(fd, (error) => (error ? reject(error) : done())));
  } finally {
    await closeAsync(fd);
  }
};

/** Makes a directory and its parents; each new one's entry is durable in the one above it. */
const makeDirectory = async (dir: string): Promise<void> => {
  const first = await mkdir(dir, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  const top = dirname(resolve(first));
  let at = resolve(dir);
  do {
    at = dirname(at);
    await syncDirectory(at);
  } while (at !== top);
};

/** The real file system. Every call runs on libuv's pool: a stalling card never stops the event loop. */
export const nodeFiles: OutboxFiles = {
  makeDirectory,
  list: (dir) => readdir(dir),
  open: async (path, mode) => fileOf(await openAsync(path, flags[mode], 0o600)),
  rename,
  remove: unlink,
  syncDirectory,
  freeBytes: async (dir) => {
    const { bavail, bsize } = await statfs(dir);
    return bavail * bsize;
  },
  lock: lockDirectory,
};
