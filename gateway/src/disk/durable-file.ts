import { open, rename, stat } from "node:fs/promises";
import { dirname } from "node:path";

/** What a file is to be like. Owners are set by root alone. */
interface FileManner {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

const replace = async (path: string, content: string | Uint8Array, { mode, uid, gid }: FileManner): Promise<void> => {
  const temporary = `${path}.tmp`;
  const file = await open(temporary, "w", 0o600);
  try {
    // An older leftover keeps its mode at open.
    await file.chmod(mode);
    if (process.getuid?.() === 0) await file.chown(uid, gid);
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  const directory = await open(dirname(path), "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
};

/**
 * Writes a file with mode 0600, durable and atomically: afterwards there is the whole old or the whole new file. Written by
 * root it belongs to the owner of the directory, as whom the gateway runs.
 * @throws the system's error
 */
export const writeDurably = async (path: string, content: string | Uint8Array): Promise<void> => {
  const { uid, gid } = await stat(dirname(path));
  await replace(path, content, { mode: 0o600, uid, gid });
};

/** The same with the mode and, written by root, the owner that the file `like` has. @throws the system's error */
export const writeDurablyLike = async (path: string, content: string, like: string): Promise<void> => {
  const { mode, uid, gid } = await stat(like);
  await replace(path, content, { mode: mode & 0o777, uid, gid });
};
