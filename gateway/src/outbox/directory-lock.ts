import { randomBytes } from "node:crypto";
import { link, open, readdir, rename, unlink } from "node:fs/promises";
import { createConnection, createServer, type Server } from "node:net";
import { MingchengError } from "@mingcheng/protocols";

const lockName = "lock";

const codeOf = (error: unknown): string => (error instanceof Error && "code" in error ? String(error.code) : "");

/** What connecting says when nobody listens any more: no socket there, or one whose process is gone (unix(7)). */
const deadCodes = new Set(["ENOENT", "ECONNREFUSED", "ENOTSOCK"]);

/**
 * True when a living process listens on the socket. The kernel answers for it, however busy it is. Any other error, such
 * as EACCES for a socket of another user or EAGAIN for a full backlog, comes from a socket that is held.
 */
const answers = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", (error) => resolve(!deadCodes.has(codeOf(error))));
  });

const listen = (path: string): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", reject);
    server.listen(path, () => {
      server.unref();
      resolve(server);
    });
  });

const locked = (dir: string): MingchengError => new MingchengError("OUTBOX_LOCKED", dir);

/** Makes `own` the lock, or throws OUTBOX_LOCKED when a living process holds it. */
const take = async (base: string, own: string, dir: string): Promise<void> => {
  for (;;) {
    try {
      await link(`${base}/${own}`, `${base}/${lockName}`);
      return;
    } catch (error) {
      if (codeOf(error) !== "EEXIST") throw error;
    }
    if (await answers(`${base}/${lockName}`)) throw locked(dir);
    // Left behind by a killed process. Taken away by renaming, so that of two starters only one takes it; and looked at
    // again, because in between another starter may already have made the name its own.
    const stale = `${lockName}.stale.${randomBytes(6).toString("hex")}`;
    try {
      await rename(`${base}/${lockName}`, `${base}/${stale}`);
    } catch (error) {
      if (codeOf(error) === "ENOENT") continue;
      throw error;
    }
    const alive = await answers(`${base}/${stale}`);
    if (alive) await link(`${base}/${stale}`, `${base}/${lockName}`).catch(() => undefined);
    await unlink(`${base}/${stale}`);
    if (alive) throw locked(dir);
  }
};

const removeLeftovers = async (base: string, own: string): Promise<void> => {
  for (const name of await readdir(base)) {
    if (!name.startsWith(`${lockName}.`) || name === own) continue;
    if (!(await answers(`${base}/${name}`))) await unlink(`${base}/${name}`).catch(() => undefined);
  }
};

/** A socket's path may have 107 bytes only; through the descriptor any directory is short enough. */
const shortPath = (dir: string, fd: number): string => (process.platform === "linux" ? `/proc/self/fd/${fd}` : dir);

/** True while a living process holds the directory's lock. Changes nothing. @throws the system's error */
export const isDirectoryLocked = async (dir: string): Promise<boolean> => {
  const handle = await open(dir, "r");
  try {
    return await answers(`${shortPath(dir, handle.fd)}/${lockName}`);
  } finally {
    await handle.close();
  }
};

/**
 * Takes a directory for this process alone. The lock is a listening Unix socket `lock` in it: it ends with the process
 * however that ends, needs no trust in process ids, and is seen from other containers that share the directory.
 * @throws {MingchengError} OUTBOX_LOCKED when a living process has it
 */
export const lockDirectory = async (dir: string): Promise<() => Promise<void>> => {
  const handle = await open(dir, "r");
  const base = shortPath(dir, handle.fd);
  const own = `${lockName}.${process.pid}.${randomBytes(6).toString("hex")}`;
  let server: Server | undefined;
  try {
    server = await listen(`${base}/${own}`);
    await take(base, own, dir);
    await removeLeftovers(base, own);
  } catch (error) {
    server?.close();
    await unlink(`${base}/${own}`).catch(() => undefined);
    await handle.close();
    throw error;
  }
  const held = server;
  let released = false;
  return async () => {
    if (released) return;
    released = true;
    await unlink(`${base}/${lockName}`).catch(() => undefined);
    await new Promise<void>((resolve) => held.close(() => resolve()));
    await unlink(`${base}/${own}`).catch(() => undefined);
    await handle.close();
  };
};
