import { randomBytes, randomInt } from "node:crypto";
import { link, open, readdir, rename, unlink } from "node:fs/promises";
import { createConnection, createServer, type Server } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { MingchengError } from "@mingcheng/protocols";

const lockName = "lock";
const flagPrefix = "lock.";
const hiddenPrefix = "lock-new.";
/** Starters that meet try again so often, each after a random pause, before they take the lock for held. */
const attempts = 12;
const longestPauseMs = 40;

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

/** Names of one starter: where it begins to listen, and where the others see it. */
interface Names {
  readonly hidden: string;
  readonly flag: string;
}

/** True when another starter or holder shows its flag and lives. */
const isContended = async (base: string, { flag }: Names): Promise<boolean> => {
  for (const name of await readdir(base)) {
    if (name.startsWith(flagPrefix) && name !== flag && (await answers(`${base}/${name}`))) return true;
  }
  return false;
};

/**
 * Shows the own flag first and looks for others then: of two starters at least one sees the other, and whoever sees
 * another one withdraws. A name is shown only once its socket listens, so what does not answer is dead.
 */
const take = async (base: string, names: Names, dir: string): Promise<void> => {
  for (let attempt = 1; attempt <= attempts; attempt++) {
    if (await answers(`${base}/${lockName}`)) break;
    await rename(`${base}/${names.hidden}`, `${base}/${names.flag}`);
    if (!(await isContended(base, names))) {
      // Only who has the lock writes this name: it tells later starters, and people, at once.
      await link(`${base}/${names.flag}`, `${base}/${names.hidden}`);
      await rename(`${base}/${names.hidden}`, `${base}/${lockName}`);
      return;
    }
    await rename(`${base}/${names.flag}`, `${base}/${names.hidden}`);
    await delay(randomInt(longestPauseMs));
  }
  throw locked(dir);
};

/** Removes what killed processes have left behind. */
const removeLeftovers = async (base: string, own: Names): Promise<void> => {
  for (const name of await readdir(base)) {
    const isOurs = name === own.flag || name === own.hidden;
    if (isOurs || !(name.startsWith(flagPrefix) || name.startsWith(hiddenPrefix))) continue;
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
  const id = `${process.pid}.${randomBytes(6).toString("hex")}`;
  const names: Names = { hidden: `${hiddenPrefix}${id}`, flag: `${flagPrefix}${id}` };
  const removeOwn = async (): Promise<void> => {
    for (const name of [names.flag, names.hidden]) await unlink(`${base}/${name}`).catch(() => undefined);
  };
  let server: Server | undefined;
  try {
    server = await listen(`${base}/${names.hidden}`);
    await take(base, names, dir);
    await removeLeftovers(base, names);
  } catch (error) {
    await removeOwn();
    server?.close();
    await handle.close();
    // Whoever has the lock has tidied our name away before our socket listened.
    throw codeOf(error) === "ENOENT" ? locked(dir) : error;
  }
  const held = server;
  let released = false;
  return async () => {
    if (released) return;
    released = true;
    await unlink(`${base}/${lockName}`).catch(() => undefined);
    await removeOwn();
    await new Promise<void>((resolve) => held.close(() => resolve()));
    await handle.close();
  };
};
